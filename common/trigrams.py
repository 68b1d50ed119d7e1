"""Indexes that find a substring: of PostgreSQL's pg_trgm, where it is there or may be made.

Without them, and on SQLite, `contains_any_case` reads every row: the same rows are found, more slowly.
"""

from collections.abc import Callable

from django.db import DatabaseError, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps


def index_substrings(app_label: str, model_name: str, *fields: str) -> RunPython:
    """The migration that indexes these columns by what `common.lookups` compares.

    It reads the whole table, and holds up changes to it meanwhile.
    """
    return RunPython(_on_each(app_label, model_name, fields, _create), _on_each(app_label, model_name, fields, _drop))


def _on_each(
    app_label: str,
    model_name: str,
    fields: tuple[str, ...],
    change: Callable[[BaseDatabaseSchemaEditor, str, str], None],
) -> Callable[[StateApps, BaseDatabaseSchemaEditor], None]:
    def run(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor != "postgresql" or not _has_trigrams(editor):
            return
        table = apps.get_model(app_label, model_name)._meta.db_table
        for field in fields:
            change(editor, table, field)

    return run


def _has_trigrams(editor: BaseDatabaseSchemaEditor) -> bool:
    """Whether the extension is there; it is made where the account of the migration may."""
    try:
        with transaction.atomic(editor.connection.alias), editor.connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:  # not among what is installed, or not allowed
        return False
    return True


def _create(editor: BaseDatabaseSchemaEditor, table: str, column: str) -> None:
    expression = f"UPPER({editor.quote_name(column)}::text) gin_trgm_ops"
    name = editor.quote_name(f"{table}_{column}_trigrams")
    editor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {editor.quote_name(table)} USING gin ({expression})")


def _drop(editor: BaseDatabaseSchemaEditor, table: str, column: str) -> None:
    editor.execute(f"DROP INDEX IF EXISTS {editor.quote_name(f'{table}_{column}_trigrams')}")
