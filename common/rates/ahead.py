"""What a busy client will need next is taken from Redis together with what it needs now: it is asked less often.

A process that is asked by one client time and again within a second takes some more each time, and gives it out by
itself. Never is more given out than the rate. What another process has taken and not given out is missed at the end
of a window: so it is a small share of what is left, and of a rate of less than SHARE a window nothing at all.
"""

from collections import OrderedDict
from threading import Lock
from time import monotonic

from common.rates import in_redis
from common.rates.rate import Rate, Window

SHARE = 64
MOST = 32
# Who comes back within this many seconds is busy.
BUSY = 1.0

# Some 2 MB. Beyond it the oldest goes, with what it holds.
MAX_STORES = 10_000


class _Store:
    """`used` is what Redis has counted, `left` how much of that has not been given out yet."""

    __slots__ = ("ahead", "asked_at", "ends_at", "left", "used")

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.asked_at = 0.0
        self.ahead = self.left = self.used = 0


_lock = Lock()
_stores: OrderedDict[str, _Store] = OrderedDict()


def spend(key: str, rate: Rate, cost: int) -> Window:
    """As `in_redis.spend` of one key, raising what it raises."""
    now = monotonic()
    with _lock:
        store = _stores.get(key)
        if store and store.ends_at > now and store.left >= cost:
            store.left -= cost
            return Window(True, store.used - store.left, store.ends_at - now)
        is_busy = store is not None and now - store.asked_at < BUSY
        ahead = min(2 * store.ahead or 1, MOST) if store and is_busy else 0
    window, taken = in_redis.take(key, rate, cost, ahead=ahead, share=SHARE)
    if not window.admitted:
        return window
    with _lock:
        store = _kept(key, now + window.seconds_left, now)
        store.asked_at, store.ahead = now, ahead
        store.used = max(store.used, window.used)
        store.left += taken
        return Window(True, store.used - store.left, window.seconds_left)


def _kept(key: str, ends_at: float, now: float) -> _Store:
    """That of this window: what is left of the one before is worth nothing."""
    store = _stores.get(key)
    if store is None or store.ends_at <= now:
        store = _stores[key] = _Store(ends_at)
        _stores.move_to_end(key)
        while len(_stores) > MAX_STORES:
            _stores.popitem(last=False)
    store.ends_at = min(store.ends_at, ends_at)
    return store
