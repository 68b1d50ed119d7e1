"""Where rates are counted: in Redis; without it in the database, or in the memory of the process."""

from collections.abc import Sequence

from django.conf import settings

from common.exceptions import Throttled
from common.rates import ahead, in_database, in_memory, in_redis
from common.rates.rate import Quota, Scope, Window
from common.redis import Away
from common.signals import throttled

# What holds for all processes together, whatever is away. The others may be counted by each process for itself.
IN_DATABASE = frozenset({Scope.AUTH})
# What a process may take some of in advance (`ahead`). Passwords are counted one by one, and rows come by the hundred.
AHEAD = frozenset({Scope.READ, Scope.WRITE, Scope.SEARCH})


def charge(scope: Scope, who: Sequence[str], *, user: int | None = None, cost: int = 1, spent: int = 0) -> Quota | None:
    """Count this much against each of `who`, or `Throttled`, which is told what was `spent` on the same before. None
    where nothing is counted."""
    if not settings.THROTTLES:
        return None
    rate = settings.RATES[scope]
    window = spend(scope, who, cost)
    quota = Quota.of(scope, rate, window)
    if not window.admitted:
        throttled.send_robust(sender=None, scope=scope, retry_after=quota.resets_in, user=user)
        raise Throttled(_said(quota, spent + cost), quota=quota)
    return quota


def spend(scope: Scope, who: Sequence[str], cost: int) -> Window:
    """All of `cost` from each, or nothing from any. Each is counted apart from everybody else; the answer is of whoever
    has least left."""
    rate, keys = settings.RATES[scope], [f"{scope}:{one}" for one in who]
    if settings.REDIS_URL:
        try:
            if scope in AHEAD and settings.RATES_AHEAD and len(keys) == 1:
                return ahead.spend(keys[0], rate, cost)
            return in_redis.spend(keys, rate, cost)
        except Away:
            pass  # counted anew by whoever stands in for it
    stand_in = in_database.spend if scope in IN_DATABASE else in_memory.spend
    return stand_in(keys, rate, cost)


def _said(quota: Quota, cost: int) -> str:
    if cost > quota.limit:
        return f"This is more than the limit of {quota.limit} at once: send less."
    return f"Too many requests. Try again in {quota.resets_in} s."
