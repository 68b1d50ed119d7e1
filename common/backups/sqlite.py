"""SQLite copies itself, while others read and write."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection
from django.db.models import Model

from common.exceptions import Invalid

SUFFIX = ".sqlite3"


def dump(target: Path, *, without: list[type[Model]]) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy)
        with copy:
            for model in without:
                copy.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")
        # What was deleted is still to be read in the file's free pages.
        copy.execute("VACUUM")


def migrations(source: Path) -> set[tuple[str, str]]:
    with _opened(source) as copy:
        return set(copy.execute("SELECT app, name FROM django_migrations"))


def load(source: Path) -> None:
    connection.ensure_connection()
    with _opened(source) as copy:
        copy.backup(connection.connection)


@contextmanager
def _opened(source: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
            (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok":
                raise Invalid(f"{source} is damaged: {verdict}")
            yield copy
    except sqlite3.DatabaseError as error:
        raise Invalid(f"{source} is no backup of an SQLite database ({error}).") from error
