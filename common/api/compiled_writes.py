"""The SQL of a change, written once as that of a read is, which brings back the row as it is now."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.sql import UpdateQuery

from common import prepared
from common.api.compiled import Query, Written, compile_all, converters_of, sql_of
from common.api.slots import NotCompiled, Slot


def compile_insert(
    model: type[Model], fields: Sequence[Any], shown: Sequence[Any], owner: tuple[Any, QuerySet[Any]] | None = None
) -> Query:
    """A new row of the slots ("new", column), and of it the columns that are shown.

    `owner` is a column and the query of its value: where that finds nothing there is no new row.
    """
    quote = connection.ops.quote_name
    slots: list[Any] = [Slot(("new", field.attname)).saved_in(field) for field in fields]
    columns, values, source = list(fields), ["%s"] * len(slots), ""
    if owner:
        found, params, _ = sql_of(owner[1].values_list("pk"))
        columns, values, source = [*columns, owner[0]], [*values, "owner.*"], f" FROM ({found}) AS owner"
        slots += params
    names = ", ".join(quote(field.column) for field in columns)
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT {', '.join(values)}{source}"
    return _returning(model, sql, slots, shown)


def compile_insert_many(
    model: type[Model], fields: Sequence[Any], shown: Sequence[Any], owner: tuple[Any, QuerySet[Any]] | None = None
) -> Query:
    """The same for many rows, in their order: each slot is a list. PostgreSQL's alone, which takes a column at once."""
    if connection.vendor != "postgresql":
        raise NotCompiled
    quote = connection.ops.quote_name
    slots: list[Any] = [Slot(("new", field.attname)).each_saved_in(field) for field in fields]
    columns, values, source = list(fields), "new.*", f" FROM UNNEST({', '.join(map(_array_of, fields))}) AS new"
    if owner:
        found, params, _ = sql_of(owner[1].values_list("pk"))
        columns, values, source = [*columns, owner[0]], f"{values}, owner.*", f"{source}, ({found}) AS owner"
        slots += params
    names = ", ".join(quote(field.column) for field in columns)
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT {values}{source}"
    return _returning(model, sql, slots, shown)


def _array_of(field: Any) -> str:
    """Without the length of its type: a cast would cut off what is too long, where the column refuses it."""
    if getattr(field, "target_field", field).get_internal_type() not in connection.data_types:
        raise NotCompiled
    return f"%s::{field.db_type(connection).split('(')[0]}[]"


def compile_update(rows: QuerySet[Any], fields: Sequence[Any], shown: Sequence[Any]) -> Query:
    """These rows get the values of the slots ("new", column); of each of them the columns that are shown.

    A condition on another table has to be a subquery of this one's columns. By a join PostgreSQL would not look at it
    again if the row was changed while we waited for it.
    """
    sql_of(rows.values_list("pk"))  # gives its slots their places
    query: Any = rows.query.chain(UpdateQuery)
    query.clear_ordering(force=True)
    query.add_update_fields([(field, None, Slot(("new", field.attname)).saved_in(field)) for field in fields])
    query.get_initial_alias()
    if query.count_active_tables() != 1:
        raise NotCompiled
    sql, params = query.get_compiler(connection=connection).as_sql()
    return _returning(rows.model, sql, params, shown)


def compile_locked(rows: QuerySet[Any], columns: Sequence[str]) -> Query:
    """For models: these columns of rows that stay locked until the transaction ends. SQLite has one writer anyway."""
    found = compile_all(rows, columns)
    if not connection.features.has_select_for_update_of:
        return found
    table = connection.ops.quote_name(rows.model._meta.db_table)
    return replace(found, statement=prepared.Statement(f"{found.statement.sql} FOR UPDATE OF {table}"))


def compile_clearing(rows: QuerySet[Any], *, at_most: int) -> Query:
    """Some of these rows are deleted, but for those that somebody else has locked: as `common.models.clear_away`, of a
    table that no other refers to."""
    sql, params, _ = sql_of(rows.order_by("pk").values_list("pk"))
    meta, quote = rows.model._meta, connection.ops.quote_name
    table, key = quote(meta.db_table), quote(str(meta.pk.column))
    sql = f"{sql} LIMIT {at_most}"
    # An array is made once; by IN it could be joined, and locked more than once.
    found = f"= ANY(ARRAY({sql} FOR UPDATE SKIP LOCKED))" if connection.vendor == "postgresql" else f"IN ({sql})"
    sql = " ".join(("DELETE FROM", table, "WHERE", key, found))
    return Query(prepared.Statement(sql), tuple(params), (), changes=True)


def keys_of(rows: QuerySet[Any]) -> Expression:
    """To stand in a condition of another query."""
    sql, params, _ = sql_of(rows.values_list("pk"))
    return Written(f"({sql})", params)


def _returning(model: type[Model], sql: str, params: Sequence[Any], shown: Sequence[Field[Any, Any]]) -> Query:
    if shown and not connection.features.can_return_columns_from_insert:
        raise NotCompiled
    ops: Any = connection.ops
    returning, _ = ops.return_insert_columns(shown)
    columns = [field.get_col(model._meta.db_table) for field in shown]
    converters = converters_of(model._default_manager.all().query.get_compiler(connection=connection), columns)
    return Query(prepared.Statement(f"{sql} {returning}"), tuple(params), converters, changes=True)
