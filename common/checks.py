"""System checks of `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core import checks


def database_is_shared(**kwargs: Any) -> list[checks.CheckMessage]:
    """SQLite lives in the file system of one machine: a second one, or a new container, starts empty."""
    return [
        checks.Warning(
            f"The database {alias!r} is an SQLite file, which no second machine and no new container sees.",
            hint="Set DATABASE_URL to a PostgreSQL server.",
            id="common.W001",
        )
        for alias, config in settings.DATABASES.items()
        if config["ENGINE"].endswith("sqlite3")
    ]
