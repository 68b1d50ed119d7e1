"""The SQL of a request, written once by Django for each shape of request and asked again with other values.

A shape is all of a request that the text of its query depends on: which filters are set but not to what, the ordering,
whose rows. Django's ORM takes several times as long to write a query as PostgreSQL to answer it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldError, FullResultSet
from django.db import connection
from django.db.models import (
    BooleanField,
    Expression,
    IntegerField,
    QuerySet,
)
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual, Lookup
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.where import WhereNode

from common import prepared
from common.api.slots import NotCompiled, Slot, offset, preparation
from common.lookups import ContainsAnyCase

COUNT = "_count"

_MANY = 10

_COMPARISONS = (Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual)


@dataclass(frozen=True, slots=True)
class Query:
    """Rows of values, as JSON takes them or as models do; `params` holds constants, and slots for what comes later."""

    statement: prepared.Statement
    params: tuple[Any, ...]
    converters: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...]
    for_json: bool = True
    changes: bool = False

    def fetch(self, values: Mapping[Any, Any], *, apart: bool = False) -> list[prepared.Row]:
        rows = prepared.fetch_rows(
            self.statement,
            self._params(values),
            for_json=self.for_json,
            is_repeatable=not self.changes,
            apart=apart,
        )
        return [self._converted(row) for row in rows] if self.converters else rows

    def foresee(self, values: Mapping[Any, Any]) -> prepared.Foreseen:
        return prepared.Foreseen(self.statement, self._params(values), for_json=self.for_json)

    def foreseen(self, found: prepared.Foreseen | None) -> list[prepared.Row] | None:
        """What `fetch` would find, if it was this query that went along with another."""
        return found.rows if found and found.statement is self.statement and not self.converters else None

    def _params(self, values: Mapping[Any, Any]) -> list[Any]:
        return [
            (value if type(value := values[one.key]) is one.ready else one.prepare(value)) if type(one) is Slot else one
            for one in self.params
        ]

    def planned_each_time(self) -> "Query":
        """With the values that it is asked with."""
        return replace(self, statement=prepared.Statement(self.statement.sql, is_planned_once=False))

    def _converted(self, row: prepared.Row) -> prepared.Row:
        """As the ORM would: SQLite has neither times nor booleans nor UUIDs."""
        values = list(row)
        for index, converters, expression in self.converters:
            for convert in converters:
                values[index] = convert(values[index], expression, connection)
            if self.for_json and isinstance(values[index], Decimal):
                values[index] = float(values[index])
        return tuple(values)


def compile_rows(
    rows: QuerySet[Any], columns: Sequence[str], *, limit: int, count_to: int = 0, by_keys: bool = False
) -> Query:
    """These columns of the first `limit` rows; `by_keys`: of those after as many as the slot "offset" says.

    With `count_to` a last column has the number of all the rows, which are counted up to there: in one round trip and
    of one moment.
    """
    found = _by_keys(rows, limit) if by_keys else rows
    if count_to:
        found, columns = found.annotate(**{COUNT: _number(rows, count_to)}), (*columns, COUNT)
    sql, params, compiler = sql_of(found.values_list(*columns))
    return _query(rows, f"{sql} LIMIT {limit}", params, converters_of(compiler))


def compile_all(rows: QuerySet[Any], columns: Sequence[str]) -> Query:
    """For models: these columns of all the rows."""
    sql, params, compiler = sql_of(rows.values_list(*columns))
    return Query(prepared.Statement(sql), tuple(params), converters_of(compiler), for_json=False)


def compile_key(rows: QuerySet[Any]) -> Query:
    """For values of another query: the key of the row, as models have it."""
    sql, params, compiler = sql_of(rows.values_list("pk"))
    return Query(prepared.Statement(sql), tuple(params), converters_of(compiler), for_json=False)


def _by_keys(rows: QuerySet[Any], limit: int) -> QuerySet[Any]:
    """The same rows by their keys, so that those which are passed over, by number or by a filter, are not read in full:
    an index that has all which is asked for finds the keys alone."""
    sql, params, _ = sql_of(rows.values_list("pk"))
    if connection.vendor == "postgresql" and rows.query.where:
        # Planned as if it were many pages, and read no further than one. To find a page, PostgreSQL is too ready to go
        # along the ordering until enough rows happen to match, which may be never.
        sql = " ".join(("WITH sought AS MATERIALIZED", f"({sql} LIMIT {_MANY * limit} + %s)", "SELECT pk FROM sought"))
        params = [*params, offset()]
    sql, params = f"{sql} LIMIT {limit} OFFSET %s", [*params, offset()]
    found: QuerySet[Any] = rows.model._base_manager.all()
    if connection.vendor == "postgresql":
        # By IN it would join, and might read all of a small table for it.
        name, meta = connection.ops.quote_name, rows.model._meta
        key = f"{name(meta.db_table)}.{name(str(meta.pk.column))}"
        found = found.filter(Written(f"{key} = ANY(ARRAY({sql}))", params, BooleanField()))
    else:
        found = found.filter(pk__in=Written(f"({sql})", params))
    return found.order_by(*rows.query.order_by)


def compile_count(rows: QuerySet[Any]) -> Query:
    sql, params, _ = sql_of(rows.order_by().values_list("pk"))
    return _query(rows, _counting(sql), params, ())


def _counting(sql: str) -> str:
    return " ".join(("SELECT COUNT(*) FROM", f"({sql})", "AS counted"))


def _number(rows: QuerySet[Any], count_to: int) -> "Written":
    """How many rows there are, up to `count_to`, or beyond it where that is cheaper to say."""
    sql, params, compiler = sql_of(rows.order_by().values_list("pk"))
    counted = _counting(f"{sql} LIMIT {count_to}")
    if compiler.query.where or len(compiler.query.alias_map) > 1 or connection.vendor != "postgresql":
        return Written(f"({counted})", params)
    table = connection.ops.quote_name(rows.model._meta.db_table)
    return Written(_COUNT_OF_ALL.format(table=table, counted=counted, count_to=count_to, few=count_to * 3 // 2), params)


# PostgreSQL stops counting at a limit by asking at each row, which costs half as much again as the counting. So a table
# that is known to be small is counted as it is; of another it is asked first whether it has a row so far on. What is
# known of a table may be old, how many bytes it has is not: no more than this is ever read in vain.
_COUNT_OF_ALL = """(SELECT CASE
    WHEN (SELECT reltuples FROM pg_catalog.pg_class WHERE oid = '{table}'::regclass) BETWEEN 0 AND {few}
        AND pg_catalog.pg_relation_size('{table}') < 16777216
    THEN (SELECT COUNT(*) FROM {table})
    ELSE COALESCE((SELECT {count_to} FROM {table} OFFSET {count_to} - 1 LIMIT 1), ({counted}))
    END)"""


class Written(Expression):
    """SQL of Django's own writing."""

    def __init__(self, sql: str, params: Sequence[Any], output_field: Any = None) -> None:
        super().__init__(output_field=output_field or IntegerField())
        self.sql, self.params = sql, params

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return self.sql, list(self.params)


