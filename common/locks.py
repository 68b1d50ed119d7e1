"""Locks across processes that are no row's."""

from hashlib import blake2b

from django.db import DEFAULT_DB_ALIAS, connections


def one_at_a_time(*names: str, using: str = DEFAULT_DB_ALIAS) -> None:
    """Wait for whoever has one of these names, and have them until the transaction ends. Call it inside one.

    Whoever has a name may take it again. On SQLite the transaction itself is the lock.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    numbers = (blake2b(name.encode(), digest_size=8).digest() for name in names)
    with connection.cursor() as cursor:
        # In the order of the array, so that two cannot wait for each other.
        ordered = sorted(int.from_bytes(digest, signed=True) for digest in numbers)
        cursor.execute("SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) AS number", [ordered])
