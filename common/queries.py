"""How many queries a request or a task makes, and how long it waits for them."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


class Spent:
    __slots__ = ("queries", "seconds")

    def __init__(self) -> None:
        self.queries = 0
        self.seconds = 0.0


_spent: ContextVar[Spent | None] = ContextVar("spent", default=None)


class Counting:
    """What is asked of the database inside of it, by cursors and by `common.prepared`."""

    __slots__ = ("_token",)

    def __enter__(self) -> Spent:
        spent = Spent()
        self._token = _spent.set(spent)
        return spent

    def __exit__(self, *raised: object) -> None:
        _spent.reset(self._token)


def spent() -> Spent:
    """What the innermost `Counting` has counted so far."""
    return _spent.get() or Spent()


def one_more(started: float) -> None:
    """Counts a query that passed no cursor, begun at this moment of `time.perf_counter`."""
    if (spent := _spent.get()) is not None:
        spent.queries += 1
        spent.seconds += time.perf_counter() - started


def has_other_listeners(connection: BaseDatabaseWrapper) -> bool:
    return connection.execute_wrappers not in ([], [_count])


def watch(sender: type[BaseDatabaseWrapper], connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Of each connection that is made."""
    if _count not in connection.execute_wrappers:
        # The first: whoever adds one for a while takes the last away again.
        connection.execute_wrappers.insert(0, _count)


def _count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        one_more(started)
