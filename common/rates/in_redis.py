"""Windows in Redis, for all processes on all machines: one round trip by a script, which nothing comes between."""

from collections.abc import Sequence
from hashlib import sha1

from django.conf import settings
from redis.exceptions import ResponseError

from common.rates.rate import Rate, Window
from common.redis import Line, link

# What is taken ahead comes on top, up to the given share of what is left.
# What it answers is of the key that says no and does so the longest, else of the one that has least left.
_SCRIPT = """
local limit, cost, period = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ahead, share = tonumber(ARGV[4]), tonumber(ARGV[5])
local used, left, most, refused = {}, {}, 1, nil
for i, key in ipairs(KEYS) do
    used[i] = tonumber(redis.call('GET', key)) or 0
    left[i] = redis.call('PTTL', key)
    if left[i] < 0 then left[i] = period end
    if used[i] > used[most] then most = i end
    if used[i] + cost > limit and (not refused or left[i] > left[refused]) then refused = i end
end
if refused then return {0, used[refused], left[refused], 0} end
ahead = math.min(ahead, math.floor((limit - used[most] - cost) / share))
cost = cost + ahead
for i, key in ipairs(KEYS) do
    if used[i] == 0 then
        redis.call('SET', key, cost, 'PX', period)
    else
        redis.call('INCRBY', key, cost)
    end
end
return {1, used[most] + cost, left[most], ahead}
"""
_DIGEST = sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()


def spend(keys: Sequence[str], rate: Rate, cost: int) -> Window:
    """`common.redis.Away` where there is no answer."""
    return _take(keys, rate, cost, ahead=0, share=1)[0]


def take(key: str, rate: Rate, cost: int, *, ahead: int, share: int) -> tuple[Window, int]:
    """The same of one key, and of what it will be asked for next as much as `ahead`, but no more than a part of what is
    left then, one in `share`. How much that was; the window has it among what is used."""
    return _take([key], rate, cost, ahead=ahead, share=share)


def _take(keys: Sequence[str], rate: Rate, cost: int, *, ahead: int, share: int) -> tuple[Window, int]:
    named = [f"{settings.REDIS_KEY_PREFIX}:rate:{key}" for key in keys]
    given: list[str | int] = [len(named), *named, rate.limit, cost, rate.seconds * 1000, ahead, share]
    admitted, used, left, taken = link(settings.REDIS_URL).ask(lambda redis: _ask(redis, given))
    return Window(bool(admitted), used, left / 1000), taken


def _ask(redis: Line, given: Sequence[str | int]) -> list[int]:
    try:
        answer: list[int] = redis.ask("EVALSHA", _DIGEST, *given)
    except ResponseError as error:
        if not str(error).startswith("NOSCRIPT"):
            raise
        answer = redis.ask("EVAL", _SCRIPT, *given)  # the first since it was started or flushed
    return answer
