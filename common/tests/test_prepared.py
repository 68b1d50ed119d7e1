"""Queries by hand, planned once a connection."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import prepared

pytestmark = pytest.mark.django_db

only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")


def ask(number):
    return prepared.fetch_row("SELECT id, app FROM django_migrations WHERE id = %(number)s", {"number": number})


def plans():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%app FROM django_migrations WHERE id%'"
        )
        return len(cursor.fetchall())


def test_finds_a_row_or_none():
    first = ask(1)
    assert first is not None
    assert first[0] == 1
    assert ask(-1) is None


def test_a_value_is_never_part_of_the_text():
    sql = "SELECT app FROM django_migrations WHERE app = %(app)s"

    assert prepared.fetch_row(sql, {"app": "x' OR '1'='1"}) is None


def test_counts_as_a_query_like_any_other():
    with CaptureQueriesContext(connection) as queries:
        ask(1)

    assert len(queries) == 1


@only_postgresql
def test_is_planned_once():
    for number in range(5):
        ask(number)

    assert plans() == 1


@only_postgresql
def test_is_planned_anew_where_prepared_statements_are_off(monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    before = plans()

    assert prepared.fetch_row("SELECT name FROM django_migrations WHERE id = %(number)s", {"number": 1})

    assert plans() == before
