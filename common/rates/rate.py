"""What is counted: so many units a window, which begins with the first of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import NamedTuple

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
MAX_LIMIT = 1_000_000_000

_NOTATION = re.compile(rf"([0-9]{{1,10}})/({'|'.join(SECONDS)})")


class Scope(StrEnum):
    """The classes of requests, each with a rate of its own (`settings.RATES`)."""

    READ = "read"
    WRITE = "write"
    SEARCH = "search"
    BULK = "bulk"  # in rows
    AUTH = "auth"


@dataclass(frozen=True, slots=True)
class Rate:
    limit: int
    seconds: int

    @classmethod
    def parse(cls, notation: str) -> "Rate":
        """From `600/minute`; ValueError where it is no rate."""
        match = _NOTATION.fullmatch(notation)
        if not match or not 1 <= int(match[1]) <= MAX_LIMIT:
            raise ValueError(notation)
        return cls(int(match[1]), SECONDS[match[2]])


class Window(NamedTuple):
    """How it stands after a request. A request that is refused uses nothing up."""

    admitted: bool
    used: int
    seconds_left: float


def tightest(windows: Sequence[Window]) -> Window:
    """The one that says no, the longest where several do; else the one that has least left."""
    if refused := [window for window in windows if not window.admitted]:
        return max(refused, key=lambda window: window.seconds_left)
    return max(windows, key=lambda window: window.used)


class Quota(NamedTuple):
    """What a client is told of a limit: `left` of `limit`, all of it again in `resets_in` seconds."""

    name: str
    limit: int
    seconds: int
    left: int
    resets_in: int

    @classmethod
    def of(cls, name: str, rate: Rate, window: Window) -> "Quota":
        resets_in = min(max(1, ceil(window.seconds_left)), rate.seconds)
        return cls(name, rate.limit, rate.seconds, max(0, rate.limit - window.used), resets_in)