def _query(rows: QuerySet[Any], sql: str, params: Sequence[Any], converters: Any) -> Query:
    has_pattern = any(isinstance(lookup, ContainsAnyCase) for lookup in _lookups(rows.query.where))
    statement = prepared.Statement(sql, is_planned_once=not has_pattern)
    return Query(statement, tuple(params), converters)


def sql_of(rows: QuerySet[Any]) -> tuple[str, list[Any], SQLCompiler]:
    query = rows.query
    if query.distinct or query.combinator or query.is_sliced or query.select_for_update:
        raise NotCompiled
    for lookup in _lookups(query.where):
        if isinstance(lookup.rhs, Slot):
            _bind(lookup)
    compiler = query.get_compiler(connection=connection)
    try:
        sql, params = compiler.as_sql()
    except (EmptyResultSet, FieldError, FullResultSet):
        raise NotCompiled from None
    if not all(hasattr(one, "prepare") for one in params if isinstance(one, Slot)):
        raise NotCompiled
    return sql, list(params), compiler


def _lookups(node: Any) -> list[Lookup[Any]]:
    if isinstance(node, WhereNode):
        return [lookup for child in node.children for lookup in _lookups(child)]
    return [node] if isinstance(node, Lookup) else []


def _bind(lookup: Lookup[Any]) -> None:
    """What the lookup would do to a value that it knew, the slot does when the value has come."""
    if isinstance(lookup, ContainsAnyCase):
        lookup.rhs.prepare = lambda value: ContainsAnyCase.parameter(value, connection)
    elif isinstance(lookup, _COMPARISONS) and isinstance(lookup.lhs, Col):
        field = getattr(lookup.lhs.output_field, "target_field", lookup.lhs.output_field)
        lookup.rhs.ready, lookup.rhs.prepare = preparation(field)
    else:
        raise NotCompiled


def converters_of(compiler: SQLCompiler, columns: list[Any] | None = None) -> Any:
    if connection.vendor == "postgresql":
        return ()
    found = compiler.get_converters([column for column, _, _ in compiler.select] if columns is None else columns)
    return tuple((index, tuple(converters), column) for index, (converters, column) in found.items())
