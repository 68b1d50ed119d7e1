"""Windows in Redis, for all processes on all machines: one round trip by a script, which nothing comes between."""

from functools import partial
from hashlib import sha1

from django.conf import settings
from redis import Redis
from redis.exceptions import NoScriptError

from common.rates.rate import Rate, Window
from common.redis import link

_SCRIPT = """
local limit, cost, period = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local used = tonumber(redis.call('GET', KEYS[1])) or 0
local left = redis.call('PTTL', KEYS[1])
if left < 0 then left = period end
if used + cost > limit then return {0, used, left} end
if used == 0 then
    redis.call('SET', KEYS[1], cost, 'PX', period)
else
    redis.call('INCRBY', KEYS[1], cost)
end
return {1, used + cost, left}
"""
_DIGEST = sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()


def spend(key: str, rate: Rate, cost: int) -> Window:
    """`common.redis.Away` where there is no answer."""
    return link(settings.REDIS_URL).ask(partial(_ask, key=key, rate=rate, cost=cost))


def _ask(redis: Redis, *, key: str, rate: Rate, cost: int) -> Window:
    given = (1, f"{settings.REDIS_KEY_PREFIX}:rate:{key}", rate.limit, cost, rate.seconds * 1000)
    try:
        admitted, used, left = redis.evalsha(_DIGEST, *given)
    except NoScriptError:  # the first since it was started or flushed
        admitted, used, left = redis.eval(_SCRIPT, *given)
    return Window(bool(admitted), used, left / 1000)
