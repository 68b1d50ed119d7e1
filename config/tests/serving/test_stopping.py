"""SIGTERM: readiness says no, then nobody new is let in, and whoever is in gets an answer."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest

from accounts.tests.server import Server, gunicorn
from common.testing.races import Client
from config.tests.serving.load import ask_once, load
from todos.models import Todo

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'{"title": "begun before"}'


def address(server: Server) -> tuple[str, int]:
    url = urlsplit(server.url)
    assert url.hostname
    assert url.port
    return url.hostname, url.port


def wait_until(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def refuses(server: Server) -> bool:
    try:
        socket.create_connection(address(server), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


def terminate(server: Server) -> None:
    os.kill(server.master, signal.SIGTERM)


@contextmanager
def half_a_request(server: Server, token: str) -> Iterator[tuple[socket.socket, BinaryIO]]:
    """A POST that the application has begun to read, as the server's `100 Continue` proves; its body is yet to come."""
    head = (
        f"POST /api/v1/todos HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(address(server), timeout=20) as client, client.makefile("rb") as answer:
        client.sendall(head.encode())
        assert answer.readline().split()[1] == b"100"
        answer.readline()
        yield client, answer


def test_a_request_under_way_is_finished_while_the_door_is_shut(tmp_path, token):
    with (
        gunicorn(workers=1, threads=2, log=tmp_path / "log") as server,
        half_a_request(server, token) as (client, answer),
    ):
        terminate(server)
        wait_until(lambda: refuses(server))
        client.sendall(BODY)
        assert answer.readline().split()[1] == b"201"
        wait_until(lambda: not is_running(server.master))

    assert list(Todo.objects.values_list("title", flat=True)) == ["begun before"]


def test_until_then_it_serves_and_readiness_says_that_it_is_about_to_stop(tmp_path, token):
    with gunicorn(workers=2, threads=2, log=tmp_path / "log", DRAIN_SECONDS="60") as server:
        assert ask_once(server.url, "GET", "/health/ready").status == 200
        terminate(server)
        wait_until(lambda: ask_once(server.url, "GET", "/health/ready").status == 503)
        for _ in range(20):  # whichever worker is asked
            draining = ask_once(server.url, "GET", "/health/ready")
            assert (draining.status, draining.body["code"]) == (503, "draining")
            assert draining.headers["Retry-After"] == "1"
        assert ask_once(server.url, "GET", "/health").status == 200
        assert ask_once(server.url, "POST", "/api/v1/todos", {"title": "late"}, token).status == 201

        terminate(server)  # again: it waits no longer
        wait_until(lambda: not is_running(server.master))


def test_it_stops_by_itself_after_the_draining(tmp_path):
    with gunicorn(workers=1, threads=2, log=tmp_path / "log", DRAIN_SECONDS="1") as server:
        terminate(server)
        wait_until(lambda: not is_running(server.master))


def test_a_worker_that_dies_meanwhile_is_replaced_and_drains_too(tmp_path):
    with gunicorn(workers=1, threads=2, log=tmp_path / "log", DRAIN_SECONDS="60") as server:
        terminate(server)
        wait_until(lambda: ask_once(server.url, "GET", "/health/ready").status == 503)
        (victim,) = server.workers()
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: server.workers() not in ([], [victim]))
        assert ask_once(server.url, "GET", "/health/ready").body["code"] == "draining"
        terminate(server)


def test_what_the_kernel_has_accepted_is_answered(tmp_path):
    with gunicorn(workers=1, threads=2, log=tmp_path / "log") as server:
        (worker,) = server.workers()
        os.kill(worker, signal.SIGSTOP)
        waiting = [socket.create_connection(address(server), timeout=20) for _ in range(8)]
        for client in waiting:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        terminate(server)
        wait_until(lambda: is_pending(worker, signal.SIGTERM))
        os.kill(worker, signal.SIGCONT)
        for client in waiting:
            with client, client.makefile("rb") as answer:
                assert answer.readline().split()[1] == b"200"


def is_pending(pid: int, signum: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    pending = next(int(line.split()[1], 16) for line in lines if line.startswith("ShdPnd:"))
    return bool(pending >> (signum - 1) & 1)


def test_under_load_every_write_that_was_let_in_is_acknowledged(tmp_path, token):
    with gunicorn(workers=2, threads=4, log=tmp_path / "log") as server, load(server.url, token) as writing:
        terminate(server)
        wait_until(lambda: not is_running(server.master))

    assert set(writing.reasons()) <= {"ConnectionRefusedError"}, "nobody was let in and then left"
    assert sorted(Todo.objects.values_list("title", flat=True)) == sorted(writing.acknowledged)


def test_a_connection_that_is_kept_is_told_to_close(tmp_path):
    with (
        gunicorn(workers=1, threads=2, log=tmp_path / "log") as server,
        closing(Client(server.url)) as kept,
    ):
        assert kept.ask("GET", "/health").headers["Connection"] == "keep-alive"
        terminate(server)
        wait_until(lambda: refuses(server))
        # For a moment it may still be used; then it is closed.
        with suppress(ConnectionError):
            assert kept.ask("GET", "/health").headers["Connection"] == "close"
