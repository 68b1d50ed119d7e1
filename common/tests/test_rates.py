"""Counting, wherever it is done: so much a window, and never more."""

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from redis import Redis

from common.models import RateWindow
from common.rates import in_database, in_memory, in_redis
from common.rates.rate import Quota, Rate, Window
from common.testing.races import at_once

TEN = Rate.parse("10/hour")
HOUR = timedelta(hours=1).total_seconds()

needs_redis = pytest.mark.skipif(not configured.REDIS_URL, reason="needs REDIS_URL")


@pytest.fixture(
    params=[in_memory, in_database, pytest.param(in_redis, marks=needs_redis)], ids=lambda one: one.__name__
)
def counter(request: pytest.FixtureRequest, db: None, rates: Callable[..., None]) -> ModuleType:
    found: ModuleType = request.param
    return found


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass for what is counted here. Redis has a clock of its own."""
    now = 1_000.0
    monkeypatch.setattr(in_memory, "monotonic", lambda: now)
    monkeypatch.setattr(in_database, "_now", lambda: int(now * 1000))

    def wait(seconds: float) -> None:
        nonlocal now
        now += seconds

    return wait


def test_notations() -> None:
    assert Rate.parse("600/minute") == Rate(600, 60)
    assert [Rate.parse(f"1/{unit}").seconds for unit in ("second", "hour", "day")] == [1, 3_600, 86_400]


@pytest.mark.parametrize(
    "notation",
    ["", "600", "0/minute", "-1/minute", "1.5/minute", "600/fortnight", "600/minutes", "1000000001/day", "٣/day"],
)
def test_what_is_no_rate(notation: str) -> None:
    with pytest.raises(ValueError, match=notation or None):
        Rate.parse(notation)


def test_as_many_as_the_limit_and_no_more(counter: ModuleType) -> None:
    windows = [counter.spend(["a"], TEN, 1) for _ in range(12)]

    assert [window.admitted for window in windows] == [True] * 10 + [False] * 2
    assert [window.used for window in windows] == [*range(1, 11), 10, 10]
    assert all(HOUR - 60 < window.seconds_left < HOUR + 1 for window in windows)


def test_each_is_counted_apart(counter: ModuleType) -> None:
    assert [counter.spend([key], TEN, 10).admitted for key in ("a", "b", "a")] == [True, True, False]


def test_what_is_refused_uses_nothing_up(counter: ModuleType) -> None:
    spent = [counter.spend(["a"], TEN, cost) for cost in (7, 4, 3, 1)]

    assert [(window.admitted, window.used) for window in spent] == [(True, 7), (False, 7), (True, 10), (False, 10)]


def test_more_than_the_limit_at_once_never_passes(counter: ModuleType) -> None:
    refused = counter.spend(["a"], TEN, 11)

    assert (refused.admitted, refused.used) == (False, 0)
    assert HOUR - 60 < refused.seconds_left < HOUR + 1
    assert counter.spend(["a"], TEN, 10).admitted


@pytest.mark.parametrize("counter", [in_memory, in_database], indirect=True, ids=lambda one: one.__name__)
def test_a_window_ends_after_its_time_and_no_sooner(counter: ModuleType, later: Callable[[float], None]) -> None:
    counter.spend(["a"], TEN, 9)
    later(HOUR - 1)
    assert counter.spend(["a"], TEN, 2) == Window(False, 9, 1.0)
    later(1)
    assert counter.spend(["a"], TEN, 2) == Window(True, 2, HOUR)


def test_of_several_each_has_to_have_room(counter: ModuleType) -> None:
    counter.spend(["a"], TEN, 8)
    together = [counter.spend(keys, TEN, 2) for keys in (["a", "b"], ["b", "a"], ["b", "c"])]
    assert [(window.admitted, window.used) for window in together] == [(True, 10), (False, 10), (True, 4)]
    assert [counter.spend([key], TEN, 1).used for key in ("b", "c")] == [5, 3], "a refusal costs none of them"


def test_of_several_the_longest_refusal_is_told(counter: ModuleType, later: Callable[[float], None]) -> None:
    if counter is in_redis:
        pytest.skip("Redis has a clock of its own.")
    counter.spend(["a"], TEN, 10)
    later(1_000)
    counter.spend(["b"], TEN, 10)
    assert counter.spend(["a", "b"], TEN, 1).seconds_left == counter.spend(["b", "a"], TEN, 1).seconds_left == HOUR


@needs_redis
def test_a_window_in_redis_ends_by_itself(rates: Callable[..., None], settings: Mock) -> None:
    in_redis.spend(["a"], TEN, 4)
    in_redis.spend(["a"], TEN, 4)

    with Redis.from_url(settings.REDIS_URL) as redis:
        [key] = redis.scan_iter(f"{settings.REDIS_KEY_PREFIX}:*")
        assert HOUR - 60 < redis.ttl(key) <= HOUR


@needs_redis
def test_a_redis_that_has_lost_the_script_is_given_it_again(
    rates: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As after a restart, without taking the script from whoever else uses this Redis.
    monkeypatch.setattr(in_redis, "_DIGEST", uuid4().hex + "0" * 8)

    assert [in_redis.spend(["a"], TEN, 10).admitted for _ in range(2)] == [True, False]


@pytest.mark.django_db(transaction=True)
class TestInTheDatabase:
    def test_it_is_one_statement(self) -> None:
        in_database.spend(["a"], TEN, 1)
        with CaptureQueriesContext(connection) as captured:
            in_database.spend(["a"], TEN, 1)
        assert len(captured) == 1

    def test_of_many_at_once_as_many_pass_as_the_limit(self) -> None:
        def spend() -> bool:
            try:
                return in_database.spend(["a"], TEN, 1).admitted
            finally:
                connection.close()

        assert sum(at_once(*[spend] * 40)) == 10

    def test_it_does_not_depend_on_what_the_request_rolls_back(self) -> None:
        in_database.spend(["a"], TEN, 10)
        with transaction.atomic():
            transaction.set_rollback(True)
        assert not in_database.spend(["a"], TEN, 1).admitted

    def test_a_new_window_clears_some_away_that_have_ended(
        self, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(in_database, "CLEARED_BY_A_NEW_ONE", 3)
        for key in "abcd":
            in_database.spend([key], TEN, 1)
        later(HOUR)

        in_database.spend(["new"], TEN, 1)
        assert RateWindow.objects.count() == 2
        in_database.spend(["new"], TEN, 1)
        assert RateWindow.objects.count() == 2

    def test_those_that_have_ended_can_be_cleared_away(self, later: Callable[[float], None]) -> None:
        in_database.spend(["live"], TEN, 1)
        RateWindow.objects.bulk_create(RateWindow(key=str(number), used=1, ends_at=0) for number in range(4))

        assert [in_database.clear_expired(at_most=3) for _ in range(3)] == [3, 1, 0]
        assert [row.key for row in RateWindow.objects.all()] == ["live"]


def test_the_memory_keeps_the_newest(rates: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_memory, "MAX_WINDOWS", 2)
    for key in ("a", "b", "c"):
        in_memory.spend([key], TEN, 10)

    assert [in_memory.spend([key], TEN, 1).admitted for key in ("c", "b", "a")] == [False, False, True]


def test_what_a_client_is_told() -> None:
    assert Quota.of("read", TEN, Window(True, 3, 1234.2)) == Quota("read", 10, 3600, left=7, resets_in=1235)
    assert Quota.of("read", TEN, Window(True, 1, 3600.0001)).resets_in == 3600
    assert Quota.of("read", TEN, Window(False, 12, 0.0)) == Quota("read", 10, 3600, left=0, resets_in=1)
