"""Queries that PostgreSQL parses and plans once a connection instead of once a request."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from hashlib import blake2b
from types import ModuleType
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

Row = tuple[Any, ...]

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s|%%")


class Statement:
    """A query, with a `%s` for each value or a `%(name)s`, and `%%` for a percent sign.

    Name its columns: PostgreSQL refuses a plan whose `*` has come to mean another row. `is_planned_once=False` is for
    conditions whose cost depends on the value, a pattern say: those are planned with it.
    """

    __slots__ = ("command", "is_planned_once", "name", "names", "sql")

    def __init__(self, sql: str, *, is_planned_once: bool = True) -> None:
        names: list[str] = []

        def number(match: re.Match[str]) -> str:
            if match[0] == "%%":
                return "%"
            if match[1] is None or match[1] not in names:
                names.append(match[1] or "")
            return f"${len(names) if match[1] is None else names.index(match[1]) + 1}"

        self.command = _PLACEHOLDER.sub(number, sql).encode()
        self.names = tuple(names)
        self.sql = sql
        self.name = b"stockroom_" + blake2b(self.command, digest_size=12).hexdigest().encode()
        self.is_planned_once = is_planned_once


_statement = lru_cache(maxsize=64)(Statement)


@cache
def vendor() -> str:
    """Of the database; each look at its connection costs a microsecond."""
    return connections[DEFAULT_DB_ALIAS].vendor


@cache
def _libpq() -> ModuleType:
    """Where there is a driver to import."""
    from common import libpq

    return libpq


def fetch_row(sql: str, params: Mapping[str, Any]) -> Row | None:
    """The one row that it finds, with Python's own types."""
    statement = _statement(sql)
    rows = fetch_rows(statement, [params[name] for name in statement.names], params)
    return rows[0] if rows else None


class Foreseen:
    """A query that will be asked after the next one, whatever that one says, and can travel with it.

    `rows` are what it found, or None where it did not.
    """

    __slots__ = ("for_json", "rows", "statement", "values")

    def __init__(self, statement: Statement, values: Sequence[Any], *, for_json: bool) -> None:
        self.statement = statement
        self.values = values
        self.for_json = for_json
        self.rows: list[Row] | None = None


_foreseen: ContextVar[Foreseen | None] = ContextVar("foreseen", default=None)


@contextmanager
def foreseeing(query: Foreseen) -> Iterator[None]:
    """The first query in here takes that one along, where there is a way. To wait twice costs more than to answer."""
    token = _foreseen.set(query)
    try:
        yield
    finally:
        _foreseen.reset(token)


def take_foreseen() -> Foreseen | None:
    """What to take along, once."""
    found = _foreseen.get()
    if found is not None:
        _foreseen.set(None)
    return found


def fetch_rows(
    statement: Statement,
    values: Sequence[Any],
    named: Mapping[str, Any] | None = None,
    *,
    for_json: bool = False,
    is_repeatable: bool = True,
    apart: bool = False,
) -> list[Row]:
    """The rows that it finds. `for_json`: PostgreSQL's UUIDs as text and decimals as floats, which JSON shows alike.

    `is_repeatable=False` is for changes: a connection that is lost takes along whether one was made. `apart`: what the
    database refuses is undone, and nothing else of whoever has begun a transaction.

    By libpq where nobody listens to Django's cursors, which cost more than most answers; `named` is for those.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if apart and connection.in_atomic_block:
        with transaction.atomic():
            return fetch_rows(statement, values, named, for_json=for_json, is_repeatable=is_repeatable)
    if connection.vendor == "postgresql":
        libpq = _libpq()
        if libpq.is_at_hand(connection) and (texts := libpq.texts(values)) is not None:
            found: list[Row] = libpq.fetch_rows(
                connection, statement, texts, for_json=for_json, is_repeatable=is_repeatable, along=take_foreseen()
            )
            return found
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.cursor = libpq.cursor(connection, for_json=for_json)
        cursor.execute(statement.sql, values if named is None else named)
        rows: list[Row] = cursor.fetchall() if cursor.description else []
        return rows
