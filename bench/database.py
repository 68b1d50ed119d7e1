"""One database a size of the catalogue, the same for every system: our migrations, our seed."""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from bench.services import Services
from bench.systems import OURS, ROOT

PASSWORD = "correct horse battery"
ACCOUNTS = 256
IDS = 512
MATCHES = 500


def email(number: int) -> str:
    return f"client-{number}@example.com"


@dataclass(frozen=True, slots=True)
class Database:
    """`ids` are spread over the catalogue and belong to the first account; as many rows as MATCHES, in a catalogue of
    any size, are for pets, in stock and not below `price_usd_min`."""

    url: str
    rows: int
    ids: tuple[str, ...]
    price_usd_min: str
    seeded_at: datetime

    def tidy(self) -> None:
        """Take away what was added, and the traces of what was changed."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("DELETE FROM items_item WHERE created_at > %s", [self.seeded_at])
            # Of the moment of a change, not everybody shows the microseconds; the seed has none.
            connection.execute(
                "UPDATE items_item SET updated_at = date_trunc('milliseconds', updated_at)"
                " WHERE updated_at <> date_trunc('milliseconds', updated_at)"
            )
            connection.execute("VACUUM items_item")

    def settle(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")


def create(services: Services, rows: int, base: str | None = None) -> Database:
    """A database of this many items; `base` is a smaller one that nobody is connected to."""
    name = f"items_{rows}"
    with psycopg.connect(services.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {f'TEMPLATE {base}' if base else ''}")  # names of our own
    url = services.database_url(name)
    if base is None:
        _manage(url, services, "migrate", "--verbosity", "0")
    _manage(url, services, "seed", "--force", "--items", str(rows))
    if base is None:
        _manage(url, services, "shell", "--no-imports", "-c", f"from bench.accounts import add; add({ACCOUNTS})")
    database = _inspect(url, rows)
    database.settle()
    return database


def _manage(url: str, services: Services, *arguments: str) -> None:
    environment = {"PATH": os.environ["PATH"], **OURS, "DATABASE_URL": url, "REDIS_URL": services.redis_url}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")


def _inspect(url: str, rows: int) -> Database:
    with psycopg.connect(url) as connection:

        def one(sql: str) -> Any:
            row = connection.execute(sql).fetchone()
            return row[0] if row else None

        there = one("SELECT count(*) FROM items_item")
        if there != rows:
            raise RuntimeError(f"The seed made {there} items instead of {rows}.")
        ids = one(
            "SELECT array_agg(id::text ORDER BY id) FROM (SELECT id, row_number() OVER (ORDER BY id) AS number"
            f" FROM items_item WHERE category <> 'Pet') AS others WHERE number % {rows * 3 // 4 // IDS} = 0"
        )[:IDS]
        connection.execute(
            "UPDATE items_item SET store_manager_id = (SELECT manager.id FROM stores_storemanager AS manager"
            " JOIN accounts_user AS account ON account.id = manager.user_id WHERE account.email = %s)"
            " WHERE id = ANY(%s::uuid[])",
            [email(0), ids],
        )
        price = one(
            "SELECT price_usd::text FROM items_item AS item WHERE category = 'Pet' AND in_stock"
            f" ORDER BY item.price_usd DESC OFFSET {MATCHES - 1} LIMIT 1"  # else by the text that is selected
        )
        found = one(f"SELECT count(*) FROM items_item WHERE category = 'Pet' AND in_stock AND price_usd >= {price}")
        if not MATCHES <= found <= MATCHES * 1.1:
            raise RuntimeError(f"{found} items are for pets, in stock and not below {price}, instead of {MATCHES}.")
        return Database(url, rows, tuple(ids), price, one("SELECT now()"))
