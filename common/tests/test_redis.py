"""A Redis that may be away: what asking it costs then, and who hears of it."""

import socket
from statistics import median
from time import perf_counter
from unittest.mock import Mock

import pytest
from django.dispatch import Signal
from redis import Redis
from redis.exceptions import ConnectionError as Disconnected

from common import redis as module
from common.redis import ANSWERS_WITHIN, PAUSE, TOLD_AGAIN_AFTER, Away, Link, link


def ping(client: Redis) -> bool:
    return bool(client.ping())


@pytest.fixture
def client() -> Mock:
    return Mock(spec=Redis)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Mock:
    now = Mock(return_value=1_000.0)
    monkeypatch.setattr(module, "monotonic", now)
    return now


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The components that were told to be degraded, to this test alone."""
    heard: list[str] = []

    def listen(component: str, **kwargs: object) -> None:
        heard.append(component)

    signal = Signal()
    signal.connect(listen, weak=False)
    monkeypatch.setattr(module, "degraded", signal)
    return heard


def ask(redis: Link) -> None:
    with pytest.raises(Away):
        redis.ask(ping)


def test_after_a_failure_it_is_left_alone_for_a_while(
    client: Mock, clock: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    redis = Link(lambda: client)
    client.ping.side_effect = Disconnected

    ask(redis)
    clock.return_value += PAUSE - 1
    ask(redis)

    assert client.ping.call_count == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"Redis does not answer (ConnectionError); not asked for {PAUSE} s."
    ]


def test_then_it_is_tried_again(client: Mock, clock: Mock) -> None:
    redis = Link(lambda: client)
    client.ping.side_effect = [Disconnected, Disconnected, True, True]

    for _ in range(2):
        ask(redis)
        clock.return_value += PAUSE

    assert [redis.ask(ping), redis.ask(ping)] == [True, True]


def test_by_one_request_while_the_others_go_on(client: Mock, clock: Mock) -> None:
    redis = Link(lambda: client)
    client.ping.side_effect = Disconnected
    ask(redis)
    clock.return_value += PAUSE
    # While the one that tries waits for an answer, another one comes along.
    client.ping.side_effect = lambda: ask(redis)

    redis.ask(ping)

    assert client.ping.call_count == 2


def test_who_listens_is_told_once_a_minute(client: Mock, clock: Mock, told: list[str]) -> None:
    redis = Link(lambda: client)
    client.ping.side_effect = Disconnected
    times = TOLD_AGAIN_AFTER // PAUSE

    for _ in range(2 * times):
        ask(redis)
        clock.return_value += PAUSE

    assert client.ping.call_count == 2 * times
    assert told == ["redis", "redis"]


def seconds_of_five(redis: Link) -> list[float]:
    seconds = []
    for _ in range(5):
        started = perf_counter()
        ask(redis)
        seconds.append(perf_counter() - started)
    return seconds


def test_one_that_hangs_costs_once_and_then_nothing() -> None:
    # It takes connections, and never says a word.
    with socket.create_server(("127.0.0.1", 0)) as server:
        first, *others = seconds_of_five(link(f"redis://127.0.0.1:{server.getsockname()[1]}/0"))
    assert ANSWERS_WITHIN <= first < 0.25
    assert median(others) < 0.005


def test_one_that_is_gone_costs_next_to_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    first, *others = seconds_of_five(link(f"redis://127.0.0.1:{port}/0"))
    assert first < 0.25
    assert median(others) < 0.005
