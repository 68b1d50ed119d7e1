"""What the threads of a worker do with a connection, and its loop when they cannot."""

import os
import re
import select
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from accounts.tests.server import Server, gunicorn
from config.serving.waiting import Waiting
from config.serving.worker import Worker
from config.tests.serving.test_slow_requests import BODY, POST, connect, read_all

GET = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
WITHIN = 20.0


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Without a loop; `_employ` is one thread."""
    cfg = Config()
    worker = Worker(0, os.getppid(), [], SimpleNamespace(), 30, cfg, SimpleNamespace())
    worker.method_queue.init()
    worker._open()
    with ThreadPoolExecutor(max_workers=1) as worker.tpool:
        yield worker
        worker.waiting.end()
    worker.method_queue.close()
    worker.tmp.close()


@pytest.fixture
def connected(worker: Worker) -> Iterator[Callable[[], tuple[Any, socket.socket]]]:
    with ExitStack() as stack:

        def connected() -> tuple[Any, socket.socket]:
            server, client = socket.socketpair()
            stack.enter_context(server)
            stack.enter_context(client).settimeout(WITHIN)
            conn = TConn(worker.cfg, server, ("192.0.2.1", 40_000), ("127.0.0.1", 8_000))
            worker.enqueue_req(conn)
            return conn, client

        yield connected


def test_who_asks_in_the_last_moment_is_not_sent_away(worker: Worker, connected: Any) -> None:
    (late, asking), (gone, silent) = connected(), connected()
    worker.idle[late] = worker.idle[gone] = 0.0
    asking.sendall(GET)
    worker.murder_keepalived()
    assert silent.recv(1) == b""
    assert worker.waiting.ready(0) is late


def test_who_keeps_on_sending_gets_no_more_time(worker: Worker, connected: Any) -> None:
    conn, client = connected()
    client.sendall(GET[:10])
    worker._receive(worker.waiting.ready(0))
    worker.arriving[conn] = 0.0
    client.sendall(GET[10:20])
    worker._receive(worker.waiting.ready(0))
    assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def test_who_keeps_on_sending_does_not_keep_the_loop(
    worker: Worker, connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn, client = connected()
    client.sendall(GET)
    monkeypatch.setattr(worker, "poller", SimpleNamespace(select=lambda timeout: []))
    monkeypatch.setattr(worker, "_receive", worker.waiting.wait)
    worker.answering[conn] = True
    worker.wait_for_and_dispatch_events(0)
    assert worker.waiting.ready(0) is conn, "there is still something to read"


def test_an_error_costs_a_connection_and_no_thread(
    worker: Worker, connected: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    errors = [SystemExit()]

    def handle(conn: Any) -> bool:
        if errors:
            raise errors.pop()
        conn.sock.send(b"answered")
        return True

    monkeypatch.setattr(worker, "handle", handle)
    worker._employ()
    for answer in (b"", b"answered"):
        _, client = connected()
        client.sendall(GET)
        assert client.recv(100) == answer
    assert [record.message for record in caplog.records] == ["Error in a thread"]


def test_who_has_taken_a_connection_has_it_alone(connected: Any, worker: Worker) -> None:
    conn, client = connected()
    client.sendall(GET)
    assert worker.waiting.ready(0) is conn
    assert not is_told(worker.waiting), "once is enough"
    assert not worker.waiting.take(conn)
    worker.waiting.wait(conn)
    assert worker.waiting.take(conn)
    assert worker.waiting.ready(0) is None, "told of one that another has"
    worker.waiting.wait(conn)
    assert worker.waiting.ready(0) is conn, "and told again"


def test_a_bell_wakes_one_of_those_who_wait() -> None:
    waiting = Waiting()
    waiter = Thread(target=waiting.ready, args=(WITHIN,))
    waiter.start()
    waiting.ring()
    waiter.join(WITHIN / 2)
    assert not waiter.is_alive()
    assert not is_told(waiting), "once"


def test_in_the_end_it_wakes_whoever_waits() -> None:
    waiting = Waiting()
    waiting.end()
    for _ in range(3):
        assert waiting.ready(0) is None
        assert is_told(waiting)


def is_told(waiting: Waiting) -> bool:
    return bool(waiting._epoll.poll(0))


def test_while_every_thread_answers_others_are_read(tmp_path: Path, django_db_setup: None) -> None:
    with gunicorn(workers=1, threads=1, log=tmp_path / "log") as server, connect(server) as other:
        with keeps_the_thread(server):
            other.sendall(POST + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY))
            assert other.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            other.sendall(BODY)
        assert read_all(other).startswith(b"HTTP/1.1 422 ")


@contextmanager
def keeps_the_thread(server: Server) -> Iterator[None]:
    """By asking for more than there is room for, till somebody else gets no answer."""
    url = urlsplit(server.url)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect((url.hostname, url.port))
        client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50)
        answered = True
        while answered:
            with connect(server) as asking:
                asking.sendall(GET)
                answered = bool(select.select([asking], [], [], 3.0)[0])
        yield


def serve(worker: Worker, application: Any) -> None:
    worker.wsgi, worker.log.access = application, lambda *args: None
    worker._employ()


@pytest.mark.parametrize("begun", [False, True])
def test_an_error_of_the_application_is_500_if_nothing_is_said_yet(worker: Worker, connected: Any, begun: bool) -> None:
    def fail(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", "4")])
        if begun:
            yield b"ab"
        raise LookupError("a secret")

    serve(worker, fail)
    _, client = connected()
    client.sendall(GET)
    answered = read_all(client)
    assert b"secret" not in answered
    assert re.findall(rb"HTTP/1.1 (\d+)", answered) == [b"200" if begun else b"500"]


def test_no_more_connections_are_kept_than_there_may_be(worker: Worker, connected: Any) -> None:
    def answer(environ: Any, start_response: Any) -> list[bytes]:
        start_response("204 No Content", [])
        return []

    worker.max_keepalived = 1
    serve(worker, answer)
    for expected in (b"Connection: keep-alive", b"Connection: close"):
        _, client = connected()
        client.sendall(GET)
        assert expected in client.recv(1_000)
