"""A copy of the database in one file, out of which nobody can sign in; and the way back."""

from pathlib import Path
from typing import Protocol

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from common.backups import postgresql, sqlite
from common.exceptions import Invalid

Migrations = set[tuple[str, str]]


class Engine(Protocol):
    """What a database needs to be copied. Each refuses with `Invalid`, in a sentence for the operator."""

    SUFFIX: str

    def dump(self, target: Path, *, without: list[type[Model]]) -> None:
        """Write everything but the rows of these models. `target` is there, and empty."""

    def migrations(self, source: Path) -> Migrations:
        """Those that had been applied to what this file is a copy of."""

    def load(self, source: Path) -> None:
        """Put the copy in the place of whatever is there, all of it or nothing."""


def engine() -> Engine:
    return {"postgresql": postgresql, "sqlite": sqlite}[connection.vendor]


def check(source: Path) -> None:
    """Refuse a file that could not be restored here, before anything is touched."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    apps = {app for app, _ in known}
    if unknown := sorted(one for one in engine().migrations(source) if one[0] in apps and one not in known):
        raise Invalid(
            f"{source} comes from a newer version, which has the migration {'.'.join(unknown[0])}: "
            "restore it with that version."
        )
