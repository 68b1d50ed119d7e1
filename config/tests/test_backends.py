"""The database and the cache that the environment names are there, and are set up as the settings say."""

import uuid

import pytest
from django.core.cache import cache
from django.db import connection

EXPECTED: dict[str, dict[str, object]] = {
    "postgresql": {
        "SHOW statement_timeout": "15s",
        "SHOW lock_timeout": "5s",
        "SHOW idle_in_transaction_session_timeout": "30s",
    },
    "sqlite": {
        "PRAGMA journal_mode": "wal",
        "PRAGMA synchronous": 1,  # NORMAL
        "PRAGMA busy_timeout": 20_000,
        "PRAGMA foreign_keys": 1,
    },
}


@pytest.mark.django_db
def test_the_connection_has_its_limits() -> None:
    expected = EXPECTED[connection.vendor]
    with connection.cursor() as cursor:
        for statement, value in expected.items():
            cursor.execute(statement)
            assert cursor.fetchone() == (value,), statement


def test_the_cache_keeps_json() -> None:
    key = uuid.uuid4().hex
    cache.set(key, {"a": [1, None]}, timeout=10)
    assert cache.get(key) == {"a": [1, None]}
    cache.delete(key)
    assert cache.get(key) is None
