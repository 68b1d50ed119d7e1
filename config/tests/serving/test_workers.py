"""What the master leaves to its workers, and what the loss of one costs."""

import os
import signal
import time
from pathlib import Path

import pytest

from accounts.tests.server import gunicorn
from config.tests.serving.load import ask_once, load
from todos.models import Todo

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS_OF_ERRORS = 2.0


def open_files(pid: int) -> list[str]:
    return [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]


def test_nothing_is_opened_before_the_fork(tmp_path, token):
    """A connection, of the database or of Redis, would be used by all workers at once; a thread would be missing."""
    with gunicorn(workers=2, threads=2, log=tmp_path / "log") as server:
        assert ask_once(server.url, "GET", "/health/ready").status == 200
        assert ask_once(server.url, "GET", "/api/v1/todos", token=token).status == 200

        files = open_files(server.master)
        assert len([name for name in files if name.startswith("socket:")]) == 1, "only the one that listens"
        assert not [name for name in files if "sqlite" in name]
        assert len(list(Path(f"/proc/{server.master}/task").iterdir())) == 1


def test_the_application_is_loaded_before_the_fork(tmp_path):
    with gunicorn(workers=1, threads=1, log=tmp_path / "log") as server:
        loaded = Path(f"/proc/{server.master}/maps").read_text()
        assert "orjson" in loaded


def test_a_worker_that_is_killed_costs_no_acknowledged_write(tmp_path, token):
    with gunicorn(workers=2, threads=4, log=tmp_path / "log") as server, load(server.url, token) as writing:
        victim, other = server.workers()
        killed = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        recovered = writing.wait_for_successes(killed)
        while len(server.workers()) < 2:
            time.sleep(0.01)
        replaced = time.monotonic() - killed
        writing.wait_for_successes(time.monotonic())
        assert other in server.workers()

    assert max(recovered, replaced) < SECONDS_OF_ERRORS
    assert all(failure.at - killed < SECONDS_OF_ERRORS for failure in writing.failures), writing.reasons()
    assert all(failure.answer is None for failure in writing.failures), "a connection may break; no answer is wrong"
    written = set(Todo.objects.values_list("title", flat=True))
    assert set(writing.acknowledged) <= written
    assert len(written) - len(writing.acknowledged) <= 4, "one that was under way, a connection"
