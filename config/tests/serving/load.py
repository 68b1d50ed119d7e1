"""Clients that write without a pause, each over a connection that it keeps, and remember what they were told."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from threading import Event, Thread
from typing import NamedTuple
from uuid import uuid4

from common.testing.races import Answer, Client

URL = "/api/v1/todos"


class Failure(NamedTuple):
    """A write that got no answer, or one that is no 201."""

    at: float
    reason: str
    answer: Answer | None = None


@dataclass
class Writer:
    """Keeps on writing todos through refused and broken connections.

    With ``keys`` it asks for each until it is acknowledged, by the same Idempotency-Key; else once.
    """

    name: str
    url: str
    token: str
    keys: bool = False
    over: Event = field(default_factory=Event)
    acknowledged: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    last_success: float = 0.0

    def run(self) -> None:
        connection: Client | None = None
        titles = (f"{self.name}-{number}" for number in count())
        title = next(titles)
        while not self.over.is_set():
            try:
                connection = connection or Client(self.url, self.token)
                answer = connection.ask("POST", URL, {"title": title}, {"Idempotency-Key": title} if self.keys else {})
            except (OSError, HTTPException) as error:
                if connection:
                    connection.close()
                connection = None
                self._failed(Failure(time.monotonic(), type(error).__name__))
            else:
                if answer.status == 201:
                    self.acknowledged.append(title)
                    self.last_success = time.monotonic()
                else:
                    self._failed(Failure(time.monotonic(), str(answer.status), answer))
            if not self.keys or title in self.acknowledged[-1:]:
                title = next(titles)
        if connection:
            connection.close()

    def _failed(self, failure: Failure) -> None:
        self.failures.append(failure)
        # Whoever cannot even connect would else do nothing but try.
        self.over.wait(0.01)


@dataclass
class Load:
    writers: list[Writer]

    @property
    def acknowledged(self) -> list[str]:
        return [title for writer in self.writers for title in writer.acknowledged]

    @property
    def failures(self) -> list[Failure]:
        return [failure for writer in self.writers for failure in writer.failures]

    def reasons(self) -> Counter[str]:
        return Counter(failure.reason for failure in self.failures)

    def wait_for_successes(self, since: float, within: float = 10.0) -> float:
        """Until every writer has written something after ``since``; the seconds that took."""
        deadline = time.monotonic() + within
        while any(writer.last_success <= since for writer in self.writers):
            assert time.monotonic() < deadline, f"no success for {within} s: {self.reasons()}"
            time.sleep(0.005)
        return time.monotonic() - since


@contextmanager
def load(url: str, token: str, *, writers: int = 4, keys: bool = False) -> Iterator[Load]:
    """Under way when the block begins; over when it ends."""
    # A name is used once: a key that an earlier load had would bring an earlier answer.
    found = Load([Writer(uuid4().hex, url, token, keys) for _ in range(writers)])
    threads = [Thread(target=writer.run, name=writer.name) for writer in found.writers]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    with ExitStack() as stack:
        for thread in threads:
            stack.callback(thread.join, 30)
        for writer in found.writers:
            stack.callback(writer.over.set)
        found.wait_for_successes(start)
        yield found


def ask_once(
    url: str, method: str, path: str, body: object = None, token: str = "", headers: dict[str, str] | None = None
) -> Answer:
    with closing(Client(url, token)) as client:
        return client.ask(method, path, body, headers)
