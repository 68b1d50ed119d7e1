"""PostgreSQL restarts, is full, hangs: nobody is told more than to come back, and what was acknowledged is there."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from accounts.tests.server import Server, gunicorn
from common.testing.races import Answer
from config.tests.serving.load import Load, ask_once, load
from config.tests.serving.postgres import Postgres, postgres

RECOVERY = 3.0
EMAIL = "ada@example.com"
STATEMENT_TIMEOUT = 1


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as database:
        database.manage("migrate", "--verbosity=0")
        database.manage(
            "createsuperuser", "--noinput", "--email", EMAIL, DJANGO_SUPERUSER_PASSWORD="correct horse battery"
        )
        yield database


@pytest.fixture(scope="module")
def token(database: Postgres) -> str:
    return database.manage("issue_token", EMAIL)


@pytest.fixture(scope="module")
def server(database: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"DATABASE_URL": database.url, "DATABASE_STATEMENT_TIMEOUT": str(STATEMENT_TIMEOUT)}
    log: Path = tmp_path_factory.mktemp("gunicorn") / "log"
    with gunicorn(workers=2, threads=4, log=log, **settings) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_todos(database: Postgres) -> None:
    with closing(database.connect()) as connection:
        connection.execute("DELETE FROM todos_todo")


def is_a_503(answer: Answer | None) -> bool:
    """A problem that says when to come back; not a connection that broke."""
    return (
        answer is not None
        and answer.status == 503
        and answer.headers["Content-Type"] == "application/problem+json"
        and answer.body["code"] == "database_unavailable"
        and int(answer.headers["Retry-After"]) > 0
    )


def is_under_way(answer: Answer | None) -> bool:
    """Of a repeat: the server that hung has not given up yet on the try before it, whose client had its 503."""
    return answer is not None and answer.status == 409 and answer.body["code"] == "idempotency_key_in_flight"


def check(writing: Load, database: Postgres) -> None:
    """Afterwards: what went wrong was said, and each todo that was acknowledged is there, once."""
    wrong = [failure for failure in writing.failures if not (is_a_503(failure.answer) or is_under_way(failure.answer))]
    assert not wrong, wrong[:3]
    with closing(database.connect()) as connection:
        titles = [title for (title,) in connection.execute("SELECT title FROM todos_todo")]
    assert len(set(titles)) == len(titles), "a request that was repeated with its key wrote twice"
    assert set(writing.acknowledged) <= set(titles)
    assert len(titles) - len(writing.acknowledged) <= len(writing.writers), "the last of each, unheard"


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart(database: Postgres, server: Server, token: str, mode: str) -> None:
    with load(server.url, token, keys=True) as writing:
        database.control("restart", mode)
        recovered = writing.wait_for_successes(time.monotonic())
    assert recovered < RECOVERY
    assert writing.failures, "it was away"
    check(writing, database)


def test_a_stop_is_503_and_said_by_readiness(database: Postgres, server: Server, token: str) -> None:
    database.control("stop")
    try:
        assert is_a_503(ask_once(server.url, "GET", "/api/v1/todos", token=token))
        signed_in = {"Cookie": f"sessionid={'a' * 32}"}
        assert is_a_503(ask_once(server.url, "GET", "/admin/", headers=signed_in)), "pages that have a session too"
        readiness = ask_once(server.url, "GET", "/health/ready")
        assert (readiness.status, readiness.body["checks"]["database"]["status"]) == (503, "failed")
        assert ask_once(server.url, "GET", "/health").status == 200, "no reason to restart the process"
    finally:
        database.control("start")
    assert ask_once(server.url, "GET", "/api/v1/todos", token=token).status == 200


def test_no_connection_to_be_had(database: Postgres, server: Server, token: str) -> None:
    with load(server.url, token, keys=True) as writing:
        with database.full():
            before = len(writing.failures)
            while len(writing.failures) < before + 20:
                time.sleep(0.01)
        recovered = writing.wait_for_successes(time.monotonic())
    assert recovered < RECOVERY
    check(writing, database)


def test_a_server_that_hangs(database: Postgres, server: Server, token: str) -> None:
    with load(server.url, token, keys=True) as writing:
        with database.frozen():
            deadline = time.monotonic() + 20
            while not all(writer.failures for writer in writing.writers):
                assert time.monotonic() < deadline, "somebody waits still"
                time.sleep(0.01)
            assert ask_once(server.url, "GET", "/health").status == 200
        recovered = writing.wait_for_successes(time.monotonic())
    assert recovered < RECOVERY
    check(writing, database)
