"""`contains_any_case`: a substring in any case, of every script, alike on PostgreSQL and SQLite."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, TextField
from django.db.models.lookups import IContains
from django.db.models.sql.compiler import SQLCompiler

SQLITE_FUNCTION = "stockroom_upper"


@CharField.register_lookup
@TextField.register_lookup
class ContainsAnyCase(IContains):
    """PostgreSQL compares by UPPER; SQLite's own LIKE folds ASCII only, so there the same folding is lent to it."""

    lookup_name = "contains_any_case"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return str(connection.operators["icontains"] % rhs)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"INSTR({SQLITE_FUNCTION}({column}), %s) > 0", [*params, upper(str(self.rhs))]


def upper(text: str | None) -> str | None:
    """Letter by letter as `towupper` does, never one letter into two ("ß" stays)."""
    if text is None or text.isascii():
        return text and text.upper()
    return "".join(big if len(big := letter.upper()) == 1 else letter for letter in text)


def lend_upper(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(SQLITE_FUNCTION, 1, upper, deterministic=True)
