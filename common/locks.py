"""Locks across processes that are no row's."""

from hashlib import blake2b

from django.db import DEFAULT_DB_ALIAS, connections

from common import prepared

_LOCK = prepared.Statement("SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) AS number")


def one_at_a_time(*names: str, using: str = DEFAULT_DB_ALIAS) -> None:
    """Wait for whoever has one of these names, and have them until the transaction ends. Call it inside one.

    Whoever has a name may take it again. On SQLite the transaction itself is the lock.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    numbers = (blake2b(name.encode(), digest_size=8).digest() for name in names)
    # In the order of the array, so that two cannot wait for each other.
    ordered = sorted(int.from_bytes(digest, signed=True) for digest in numbers)
    if using == DEFAULT_DB_ALIAS:
        prepared.fetch_rows(_LOCK, [ordered], is_repeatable=False)
        return
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.sql, [ordered])
