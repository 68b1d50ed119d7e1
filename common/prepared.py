"""Queries by hand that PostgreSQL parses and plans once a connection instead of once a request."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.db import connection

if TYPE_CHECKING:
    from psycopg import Connection, Cursor


def fetch_row(sql: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The one row that it finds. Name its columns: PostgreSQL refuses a plan whose `*` has come to mean another row.

    Django's own cursors put the values into the text, which is then another statement each time.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.cursor = _binding_on_the_server(connection.connection)
        cursor.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _binding_on_the_server(raw: "Connection[Any]") -> "Cursor[Any]":
    from django.db.backends.postgresql.base import ServerBindingCursor  # where there is a driver to import

    return cast("type[Cursor[Any]]", ServerBindingCursor)(raw)
