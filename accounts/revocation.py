"""The ids of tokens that are refused from now on: simplejwt's blacklist, and Redis for others.

The database decides here. Redis is told after the commit, for whoever else checks our tokens; what it misses while
it is away is not told again.
"""

import json
import logging
from datetime import datetime
from functools import cache, partial
from math import ceil
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import Redis, RedisError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

# To connect, and again to answer: a Redis that hangs costs a request at most twice this.
TIMEOUT = 0.1
# How long nobody waits for a Redis that has just failed, in seconds.
PAUSE = 30

logger = logging.getLogger(__name__)


def blacklist(jti: str, *, until: datetime) -> None:
    """Refuse the token of this id. The row is cleared away `until` then, when the token is worth nothing anyway."""
    row, _ = OutstandingToken.objects.update_or_create(jti=jti, defaults={"expires_at": until})
    BlacklistedToken.objects.get_or_create(token=row)


def announce(jti: str, *, until: datetime) -> None:
    """Tell Redis of this token once the transaction is committed, if there is a Redis."""
    if settings.REDIS_URL:
        transaction.on_commit(partial(_announcer(settings.REDIS_URL).tell, jti, until))


class Announcer:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._silent_until = 0.0

    def tell(self, jti: str, until: datetime) -> None:
        now = timezone.now()
        if (seconds := ceil((until - now).total_seconds())) <= 0 or self._is_silent():
            return
        at = now.isoformat().replace("+00:00", "Z")
        said = {"jti": jti, "status": "blacklisted", "created_at": at, "updated_at": at}
        try:
            self._redis.set(jti, json.dumps(said), ex=seconds)
        except RedisError as error:
            self._silent_until = monotonic() + PAUSE
            logger.warning("Redis was not told of a revoked token (%s); silent for %d s.", type(error).__name__, PAUSE)
        else:
            self._silent_until = 0.0

    def _is_silent(self) -> bool:
        now = monotonic()
        if now < self._silent_until:
            return True
        if self._silent_until:
            # One request finds out whether it is back; the others go on without waiting.
            self._silent_until = now + PAUSE
        return False


@cache
def _announcer(url: str) -> Announcer:
    return Announcer(Redis.from_url(url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT))
