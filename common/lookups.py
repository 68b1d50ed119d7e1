"""`contains_any_case`: a substring in any case, of every script, alike on PostgreSQL and SQLite."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Lookup, TextField
from django.db.models.lookups import IContains
from django.db.models.sql.compiler import SQLCompiler

SQLITE_FUNCTION = "stockroom_upper"


@CharField.register_lookup
@TextField.register_lookup
class ContainsAnyCase(Lookup[str]):
    """PostgreSQL compares by UPPER; SQLite's own LIKE folds ASCII only, so there the same folding is lent to it."""

    lookup_name = "contains_any_case"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        if not self.is_open:
            return IContains(self.lhs, self.rhs).as_sql(compiler, connection)
        sql, params = IContains(self.lhs, "").as_sql(compiler, connection)
        return sql, [*params[:-1], self.rhs]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        column, params = self.process_lhs(compiler, connection)
        asked = self.rhs if self.is_open else self.parameter(self.rhs, connection)
        return f"INSTR({SQLITE_FUNCTION}({column}), %s) > 0", [*params, asked]

    @property
    def is_open(self) -> bool:
        """Whether the text comes later (`common.api.compiled`): then `parameter` is applied to it."""
        return bool(getattr(self.rhs, "comes_later", False))

    @staticmethod
    def parameter(text: str, connection: BaseDatabaseWrapper) -> Any:
        return upper(text) if connection.vendor == "sqlite" else f"%{connection.ops.prep_for_like_query(text)}%"


def upper(text: str | None) -> str | None:
    """Letter by letter as `towupper` does, never one letter into two: "ß" stays, and "ᾳ" takes its title case."""
    if text is None or text.isascii():
        return text and text.upper()
    return "".join(map(_upper_letter, text))


def _upper_letter(letter: str) -> str:
    return next((big for big in (letter.upper(), letter.title()) if len(big) == 1), letter)


def lend_upper(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(SQLITE_FUNCTION, 1, upper, deterministic=True)
