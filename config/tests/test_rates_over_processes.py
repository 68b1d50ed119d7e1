"""Rates over two processes, with a Redis that stops and hangs and without one: as many pass as the limit says."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from accounts import sessions
from accounts.factories import UserFactory
from accounts.tests.server import Server, gunicorn
from common.redis import ANSWERS_WITHIN
from common.testing.races import Answer, Client, at_once, clients
from common.testing.redis import OwnRedis, own_redis

TODOS = "/api/v1/todos"
LOGIN = "/api/v1/users/login"
LIMITS = {"THROTTLES": "on", "RATE_READ": "10/hour", "RATE_AUTH": "10/hour"}
# One process takes these together, since one worker of two may well accept all connections that come at once.
EACH = 50

pytestmark = pytest.mark.django_db(transaction=True)

Start = Callable[..., AbstractContextManager[list[Server]]]
Ask = Callable[[Client, int], Answer]


@pytest.fixture
def redis(tmp_path: Path, settings: Any) -> Iterator[OwnRedis]:
    server = own_redis(tmp_path, is_required=bool(settings.REDIS_URL))
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path: Path) -> Start:
    @contextmanager
    def start(*, processes: int = 2, **variables: str) -> Iterator[list[Server]]:
        with ExitStack() as stack:
            logs = [tmp_path / f"gunicorn-{number}.log" for number in range(processes)]
            started = [gunicorn(workers=1, threads=4, log=log, **(LIMITS | variables)) for log in logs]
            yield [stack.enter_context(one) for one in started]

    return start


def token() -> str:
    return sessions.start(UserFactory.create(roles=["user"])).access


def statuses(servers: list[Server], ask: Ask, token: str = "") -> Counter[int]:
    """Of a hundred requests at once, half of them to each server."""
    with ExitStack() as stack:
        connected = [one for server in servers for one in stack.enter_context(clients(server.url, EACH, token))]
        calls = [lambda one=one, number=number: ask(one, number) for number, one in enumerate(connected)]
        return Counter(answer.status for answer in at_once(*calls))


def read(client: Client, number: int) -> Answer:
    return client.ask("GET", TODOS)


def read_forged(client: Client, number: int) -> Answer:
    forged = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}", "Forwarded": "for=1.1.1.1"}
    return client.ask("GET", TODOS, headers=forged)


def sign_in(client: Client, number: int) -> Answer:
    return client.ask("POST", LOGIN, {"email": f"{number}@example.com", "password": "wrong password"})


def test_ten_of_a_hundred_pass_with_redis_whatever_address_they_claim(start: Start, redis: OwnRedis) -> None:
    with start(REDIS_URL=redis.url) as servers:
        assert statuses(servers, read, token()) == {200: 10, 429: 90}
        assert statuses(servers, read_forged) == {401: 10, 429: 90}
        assert statuses(servers, sign_in) == {401: 10, 429: 90}


def test_ten_of_a_hundred_sign_ins_pass_without(start: Start) -> None:
    with start() as servers:
        assert statuses(servers, sign_in) == {401: 10, 429: 90}


def test_with_redis_gone_those_of_sign_in_hold_and_the_others_in_each_process(start: Start, redis: OwnRedis) -> None:
    with start(REDIS_URL=redis.url) as servers:
        redis.stop()
        assert statuses(servers, sign_in) == {401: 10, 429: 90}
        assert statuses(servers, read, token()) == {200: 20, 429: 80}


def test_one_that_hangs_costs_once_and_changes_no_answer(start: Start, redis: OwnRedis) -> None:
    with (
        start(processes=1, REDIS_URL=redis.url, RATE_READ="1000/hour") as [server],
        clients(server.url, 1, token()) as [client],
    ):
        assert client.ask("GET", TODOS).status == 200
        redis.signal(signal.SIGSTOP)

        seconds = []
        for _ in range(30):
            began = time.perf_counter()
            answer = client.ask("GET", TODOS)
            seconds.append(time.perf_counter() - began)
            assert answer.status == 200
            assert answer.headers["RateLimit-Policy"] == '"read";q=1000;w=3600'

        assert median(seconds) < ANSWERS_WITHIN


def test_behind_a_proxy_that_is_trusted_each_client_counts_for_itself(start: Start, redis: OwnRedis) -> None:
    with start(REDIS_URL=redis.url, TRUSTED_PROXIES="127.0.0.1") as servers:
        assert statuses(servers, read_forged) == {401: 100}
        # What a client writes itself stands before what the proxy appends.
        with clients(servers[0].url, 1) as [client]:
            appended = [f"203.0.113.{number}, 198.51.100.7" for number in range(50)]
            answers = [client.ask("GET", TODOS, headers={"X-Forwarded-For": one}).status for one in appended]
        assert answers == [401] * 10 + [429] * 40
