"""Numbers for Prometheus: whichever worker is asked, it tells what all have counted."""

import http.client
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from accounts import sessions
from accounts.factories import PASSWORD
from accounts.models import User
from accounts.tests.server import Server, gunicorn
from common.testing.races import Client
from config.tests.serving.test_stopping import wait_until
from config.tests.support import GOOD_KEY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("metrics") / "counts"


@pytest.fixture(scope="module")
def server(counts: Path, django_db_setup: None) -> Iterator[Server]:
    settings = {
        "METRICS": "on",
        "METRICS_TOKEN": GOOD_KEY,
        "PROMETHEUS_MULTIPROC_DIR": str(counts),
        "TASKS": "database",
        "THROTTLES": "on",
        "RATE_SEARCH": "1/hour",
    }
    with gunicorn(workers=2, threads=2, log=counts.parent / "log", **settings) as running:
        yield running


def fetch(server: Server, authorization: str = f"Bearer {GOOD_KEY}") -> tuple[int, str]:
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)) as connection:
        connection.request("GET", "/metrics", headers={"Authorization": authorization} if authorization else {})
        response = connection.getresponse()
        return response.status, response.read().decode()


def value(server: Server, name: str, **labels: str) -> float:
    """Of all series that have these labels."""
    status, text = fetch(server)
    assert status == 200, text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(found.value for found in samples if found.name == name and labels.items() <= found.labels.items())


@contextmanager
def grows(server: Server, by: float, name: str, **labels: str) -> Iterator[None]:
    before = value(server, name, **labels)
    yield
    assert value(server, name, **labels) - before == by


def ask(server: Server, method: str, path: str, body: object = None, token: str = "") -> int:
    with closing(Client(server.url)) as client:
        answer = client.ask(method, path, body, {"Authorization": f"Bearer {token}"} if token else {})
        return answer.status


def test_what_both_workers_count_adds_up(server: Server) -> None:
    asked = {"method": "GET", "route": "/api/v1/items", "status": "401"}
    with (
        grows(server, 40, "http_requests_total", **asked),
        grows(server, 40, "http_request_duration_seconds_count", route="/api/v1/items"),
    ):
        for _ in range(40):  # a connection each, so that both have some
            assert ask(server, "GET", "/api/v1/items") == 401


def test_it_does_so_when_a_worker_has_died(server: Server, counts: Path) -> None:
    def have_counted() -> set[int]:
        return {int(re.findall(r"\d+", path.stem)[0]) for path in counts.glob("counter_*")}

    for _ in range(40):
        ask(server, "GET", "/api/v1/items")
    before = server.workers()
    assert have_counted() >= set(before)
    with grows(server, 0, "http_requests_total", route="/api/v1/items"):
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(server.workers()) == 2 and before[0] not in server.workers())

    wait_until(lambda: not list(counts.glob(f"gauge_live*_{before[0]}.db")))
    assert value(server, "http_requests_in_flight") == 1


def test_without_the_token_there_are_none(server: Server) -> None:
    for authorization in ("", "Bearer ", "Bearer wrong", f"Bearer {GOOD_KEY}x", f"Basic {GOOD_KEY}", "Bearer \xe9"):
        status, text = fetch(server, authorization)
        assert status == 401, authorization
        assert "http_requests" not in text


def test_what_clients_make_up_makes_no_series(server: Server) -> None:
    def series() -> set[str]:
        return set(re.findall(r"^http_requests_total({.*}) ", fetch(server)[1], re.MULTILINE))

    fetch(server)
    before = series()
    for number in range(20):
        ask(server, "GET", f"/nowhere/{number}")
        ask(server, f"EVIL{number}", "/api/v1/todos")
        ask(server, "GET", f"/api/v1/todos/{number}")
    made = series() - before
    assert not any("EVIL" in labels or "nowhere" in labels for labels in made)
    assert len(made) <= 3


def test_what_the_audit_is_told_is_counted(server: Server, make_user: Callable[..., User]) -> None:
    make_user(email="ada@example.com")
    wrong = {"email": "ada@example.com", "password": "not this one"}
    with (
        grows(server, 5, "audit_events_total", action="sign_in_failed"),
        grows(server, 1, "audit_events_total", action="locked_out"),
    ):
        for _ in range(6):
            ask(server, "POST", "/api/v1/users/login", wrong)

    eve = make_user(email="eve@example.com")
    with grows(server, 1, "audit_events_total", action="signed_in"):
        assert ask(server, "POST", "/api/v1/users/login", {"email": "eve@example.com", "password": PASSWORD}) == 200
    with grows(server, 1, "audit_events_total", action="refused"):
        assert ask(server, "GET", "/api/v1/audit-events", token=sessions.start(eve).access) == 403


def test_so_is_what_was_beyond_its_rate(server: Server, make_user: Callable[..., User]) -> None:
    token = sessions.start(make_user("items:read", email="ada@example.com")).access
    before = value(server, "requests_throttled_total", scope="search")
    statuses = [ask(server, "POST", "/api/v1/items/search", {}, token) for _ in range(3)]
    assert 429 in statuses
    assert value(server, "requests_throttled_total", scope="search") - before == statuses.count(429)


def test_tasks_and_parts_are_looked_up(server: Server, make_user: Callable[..., User]) -> None:
    make_user(email="ada@example.com")
    with (
        grows(server, 1, "tasks_enqueued_total", task="accounts.emails.mail_link"),
        grows(server, 1, "task_queue", status="ready"),
    ):
        for email in ("ada@example.com", "nobody@example.com"):
            assert ask(server, "POST", "/api/v1/users/password-reset", {"email": email}) == 202

    assert value(server, "health_check_up", check="database") == 1
    assert value(server, "health_check_up", check="tasks") == 1
    assert value(server, "db_queries_total") > 0
    assert value(server, "db_query_seconds_total") > 0
