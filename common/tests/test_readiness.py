import threading
import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.utils import OperationalError

from common import readiness

pytestmark = pytest.mark.django_db

SECRET = "postgres://stock:s3cret@db"


@pytest.fixture(autouse=True)
def _no_attempt_is_left(monkeypatch):
    monkeypatch.setattr(readiness, "_running", {})


def broken() -> None:
    raise OperationalError(SECRET)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/health/ready", "/health/ready/"])
def test_each_part_is_named_with_its_milliseconds(client, path):
    response = client.get(path)
    assert response.status_code == 200, response.content
    assert response.json()["status"] == "ok"
    checks = response.json()["checks"]
    assert list(checks) == ["database", "migrations", "cache"]
    assert all(check["status"] == "ok" and check["ms"] >= 0 for check in checks.values())
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("name", ["database", "migrations", "cache"])
def test_a_part_that_is_away_is_503_and_tells_nothing_of_the_inside(client, monkeypatch, caplog, name):
    monkeypatch.setitem(readiness.CHECKS, name, broken)
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (503, "not_ready")
    assert name in problem["detail"]
    assert problem["checks"][name]["status"] == "failed"
    assert SECRET not in response.content.decode()
    assert SECRET in caplog.text


def test_a_database_that_refuses_is_503(client, monkeypatch):
    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", lambda self: broken())
    checks = client.get("/health/ready").json()["checks"]
    assert (checks["database"]["status"], checks["migrations"]["status"]) == ("failed", "failed")


def test_a_migration_that_is_missing_is_503(client, monkeypatch):
    monkeypatch.setattr("django.db.migrations.recorder.MigrationRecorder.applied_migrations", lambda self: {})
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"]["status"] == "failed"


def test_a_cache_that_forgets_is_503(client, monkeypatch):
    monkeypatch.setattr(type(cache), "get", lambda *args, **kwargs: None, raising=False)
    assert client.get("/health/ready").json()["checks"]["cache"]["status"] == "failed"


def test_a_part_that_hangs_is_waited_for_once_and_for_a_bounded_time(client, monkeypatch):
    over, started = threading.Event(), []

    def hang() -> None:
        started.append(1)
        over.wait(30)

    monkeypatch.setattr(readiness, "TIMEOUT", 0.2)
    monkeypatch.setitem(readiness.CHECKS, "cache", hang)
    try:
        for _ in range(3):
            begin = time.monotonic()
            response = client.get("/health/ready")
            assert time.monotonic() - begin < 2
            assert response.status_code == 503
            assert response.json()["checks"]["cache"]["status"] == "timeout"
        assert len(started) == 1
    finally:
        over.set()


def test_a_probe_needs_no_https_and_may_name_any_host(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["api.example.com"]
    assert client.get("/health/ready", headers={"Host": "10.0.0.7"}).status_code in {200, 503}


def test_the_connection_of_the_request_is_not_touched(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/health/ready")
    assert connection.connection is not None
