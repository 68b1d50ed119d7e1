"""The Redis that the service can do without: asked while it answers, left alone for a while when it does not."""

import logging
from collections.abc import Callable
from functools import cache
from threading import local
from time import monotonic
from typing import Any, Final, TypeVar

import hiredis
from redis import ConnectionPool, RedisError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import InvalidResponse, ResponseError
from redis.exceptions import TimeoutError as TooLate
from redis.retry import Retry

from common.signals import degraded

T = TypeVar("T")

# Seconds. A Redis that hangs costs a request both at most; one that is only slow should not be taken for it.
CONNECTS_WITHIN, ANSWERS_WITHIN = 0.08, 0.15
# How long nobody waits for a Redis that has just failed, in seconds.
PAUSE = 30
TOLD_AGAIN_AFTER = 60

_INCOMPLETE: Final = object()
_PIECE = 64 * 1024

logger = logging.getLogger(__name__)


class Away(Exception):
    """It did not answer, or has not lately and is not asked."""


class Line:
    """One connection. redis-py opens it; what is said is sent and read here, for half of what redis-py takes."""

    def __init__(self, url: str) -> None:
        pool = ConnectionPool.from_url(
            url,
            protocol=2,  # in which nothing comes that was not asked for
            socket_connect_timeout=CONNECTS_WITHIN,
            socket_timeout=ANSWERS_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
        self._connection: Any = pool.make_connection()

    def ask(self, *command: str | int) -> Any:
        """What it answers: text as bytes. `ResponseError` where it says that something is wrong."""
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]
        try:
            answer = self._exchange(packed)
        except Disconnected:
            # Once more where the connection was gone, after a restart say; never where there was no answer in time.
            answer = self._exchange(packed)
        if isinstance(answer, ResponseError):
            raise answer
        return answer

    def _exchange(self, packed: bytes) -> Any:
        try:
            if self._connection._sock is None:  # redis-py has no other name for it
                self._connect()
            self._connection._sock.sendall(packed)
            return self._answer()
        except BaseException as error:
            # Whatever is still to come would be taken for the answer to the next command.
            self._connection.disconnect()
            if isinstance(error, OSError):
                raise (TooLate if isinstance(error, TimeoutError) else Disconnected)(str(error)) from error
            raise

    def _answer(self) -> Any:
        while (answer := self._reader.gets()) is _INCOMPLETE:
            piece = self._connection._sock.recv(_PIECE)
            if not piece:
                raise Disconnected("Connection closed by server.")
            self._reader.feed(piece)
        return answer

    def _connect(self) -> None:
        self._connection.connect()
        self._reader = hiredis.Reader(InvalidResponse, ResponseError, notEnoughData=_INCOMPLETE)


class Link:
    """One Redis, for all threads of the process, each by a connection of its own: a pool costs 12 µs a command."""

    def __init__(self, connect: Callable[[], Line]) -> None:
        self._connect = connect
        self._thread = local()
        self._silent_until = 0.0
        self._told_at = -float(TOLD_AGAIN_AFTER)

    def ask(self, question: Callable[[Line], T]) -> T:
        """What it answers, or `Away`."""
        if self._is_silent():
            raise Away
        try:
            answer = question(self._line())
        except RedisError as error:
            self._silent_until = monotonic() + PAUSE
            logger.warning("Redis does not answer (%s); not asked for %d s.", type(error).__name__, PAUSE)
            self._tell()
            raise Away from error
        self._silent_until = 0.0
        return answer

    def _line(self) -> Line:
        line: Line | None = getattr(self._thread, "line", None)
        if line is None:
            line = self._thread.line = self._connect()
        return line

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
    return Link(lambda: Line(url))
