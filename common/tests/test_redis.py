"""A Redis that may be away: what asking it costs then, and who hears of it."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.dispatch import Signal
from redis import RedisError
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as TooLate

from common import redis as module
from common.redis import ANSWERS_WITHIN, PAUSE, TOLD_AGAIN_AFTER, Away, Line, Link, link
from common.testing.redis import OwnRedis, own_redis


def ping(line: Line) -> bool:
    return bool(line.ask("PING"))


@pytest.fixture
def client() -> Mock:
    return Mock(spec=Line)


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
    client.ask.side_effect = Disconnected

    ask(redis)
    clock.return_value += PAUSE - 1
    ask(redis)

    assert client.ask.call_count == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"Redis does not answer (ConnectionError); not asked for {PAUSE} s."
    ]


def test_then_it_is_tried_again(client: Mock, clock: Mock) -> None:
    redis = Link(lambda: client)
    client.ask.side_effect = [Disconnected, Disconnected, True, True]

    for _ in range(2):
        ask(redis)
        clock.return_value += PAUSE

    assert [redis.ask(ping), redis.ask(ping)] == [True, True]


def test_by_one_request_while_the_others_go_on(client: Mock, clock: Mock) -> None:
    redis = Link(lambda: client)
    client.ask.side_effect = Disconnected
    ask(redis)
    clock.return_value += PAUSE
    # While the one that tries waits for an answer, another one comes along.
    client.ask.side_effect = lambda *command: ask(redis)

    redis.ask(ping)

    assert client.ask.call_count == 2


def test_who_listens_is_told_once_a_minute(client: Mock, clock: Mock, told: list[str]) -> None:
    redis = Link(lambda: client)
    client.ask.side_effect = Disconnected
    times = TOLD_AGAIN_AFTER // PAUSE

    for _ in range(2 * times):
        ask(redis)
        clock.return_value += PAUSE

    assert client.ask.call_count == 2 * times
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


class TestOneConnection:
    @pytest.fixture
    def redis(self, tmp_path: Path) -> Iterator[OwnRedis]:
        server = own_redis(tmp_path, is_required=bool(settings.REDIS_URL))
        yield server
        server.stop()

    @pytest.fixture
    def line(self, redis: OwnRedis) -> Line:
        return Line(redis.url)

    def test_says_what_redis_says(self, line: Line) -> None:
        assert line.ask("SET", "a", 1, "EX", 10) == b"OK"
        assert [line.ask("INCR", "a"), line.ask("GET", "a"), line.ask("GET", "b")] == [2, b"2", None]
        assert line.ask("MGET", "a", "b") == [b"2", None]
        assert line.ask("SET", "long", "x" * 200_000) == b"OK"
        assert line.ask("GET", "long") == b"x" * 200_000, "in more than one piece"

    def test_what_redis_refuses_is_raised_and_no_more(self, line: Line) -> None:
        line.ask("PING")
        for _ in range(2):
            with pytest.raises(ResponseError, match="unknown command"):
                line.ask("NONSENSE")
        assert line.ask("PING") == b"PONG"

    def test_that_was_lost_is_made_anew(self, redis: OwnRedis, line: Line) -> None:
        line.ask("PING")
        redis.stop()
        redis.start()
        assert line.ask("PING") == b"PONG"

    def test_to_one_that_is_gone(self, redis: OwnRedis, line: Line) -> None:
        line.ask("PING")
        redis.stop()
        for _ in range(2):
            with pytest.raises(Disconnected):
                line.ask("PING")

    def test_an_answer_that_comes_too_late_is_not_the_next_ones(self, redis: OwnRedis, line: Line) -> None:
        line.ask("SET", "a", "late")
        redis.signal(signal.SIGSTOP)
        with pytest.raises(TooLate):
            line.ask("GET", "a")
        redis.signal(signal.SIGCONT)
        assert line.ask("GET", "b") is None

    def test_what_was_broken_off_is_not_the_next_ones_either(self, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
        line.ask("SET", "a", "broken off")
        with monkeypatch.context() as patched:
            patched.setattr(line, "_answer", Mock(side_effect=KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                line.ask("GET", "a")
        assert line.ask("GET", "b") is None

    def test_the_password_and_the_database_of_the_url_hold(self, redis: OwnRedis) -> None:
        client = redis.client()
        client.config_set("requirepass", "secret of a test")
        line = Line(redis.url.replace("//", "//:secret%20of%20a%20test@").replace("/0", "/3"))
        line.ask("SET", "a", 1)
        assert line.ask("INFO", "keyspace").splitlines()[1].startswith(b"db3:")
        with pytest.raises(RedisError):
            Line(redis.url).ask("PING")
