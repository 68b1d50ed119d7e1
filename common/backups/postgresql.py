"""PostgreSQL is copied by its own client programs, which come with it (Debian: postgresql-client)."""

import os
import re
import subprocess
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient
from django.db.models import Model

from common.exceptions import Invalid

SUFFIX = ".dump"

# A service that is still running holds locks; it is to be stopped, not waited for.
LOCK_TIMEOUT = "10s"

_ROW = re.compile(r"^\d+\t([^\t]+)\t([^\t]+)\t", re.MULTILINE)
_EXTENSION = re.compile(r"^\d+; \d+ \d+ EXTENSION - (\S+)", re.MULTILINE)
_OF_EXTENSIONS = re.compile(r"^\d+; \d+ \d+ (EXTENSION|COMMENT - EXTENSION) ")


def dump(target: Path, *, without: list[type[Model]]) -> None:
    left_out = [f"--exclude-table-data={connection.ops.quote_name(model._meta.db_table)}" for model in without]
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", *left_out, f"--file={target}", *_database())


def migrations(source: Path) -> set[tuple[str, str]]:
    rows = _run("pg_restore", "--data-only", "--table=django_migrations", "--file=-", str(source))
    return set(_ROW.findall(rows))


def load(source: Path) -> None:
    """In one transaction. Tables that the copy knows nothing of go too; extensions stay."""
    contents = _run("pg_restore", "--list", str(source))
    with NamedTemporaryFile("w+", suffix=".list") as chosen, NamedTemporaryFile("w+", suffix=".sql") as script:
        chosen.writelines(line for line in contents.splitlines(keepends=True) if not _OF_EXTENSIONS.match(line))
        chosen.flush()
        script.write(_clearing(extensions=_EXTENSION.findall(contents)))
        script.flush()
        plain = ("--clean", "--if-exists", "--no-owner", "--no-privileges", f"--use-list={chosen.name}", "--file=-")
        script.write(_run("pg_restore", *plain, str(source)))
        script.flush()
        quiet = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
        connection.close()
        _run("psql", *quiet, f"--file={script.name}", *_database())


def _clearing(*, extensions: list[str]) -> str:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        tables = ", ".join(map(quote, connection.introspection.table_names(cursor)))
    lines = [f"SET lock_timeout = '{LOCK_TIMEOUT}';", "SET client_min_messages = warning;"]
    lines += [f"CREATE EXTENSION IF NOT EXISTS {quote(name)};" for name in extensions if name != "plpgsql"]
    lines += [f"DROP TABLE {tables} CASCADE;"] if tables else []
    return "\n".join([*lines, ""])


def _database() -> list[str]:
    arguments, _ = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return [str(argument) for argument in arguments[1:]]


def _run(program: str, *arguments: str) -> str:
    _, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    try:
        done = subprocess.run(
            [program, *arguments],
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise Invalid(
            f"{program} is not installed: install the client programs of PostgreSQL, not older than the server "
            "(Debian: postgresql-client)."
        ) from error
    if done.returncode:
        raise Invalid(f"{program} failed, and nothing has changed: {done.stderr.strip()[:1000]}")
    return done.stdout
