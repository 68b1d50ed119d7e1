"""A response is what gunicorn would send, byte for byte; it is sent in as few pieces as there can be."""

import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser, wsgi
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName

from config.serving.responses import Response

PATIENCE = 20.0
REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


class Sent(list[bytes]):
    """A socket that takes everything, and keeps the pieces."""

    def settimeout(self, seconds: float) -> None: ...

    def send(self, data: bytes) -> int:
        self.append(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        self.append(bytes(data))


def respond(response: Any, status: str, headers: Any, pieces: Iterable[Any]) -> None:
    response.start_response(status, headers)
    for piece in pieces:
        response.write(piece)
    response.close()


def request(sent: bytes = REQUEST) -> Any:
    return next(get_parser(Config(), iter([sent]), ("192.0.2.1", 40_000)))


def ours(sock: Any, sent: bytes = REQUEST) -> Response:
    return Response(request(sent), sock, Config(), PATIENCE)


LENGTH = ("Content-Length", "3")
RESPONSES = {
    "a body": ("200 OK", [("X-A", "b"), LENGTH], [b"abc"], 1),
    "fields": ("200 OK", [("Set-Cookie", "a=b"), ("Set-Cookie", " c=\xe9\t"), ("x-empty", ""), LENGTH], [b"abc"], 1),
    "no body": ("200 OK", [("Content-Length", "0")], [b""], 1),
    "no content": ("204 No Content", [("ETag", '"a"')], [], 1),
    "no content of some length": ("204 No Content", [LENGTH], [b""], 1),
    "not modified": ("304 Not Modified", [LENGTH], [b""], 1),
    "two pieces": ("200 OK", [LENGTH], [b"a", b"bc"], None),
    "an empty one first": ("200 OK", [LENGTH], [b"", b"abc"], 1),
    "more than was said": ("200 OK", [LENGTH], [b"abcd"], None),
    "less than was said": ("200 OK", [LENGTH], [b"ab"], None),
    "no length": ("200 OK", [], [b"abc", b"d"], None),
    "nothing of no length": ("200 OK", [], [], None),
    "hop by hop": ("200 OK", [("Connection", "close"), ("Keep-Alive", "1"), ("Server", "x"), LENGTH], [b"abc"], None),
    "an upgrade": ("101 Switching", [("Connection", "upgrade"), ("Upgrade", "websocket")], [], None),
}


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
@pytest.mark.parametrize(("status", "headers", "pieces", "sends"), RESPONSES.values(), ids=RESPONSES)
def test_it_is_the_response_of_gunicorn(
    status: str, headers: Any, pieces: Any, sends: int | None, version: bytes, method: bytes
) -> None:
    asked = REQUEST.replace(b"HTTP/1.1", version).replace(b"GET", method)
    mine, its = Sent(), Sent()
    response, its_response = ours(mine, asked), wsgi.Response(request(asked), its, Config())
    respond(response, status, headers, pieces)
    respond(its_response, status, headers, pieces)

    assert without_date(mine) == without_date(its)
    assert response.should_close() == its_response.should_close()
    assert (response.headers, response.sent) == (its_response.headers, its_response.sent)
    if sends and method == b"GET":
        assert len(mine) == sends


def without_date(sent: list[bytes]) -> bytes:
    whole, dates = re.subn(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n", b"\r\n", b"".join(sent))
    assert dates == 1
    return whole


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (("X-A", "b\r\nX-C: d"), InvalidResponseHeader),
        (("X-A", "b\nc"), InvalidResponseHeader),
        (("X-A", "b\x00"), InvalidResponseHeader),
        (("X-A", "\u2028"), InvalidResponseHeader),
        (("X A", "b"), InvalidResponseHeaderName),
        (("X-A:", "b"), InvalidResponseHeaderName),
        (("X-A: b\r\nX-C", "d"), InvalidResponseHeaderName),
        (("", "b"), InvalidResponseHeaderName),
        ((b"X-A", "b"), TypeError),
        (("X-A", 1), TypeError),
        (("Content-Length", "many"), ValueError),
    ],
)
def test_a_header_that_is_none_is_an_error_before_anything_is_sent(header: Any, error: type[Exception]) -> None:
    sent = Sent()
    with pytest.raises(error):
        respond(ours(sent), "200 OK", [("X-Before", "a"), header], [b"abc"])
    assert sent == []


@pytest.fixture
def narrow() -> Iterator[SimpleNamespace]:
    """A connection that has room for little."""
    server, client = socket.socketpair()
    with server, client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        server.setblocking(False)
        client.settimeout(PATIENCE)
        yield SimpleNamespace(server=server, client=client)


def test_more_than_there_is_room_for_arrives(narrow: SimpleNamespace) -> None:
    body = bytes(range(256)) * 4_000
    received = bytearray()

    def receive() -> None:
        while not received.endswith(body):
            received.extend(narrow.client.recv(100_000))

    thread = Thread(target=receive)
    thread.start()
    respond(ours(narrow.server), "200 OK", [("Content-Length", str(len(body)))], [body])
    thread.join(PATIENCE)
    assert received.partition(b"\r\n\r\n")[2] == body


@pytest.mark.parametrize("headers", [[("Content-Length", "1000000")], []], ids=["at once", "in parts"])
@pytest.mark.parametrize("full", [False, True])
def test_there_is_an_end_to_waiting_for_room(narrow: SimpleNamespace, headers: Any, full: bool) -> None:
    with suppress(BlockingIOError):
        while full:
            narrow.server.send(b"before")
    with pytest.raises(TimeoutError):
        respond(Response(request(), narrow.server, Config(), 0.1), "200 OK", headers, [b"a" * 1_000_000])
