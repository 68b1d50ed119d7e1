"""What is taken ahead: fewer questions, the same bounds."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as configured

from common.rates import ahead, in_redis, spending
from common.rates.rate import Rate, Scope, Window
from common.testing.races import at_once

pytestmark = pytest.mark.skipif(not configured.REDIS_URL, reason="needs REDIS_URL")

MANY = Rate.parse("1000/hour")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, rates: Callable[..., None]) -> list[int]:
    """How much each question to Redis took."""
    found: list[int] = []
    ask = in_redis._take

    def noting(*args: Any, **kwargs: Any) -> tuple[Window, int]:
        window, taken = ask(*args, **kwargs)
        found.append(taken)
        return window, taken

    monkeypatch.setattr(in_redis, "_take", noting)
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(ahead, "monotonic", lambda: now[0])
    return now


def test_a_busy_client_is_counted_exactly_and_asked_for_seldom(asked: list[int], clock: list[float]) -> None:
    windows = [ahead.spend("a", MANY, 1) for _ in range(300)]
    assert [window.used for window in windows] == list(range(1, 301))
    assert len(asked) < 40
    assert asked[:5] == [0, 1, 2, 4, 8]
    assert max(asked) <= MANY.limit // ahead.SHARE


def test_a_quiet_one_takes_nothing_ahead(asked: list[int], clock: list[float]) -> None:
    for _ in range(5):
        ahead.spend("a", MANY, 1)
        clock[0] += ahead.BUSY
    assert asked == [0] * 5


def test_all_of_a_rate_and_no_more(asked: list[int], clock: list[float]) -> None:
    assert [ahead.spend("a", MANY, 1).admitted for _ in range(1_100)] == [True] * 1_000 + [False] * 100


def test_a_small_rate_is_counted_one_by_one(asked: list[int], clock: list[float]) -> None:
    assert [ahead.spend("a", Rate.parse("10/hour"), 1).admitted for _ in range(12)] == [True] * 10 + [False] * 2
    assert set(asked) == {0}


def test_processes_together_never_give_out_more(asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    stores: list[OrderedDict[str, Any]] = [OrderedDict() for _ in range(4)]
    admitted = 0
    for number in range(1_400):
        monkeypatch.setattr(ahead, "_stores", stores[number % 7 % 4])
        admitted += ahead.spend("a", MANY, 1).admitted
    assert MANY.limit - 4 * (MANY.limit // ahead.SHARE) <= admitted <= MANY.limit


@pytest.mark.django_db(transaction=True)
def test_threads_together_give_out_just_that(asked: list[int]) -> None:
    def many() -> int:
        return sum(ahead.spend("a", MANY, 1).admitted for _ in range(150))

    assert sum(at_once(*[many] * 8)) == MANY.limit


def test_what_costs_more_than_is_there_asks(asked: list[int], clock: list[float]) -> None:
    for _ in range(6):
        ahead.spend("a", MANY, 1)
    assert ahead.spend("a", MANY, 50).used == 56


def test_what_is_left_of_a_window_is_worth_nothing_in_the_next(asked: list[int], clock: list[float]) -> None:
    for _ in range(9):
        ahead.spend("a", MANY, 1)
    assert ahead._stores["a"].left > 0
    clock[0] += MANY.seconds
    before = len(asked)
    ahead.spend("a", MANY, 1)
    assert len(asked) == before + 1
    assert ahead._stores["a"].left == 0


def test_each_has_its_own(asked: list[int], clock: list[float]) -> None:
    for _ in range(9):
        ahead.spend("a", MANY, 1)
    assert ahead.spend("b", MANY, 1).used == 1


def test_memory_has_an_end(asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "MAX_STORES", 3)
    for name in "abcde":
        ahead.spend(name, MANY, 1)
    assert list(ahead._stores) == ["c", "d", "e"]


def test_the_switch(asked: list[int], rates: Callable[..., None], settings: Any) -> None:
    rates(read="1000/hour")
    settings.RATES_AHEAD = False
    for _ in range(20):
        spending.charge(Scope.READ, ["a"])
    assert len(asked) == 20
    settings.RATES_AHEAD = True
    for _ in range(20):
        spending.charge(Scope.READ, ["a"])
    assert len(asked) < 30


@pytest.mark.parametrize("scope", [Scope.AUTH, Scope.BULK])
def test_neither_passwords_nor_rows(asked: list[int], rates: Callable[..., None], scope: Scope) -> None:
    rates(auth="1000/hour", bulk="1000/hour")
    for _ in range(20):
        spending.charge(scope, ["a"])
    assert asked == [0] * 20
