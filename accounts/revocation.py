"""The ids of tokens that are refused from now on: simplejwt's blacklist, and Redis for others.

The database decides here. Redis is told after the commit, for whoever else checks our tokens; what it misses while
it is away is not told again.
"""

import json
from contextlib import suppress
from datetime import datetime
from functools import partial
from math import ceil

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from common.redis import Away, Link, link


def blacklist(jti: str, *, until: datetime) -> bool:
    """Refuse the token of this id. The row is cleared away `until` then, when the token is worth nothing anyway.

    Whether it was not refused before."""
    row, _ = OutstandingToken.objects.update_or_create(jti=jti, defaults={"expires_at": until})
    return BlacklistedToken.objects.get_or_create(token=row)[1]


def announce(jti: str, *, until: datetime) -> None:
    """Tell Redis of this token once the transaction is committed, if there is a Redis."""
    if settings.REDIS_URL:
        transaction.on_commit(partial(tell, link(settings.REDIS_URL), jti, until))


def tell(redis: Link, jti: str, until: datetime) -> None:
    now = timezone.now()
    if (seconds := ceil((until - now).total_seconds())) <= 0:
        return
    at = now.isoformat().replace("+00:00", "Z")
    said = {"jti": jti, "status": "blacklisted", "created_at": at, "updated_at": at}
    with suppress(Away):
        redis.ask(lambda line: line.ask("SET", jti, json.dumps(said), "EX", seconds))
