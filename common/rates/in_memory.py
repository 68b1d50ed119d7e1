"""Windows in the memory of this process: each process has its own."""

from collections import OrderedDict
from threading import Lock
from time import monotonic

from common.rates.rate import Rate, Window

# Some 10 MB. Beyond it the oldest goes: who comes from so many networks has as many budgets anyway.
MAX_WINDOWS = 50_000

_lock = Lock()
_windows: OrderedDict[str, tuple[int, float]] = OrderedDict()


def spend(key: str, rate: Rate, cost: int) -> Window:
    now = monotonic()
    with _lock:
        used, ends_at = _windows.get(key, (0, 0.0))
        if ends_at <= now:
            used, ends_at = 0, now + rate.seconds
        if used + cost > rate.limit:
            return Window(False, used, ends_at - now)
        _windows[key] = used + cost, ends_at
        if not used:
            _windows.move_to_end(key)
            if len(_windows) > MAX_WINDOWS:
                _windows.popitem(last=False)
        return Window(True, used + cost, ends_at - now)
