"""Clients of a running server that ask at the same moment, each over a connection of its own."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from threading import Barrier
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


class Client:
    """One connection that is kept, for one thread at a time."""

    def __init__(self, address: str, token: str = "") -> None:
        url = urlsplit(address)
        assert url.hostname is not None
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._connection = HTTPConnection(url.hostname, url.port, timeout=60)
        self._connection.connect()

    def ask(self, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """The answer to this, of the server connected to even if `url` is a link with a host."""
        content = None if body is None else json.dumps(body)
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        self._connection.request(method, path, content, {**self._headers, **(headers or {})})
        with self._connection.getresponse() as response:
            answered = response.read()
        return Answer(response.status, json.loads(answered) if answered else None, dict(response.headers))

    def close(self) -> None:
        self._connection.close()


@contextmanager
def clients(address: str, count: int, token: str = "") -> Iterator[list[Client]]:
    """Connected before the race, so that its start is not spent on handshakes."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(Client(address, token))) for _ in range(count)]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What these return, each called in a thread of its own once all are ready."""
    barrier = Barrier(len(calls))

    def start(call: Callable[[], Any]) -> Any:
        barrier.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))
