"""A database that says nothing any more is given up, so that whoever asked it gets an answer all the same.

PostgreSQL's own limits end what it is working on. A server that hangs, or one behind a network that swallows, ends
nothing: without this each request would keep its thread until somebody restarts the process.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from psycopg import Connection


def listen_for_a_while(sender: type[BaseDatabaseWrapper], connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Of each connection that is made: no wait for the server is longer than DATABASE_ANSWER_TIMEOUT seconds."""
    if connection.vendor == "postgresql" and settings.DATABASE_ANSWER_TIMEOUT:
        from psycopg import OperationalError  # where there is a driver to import

        raw: Any = connection.connection
        raw.wait = partial(_wait, raw, type(raw).wait, OperationalError, settings.DATABASE_ANSWER_TIMEOUT)


def _wait(
    raw: "Connection[Any]",
    wait: Any,
    failure: type[Exception],
    limit: float,
    generator: Any,
    interval: float = 0.1,
    timeout: float | None = None,
) -> Any:
    try:
        return wait(raw, generator, interval, limit if timeout is None else timeout)
    except failure:
        from psycopg.pq import TransactionStatus

        if raw.pgconn.transaction_status == TransactionStatus.ACTIVE:
            # Still in the middle of something: no use to anybody, and not to be asked to roll back.
            raw.pgconn.finish()
        raise
