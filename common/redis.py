"""The Redis that the service can do without: asked while it answers, left alone for a while when it does not."""

import logging
from collections.abc import Callable
from functools import cache
from threading import local
from time import monotonic
from typing import TypeVar

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.retry import Retry

from common.signals import degraded

T = TypeVar("T")

# Seconds. A Redis that hangs costs a request both at most; one that is only slow should not be taken for it.
CONNECTS_WITHIN, ANSWERS_WITHIN = 0.08, 0.15
# How long nobody waits for a Redis that has just failed, in seconds.
PAUSE = 30
TOLD_AGAIN_AFTER = 60

logger = logging.getLogger(__name__)


class Away(Exception):
    """It did not answer, or has not lately and is not asked."""


class Link:
    """One Redis, for all threads of the process, each by a connection of its own: a pool costs 12 µs a command."""

    def __init__(self, connect: Callable[[], Redis]) -> None:
        self._connect = connect
        self._thread = local()
        self._silent_until = 0.0
        self._told_at = -float(TOLD_AGAIN_AFTER)

    def ask(self, question: Callable[[Redis], T]) -> T:
        """What it answers, or `Away`."""
        if self._is_silent():
            raise Away
        try:
            answer = question(self._client())
        except RedisError as error:
            self._silent_until = monotonic() + PAUSE
            logger.warning("Redis does not answer (%s); not asked for %d s.", type(error).__name__, PAUSE)
            self._tell()
            raise Away from error
        self._silent_until = 0.0
        return answer

    def _client(self) -> Redis:
        client: Redis | None = getattr(self._thread, "client", None)
        if client is None:
            client = self._thread.client = self._connect()
        return client

    def _is_silent(self) -> bool:
        if not self._silent_until:
            return False
        now = monotonic()
        if now < self._silent_until:
            return True
        # One request finds out whether it is back; the others go on without waiting.
        self._silent_until = now + PAUSE
        return False

    def _tell(self) -> None:
        now = monotonic()
        if now - self._told_at >= TOLD_AGAIN_AFTER:
            self._told_at = now
            degraded.send_robust(sender=None, component="redis")


@cache
def link(url: str) -> Link:
    return Link(lambda: _connect(url))


def _connect(url: str) -> Redis:
    # Once more where the connection was gone, after a restart say; never where there was no answer in time.
    again = Retry(NoBackoff(), 1, supported_errors=(Disconnected,))
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECTS_WITHIN,
        socket_timeout=ANSWERS_WITHIN,
        retry=again,
        single_connection_client=True,
    )
