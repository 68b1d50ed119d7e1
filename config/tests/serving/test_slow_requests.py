"""A request that does not come to its end costs no thread, and is 408 in the end."""

import json
import re
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from accounts.tests.server import Server, gunicorn
from config.serving.reading import MAX_HELD
from config.tests.serving.load import ask_once

THREADS = 2
LIMIT = 2  # seconds
MARK = "written-by-a-client"

POST = b"POST /api/v1/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
BODY = b'{"email": 1, "password": 2}'

UNFINISHED = {
    "a line": f"GET /{MARK}".encode(),
    "a head": f"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: {MARK}".encode(),
    "a body": POST + b"Content-Length: 100\r\n\r\n{",
    "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "a body that is waited for": POST + b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gunicorn") / "log"


@pytest.fixture(scope="module")
def server(log: Path, django_db_setup: None) -> Iterator[Server]:
    with gunicorn(workers=1, threads=THREADS, log=log, WEB_READ_TIMEOUT=str(LIMIT)) as server:
        yield server


def connect(server: Server) -> socket.socket:
    url = urlsplit(server.url)
    return socket.create_connection((url.hostname, url.port), timeout=20)


def read_all(client: socket.socket) -> bytes:
    with client.makefile("rb") as answer:
        return answer.read()


def refused(client: socket.socket) -> bool:
    readable, _, _ = select.select([client], [], [], 0)
    return bool(readable) and b" 408 " in client.recv(1_000, socket.MSG_PEEK)


@pytest.mark.parametrize("sent", UNFINISHED.values(), ids=UNFINISHED)
def test_others_are_answered_meanwhile_and_it_is_408(server: Server, log: Path, sent: bytes) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(server)) for _ in range(THREADS * 3)]
        for client in slow:
            client.sendall(sent)
        assert ask_once(server.url, "GET", "/health").status == 200
        assert not any(map(refused, slow)), "no thread waits for them"

        for client in slow:
            head, _, body = read_all(client).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
            problem = json.loads(body)
            assert (problem["status"], problem["code"]) == (408, "request_timeout")
            assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n")
            assert f"X-Request-ID: {problem['request_id']}".encode() in head
            assert f"request_id={problem['request_id']} message=request method=other" in log.read_text()
    assert MARK not in log.read_text()


def test_one_that_trickles_is_over_as_early(server: Server) -> None:
    with connect(server) as client:
        client.sendall(POST + b"Content-Length: 10000\r\n\r\n")
        client.settimeout(0.25)
        answered = b""
        for _ in range(100):
            client.sendall(b" ")
            try:
                answered = client.recv(100)
                break
            except TimeoutError:
                continue
        assert answered.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("coding", ["length", "chunks", "continue"])
def test_one_that_moves_is_answered(server: Server, transactional_db: None, coding: str) -> None:
    head = {
        "length": b"Content-Length: %d\r\n\r\n" % len(BODY),
        "chunks": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY),
        "continue": b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY),
    }[coding]
    sent = POST + b"Connection: close\r\n" + head
    with connect(server) as client:
        client.sendall(sent[:50])
        time.sleep(0.2)
        client.sendall(sent[50:])
        if coding == "continue":
            assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for at in range(0, len(BODY), 10):
            client.sendall(BODY[at : at + 10])
            time.sleep(0.1)
        if coding == "chunks":
            client.sendall(b"\r\n0\r\n\r\n")
        assert read_all(client).startswith(b"HTTP/1.1 422 "), "and no second 100"


def test_requests_behind_each_other_are_answered_in_turn(server: Server) -> None:
    get = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with connect(server) as client:
        client.sendall((get + b"\r\n") * 3 + get + b"Connection: close\r\n\r\n")
        assert read_all(client).count(b"HTTP/1.1 200 OK") == 4


def test_a_body_that_nobody_read_is_not_the_next_request(server: Server) -> None:
    hidden = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = b"POST /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    last = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with connect(server) as client:
        client.sendall(head + hidden + last)
        answered = read_all(client)
    assert re.findall(rb"HTTP/1.1 (\d+)", answered) == [b"404", b"200"]


def test_who_does_not_close_keeps_nobody_waiting(server: Server) -> None:
    """gunicorn waits two seconds for each, and everybody with it."""
    with ExitStack() as stack:
        for _ in range(THREADS * 3):
            client = stack.enter_context(connect(server))
            client.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
        began = time.monotonic()
        assert ask_once(server.url, "GET", "/health").status == 200
        assert time.monotonic() - began < 2


def test_who_does_not_take_the_answer_keeps_a_thread_no_longer(server: Server) -> None:
    """More answers than the kernel has room for, to more clients than there are threads."""
    url = urlsplit(server.url)
    with ExitStack() as stack:
        for _ in range(THREADS):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.connect((url.hostname, url.port))
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50)
        # The first of these come in between the answers that there was room for.
        assert {ask_once(server.url, "GET", "/health").status for _ in range(200)} == {200}


def test_what_is_held_for_those_that_are_coming_in_is_bounded(tmp_path: Path, django_db_setup: None) -> None:
    """The one that began first makes room."""
    size = 15 * 1024 * 1024
    with ExitStack() as stack:
        server = stack.enter_context(gunicorn(workers=1, threads=THREADS, log=tmp_path / "log", WEB_READ_TIMEOUT="120"))
        clients = [stack.enter_context(connect(server)) for _ in range(MAX_HELD // size + 1)]
        for client in clients:
            client.sendall(POST + b"Content-Length: %d\r\n\r\n" % (size + 1) + b" " * size)
        assert read_all(clients[0]).startswith(b"HTTP/1.1 408 ")
        assert not any(map(refused, clients[1:]))
