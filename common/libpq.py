"""`common.prepared` on PostgreSQL: queries asked of libpq itself, on Django's own connection.

Values travel beside the text, never in it. Django's cursors would put them in, and make another statement each time.
"""

import datetime
import time
from collections import OrderedDict
from collections.abc import Generator
from functools import cache
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final, cast

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute, fetch_many
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.datetime import TimestamptzLoader
from psycopg.types.numeric import FloatLoader
from psycopg.types.string import TextLoader

from common import queries
from common.parameters import Values, texts

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

    from common.prepared import Foreseen, Row, Statement

Raw = psycopg.Connection[Any]

# A connection keeps this many plans; the one that was not asked for the longest makes room.
MAX_PLANS = 200

# SQLSTATEs: a plan that somebody has thrown away, or whose columns have changed their types since.
_PLAN_IS_GONE: Final = ("26000", "0A000")

# Django's own reads times in Python: of a list of 50 rows that would be most of the cost.
_LOADERS: dict[bool, dict[str, Any]] = {
    False: {"timestamptz": TimestamptzLoader},
    True: {"timestamptz": TimestamptzLoader, "uuid": TextLoader, "numeric": FloatLoader},
}


class _Kept:
    """What is known of one connection: its plans, and how each type is read from it."""

    __slots__ = ("plans", "readers", "times_lost")

    def __init__(self, raw: Raw) -> None:
        # By the names of statements, what the plan is called here.
        self.plans: OrderedDict[bytes, bytes] = OrderedDict()
        self.times_lost = 0
        self.readers = {
            for_json: Transformer(cast("Any", _Context(raw, _adapters(for_json)))) for for_json in (False, True)
        }

    def lose_plans(self) -> None:
        """Under other names from now on: some may be there still, which nothing can be done about now."""
        self.plans.clear()
        self.times_lost += 1


def _kept(raw: Raw) -> _Kept:
    """On the connection itself: to look it up in a dictionary costs every query a microsecond."""
    found: _Kept | None = vars(raw).get("_stockroom")
    if found is None:
        found = vars(raw)["_stockroom"] = _Kept(raw)
    return found


def is_at_hand(connection: BaseDatabaseWrapper) -> bool:
    """Whether nobody listens to the cursors, but for our own count, and Django would let the query through."""
    if connection.queries_logged or connection.needs_rollback or queries.has_other_listeners(connection):
        return False
    if connection.connection is None:
        connection.ensure_connection()
    return True


def fetch_rows(
    connection: BaseDatabaseWrapper,
    statement: "Statement",
    values: "Values",
    *,
    for_json: bool,
    is_repeatable: bool = True,
    along: "Foreseen | None" = None,
) -> "list[Row]":
    """A query that may be repeated is its connection's health check: if that was lost while it idled, a new one is
    asked once more."""
    known = vars(connection)
    if known["_thread_ident"] != get_ident():
        connection.validate_thread_sharing()
    if not is_repeatable and not known["health_check_done"]:
        connection.close_if_health_check_failed()
        if connection.connection is None:
            connection.ensure_connection()
    known["health_check_done"] = True
    started = time.perf_counter()
    try:
        if along and (texts_along := texts(along.values)) is not None and _may_go_together(connection.connection):
            return _fetch_both(connection.connection, statement, values, along, texts_along, for_json=for_json)
        return _fetch(connection.connection, statement, values, for_json=for_json)
    except psycopg.Error as error:
        with connection.wrap_database_errors:
            if connection.in_atomic_block and error.sqlstate in _PLAN_IS_GONE:
                _kept(connection.connection).lose_plans()  # the transaction is lost; the next is not
            if connection.in_atomic_block or (connection.connection.closed and not is_repeatable):
                raise
            if not _is_mended(connection, statement, error):
                raise
            return _fetch(connection.connection, statement, values, for_json=for_json)
    finally:
        queries.one_more(started)


def _is_mended(connection: BaseDatabaseWrapper, statement: "Statement", error: psycopg.Error) -> bool:
    raw: Raw = connection.connection
    if raw.closed:
        connection.close()
        connection.connect()
        return True
    if error.sqlstate in _PLAN_IS_GONE and statement.name in _kept(raw).plans:
        _deallocate(raw, _kept(raw).plans.pop(statement.name))
        return True
    return False


def _fetch(raw: Raw, statement: "Statement", values: "Values", *, for_json: bool) -> "list[Row]":
    if not raw.autocommit and raw.pgconn.transaction_status == TransactionStatus.IDLE:
        raw.pgconn.send_query(b"BEGIN")  # as psycopg does before the first query of a transaction
        _result(raw)
    if not statement.is_planned_once or raw.prepare_threshold is None:
        raw.pgconn.send_query_params(statement.command, values)
    else:
        raw.pgconn.send_query_prepared(_plan(raw, statement), values)
    return _rows(raw, _result(raw), for_json=for_json)


