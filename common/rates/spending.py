"""Where rates are counted: in Redis; without it in the database, or in the memory of the process."""

from django.conf import settings

from common.rates import in_database, in_memory, in_redis
from common.rates.rate import Rate, Scope, Window
from common.redis import Away

# What holds for all processes together, whatever is away. The others may be counted by each process for itself.
IN_DATABASE = frozenset({Scope.AUTH})


def spend(scope: Scope, who: str, rate: Rate, cost: int) -> Window:
    """All of `cost` or nothing. `who` is counted apart from everybody else."""
    key = f"{scope}:{who}"
    if settings.REDIS_URL:
        try:
            return in_redis.spend(key, rate, cost)
        except Away:
            pass  # counted anew by whoever stands in for it
    stand_in = in_database.spend if scope in IN_DATABASE else in_memory.spend
    return stand_in(key, rate, cost)
