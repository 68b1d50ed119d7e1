"""Windows in the memory of this process: each process has its own."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from time import monotonic

from common.rates.rate import Rate, Window, tightest

# Some 10 MB. Beyond it the oldest goes: who comes from so many networks has as many budgets anyway.
MAX_WINDOWS = 50_000

_lock = Lock()
_windows: OrderedDict[str, tuple[int, float]] = OrderedDict()


def spend(keys: Sequence[str], rate: Rate, cost: int) -> Window:
    now = monotonic()
    with _lock:
        found = [_window(key, rate, now) for key in keys]
        windows = [Window(used + cost <= rate.limit, used, ends_at - now) for used, ends_at in found]
        if not all(window.admitted for window in windows):
            return tightest(windows)
        for key, (used, ends_at) in zip(keys, found, strict=True):
            _windows[key] = used + cost, ends_at
            if not used:
                _windows.move_to_end(key)
        while len(_windows) > MAX_WINDOWS:
            _windows.popitem(last=False)
    return tightest([Window(True, window.used + cost, window.seconds_left) for window in windows])


def _window(key: str, rate: Rate, now: float) -> tuple[int, float]:
    used, ends_at = _windows.get(key, (0, 0.0))
    return (used, ends_at) if ends_at > now else (0, now + rate.seconds)