def _rows(raw: Raw, result: "PGresult", *, for_json: bool) -> "list[Row]":
    reading = _kept(raw).readers[for_json]
    reading.set_pgresult(result)
    rows: list[Row] = reading.load_rows(0, result.ntuples, tuple)
    return rows


# Not by a libpq from before PostgreSQL 14.
_HAS_PIPELINES: Final = psycopg.Pipeline.is_supported()


def _may_go_together(raw: Raw) -> bool:
    if not _HAS_PIPELINES:
        return False
    return raw.prepare_threshold is not None and raw.pgconn.transaction_status in (
        (TransactionStatus.IDLE, TransactionStatus.INTRANS) if raw.autocommit else (TransactionStatus.INTRANS,)
    )


def _fetch_both(
    raw: Raw, statement: "Statement", values: "Values", along: "Foreseen", values_along: "Values", *, for_json: bool
) -> "list[Row]":
    """In a pipeline: one journey, one wait, each a statement of its own. If the first fails, the second is not run."""
    name, name_along = _plan(raw, statement), _plan(raw, along.statement)
    pgconn = raw.pgconn
    pgconn.enter_pipeline_mode()
    try:
        pgconn.send_query_prepared(name, values)
        pgconn.send_query_prepared(name_along, values_along)
        pgconn.pipeline_sync()
        first, second = raw.wait(_two_results(pgconn))
        pgconn.exit_pipeline_mode()
    except BaseException:
        pgconn.finish()  # whatever is still to come would be taken for another's answer
        raise
    rows = _rows(raw, _checked(raw, first), for_json=for_json)
    if second.status == ExecStatus.TUPLES_OK:
        queries.one_more(time.perf_counter())
        along.rows = _rows(raw, second, for_json=along.for_json)
    return rows


def _two_results(pgconn: Any) -> Generator[Any, Any, tuple["PGresult", "PGresult"]]:
    [first] = yield from execute(pgconn)
    [second] = yield from fetch_many(pgconn)
    yield from fetch_many(pgconn)  # that this was all
    return first, second


def _plan(raw: Raw, statement: "Statement") -> bytes:
    """What the plan of this statement is called on this connection."""
    kept = _kept(raw)
    plans = kept.plans
    if name := plans.get(statement.name):
        plans.move_to_end(statement.name)
        return name
    while len(plans) >= MAX_PLANS:
        _deallocate(raw, plans.popitem(last=False)[1])
    name = b"%b_%d" % (statement.name, kept.times_lost) if kept.times_lost else statement.name
    raw.pgconn.send_prepare(name, statement.command)
    _result(raw)
    plans[statement.name] = name
    return name


def _result(raw: Raw) -> "PGresult":
    """Of what was sent. Waits as the connection does for its cursors, and no longer (`common.silence`)."""
    return _checked(raw, raw.wait(execute(raw.pgconn))[-1])


def _checked(raw: Raw, result: "PGresult") -> "PGresult":
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        error = error_from_result(result, encoding=raw.info.encoding)
        # That the connection is lost is libpq's own to say, without an SQLSTATE.
        raise psycopg.OperationalError(str(error)) if raw.closed else error
    return result


def _deallocate(raw: Raw, name: bytes) -> None:
    raw.pgconn.send_query(b"DEALLOCATE " + name)
    raw.wait(execute(raw.pgconn))  # where it is gone already it says so, which is as well


class _Context:
    """What psycopg reads a result by."""

    __slots__ = ("adapters", "connection")

    def __init__(self, raw: Raw, adapters: AdaptersMap) -> None:
        self.connection = raw
        self.adapters = adapters


@cache
def _adapters(for_json: bool) -> AdaptersMap:
    found = AdaptersMap(get_adapters_template(True, datetime.UTC))
    for name, loader in _LOADERS[for_json].items():
        found.register_loader(name, loader)
    return found


class _Cursor(cast("Any", ServerBindingCursor)):  # type: ignore[misc]
    """psycopg throws away every plan of a connection when a transaction that made one of its own is undone."""

    def execute(self, query: Any, params: Any = None) -> Any:
        return super().execute(query, params, prepare=False)


def cursor(connection: BaseDatabaseWrapper, *, for_json: bool) -> Any:
    """For those who listen: the same values by way of a cursor."""
    found = _Cursor(connection.connection)
    for name, loader in _LOADERS[for_json].items():
        found.adapters.register_loader(name, loader)
    return found
