"""Queries asked of libpq: what becomes of values, of plans, and of a connection that was lost."""

import datetime
import json
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from threading import Thread
from uuid import UUID

import pytest
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django.db.models import TextChoices
from django.test.utils import CaptureQueriesContext

from common import prepared
from common.prepared import Statement

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]

SAME = Statement("SELECT %s::text, %s::bigint, %s::boolean, %s::numeric, %s::uuid, %s::timestamptz, %s::date")
VALUES = [
    "100% 'ä' \\",
    2**63 - 1,
    False,
    Decimal("24.90"),
    UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 600, datetime.UTC),
    datetime.date(2026, 1, 2),
]
ONE = Statement("SELECT %s::int")


@pytest.fixture(autouse=True)
def _on_a_connection_of_its_own():
    """Others would miss the plans that are thrown away here."""
    yield
    connection.close()


def kill_connection():
    from psycopg import connect

    pid = connection.connection.info.backend_pid
    with connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def plans():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'stockroom%%'", [])
        return cursor.fetchone()[0]


def test_values_come_back_as_they_went():
    assert prepared.fetch_rows(SAME, VALUES) == [tuple(VALUES)]
    assert prepared.fetch_rows(SAME, [None] * 7) == [(None,) * 7]


LISTS = Statement("SELECT %s::text[], %s::bigint[], %s::boolean[], %s::numeric[], %s::uuid[], %s::timestamptz[]")


def test_lists_come_back_as_they_went():
    texts = ["", " ", "NULL", "null", 'a "b"', "\\", '\\"', "{a,b}", "a\n\tb", "100% 'ä' 𝄞"]
    lists = [[*texts, None], *([None, value, value] for value in VALUES[1:6])]

    assert prepared.fetch_rows(LISTS, lists) == [tuple(lists)]
    assert prepared.fetch_rows(LISTS, [[None]] * 6) == [([None],) * 6]
    with CaptureQueriesContext(connection):
        assert prepared.fetch_rows(LISTS, lists) == [tuple(lists)]


class Kind(TextChoices):
    ODD = 'a,"b"', "odd"


def test_what_django_makes_of_values_is_read_as_they_are():
    from psycopg.types.json import Jsonb
    from psycopg.types.numeric import Int4

    from common import parameters

    sql = Statement("SELECT %s::int, %s::inet, %s::inet, %s::jsonb, %s::text, %s::text[]")
    data = {"name": 'ä \\ "', "n": [1, None]}
    values = [Int4(7), IPv4Address("192.0.2.7"), IPv6Address("2001:db8::7"), Jsonb(data), Kind.ODD, [Kind.ODD, None]]

    assert parameters.texts(values) is not None
    ((number, four, six, found, kind, kinds),) = prepared.fetch_rows(sql, values)

    assert (number, str(four), str(six)) == (7, "192.0.2.7", "2001:db8::7")
    assert json.loads(found) == data
    assert (kind, kinds) == (Kind.ODD.value, [Kind.ODD.value, None])


def test_what_brings_nothing_back_is_no_error_for_whoever_listens(table):
    sql = Statement("UPDATE kept SET id = 1")

    assert prepared.fetch_rows(sql, [], is_repeatable=False) == []
    with CaptureQueriesContext(connection):
        assert prepared.fetch_rows(sql, [], is_repeatable=False) == []


def test_a_text_in_a_list_never_ends_where_it_has_a_nul():
    with pytest.raises(DataError):
        prepared.fetch_rows(Statement("SELECT %s::text[]"), [["a", "a\0b"]])


def test_for_json_ids_are_text_and_decimals_floats():
    ((*_, number, key, _, _),) = prepared.fetch_rows(SAME, VALUES, for_json=True)

    assert (number, key) == (24.9, str(VALUES[4]))


@pytest.mark.parametrize("for_json", [True, False])
def test_whoever_listens_hears_of_the_query_and_gets_the_same(for_json):
    unheard = prepared.fetch_rows(SAME, VALUES, for_json=for_json)
    with CaptureQueriesContext(connection) as queries:
        assert prepared.fetch_rows(SAME, VALUES, for_json=for_json) == unheard

    assert len(queries) == 1


def test_a_text_never_ends_where_it_has_a_nul():
    with pytest.raises(DataError):
        prepared.fetch_rows(Statement("SELECT %s::text"), ["a\0b"])


def test_a_name_that_stands_twice_is_one_value():
    sql = "SELECT %(a)s::int + %(b)s::int + %(a)s::int, '100%%'"

    assert prepared.fetch_row(sql, {"a": 1, "b": 10}) == (12, "100%")


def test_a_connection_that_was_lost_is_replaced():
    prepared.fetch_rows(ONE, [1])
    kill_connection()

    assert prepared.fetch_rows(ONE, [2]) == [(2,)]


def test_in_a_transaction_that_was_lost_nothing_is_repeated():
    def lose_it():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            kill_connection()
            prepared.fetch_rows(ONE, [2])

    with pytest.raises(OperationalError):
        lose_it()

    assert prepared.fetch_rows(ONE, [3]) == [(3,)]


def test_a_transaction_sees_its_own_changes():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE own (id int) ON COMMIT DROP")
        cursor.execute("INSERT INTO own VALUES (7)")

        assert prepared.fetch_rows(Statement("SELECT id FROM own"), []) == [(7,)]


def test_a_plan_that_somebody_threw_away_is_made_anew():
    prepared.fetch_rows(ONE, [1])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    assert prepared.fetch_rows(ONE, [2]) == [(2,)]


def test_a_transaction_whose_plan_was_thrown_away_is_the_last_that_misses_it():
    other = Statement("SELECT 1 + %s::int")
    prepared.fetch_rows(ONE, [1])
    prepared.fetch_rows(other, [1])
    with connection.cursor() as cursor:
        cursor.execute(f"DEALLOCATE {ONE.name.decode()}")

    with pytest.raises(ProgrammingError), transaction.atomic():
        prepared.fetch_rows(ONE, [2])

    with transaction.atomic():
        assert prepared.fetch_rows(ONE, [2]) == [(2,)]
        assert prepared.fetch_rows(other, [2]) == [(3,)]


def test_a_plan_whose_columns_have_changed_is_made_anew():
    statement = Statement("SELECT value FROM changing")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE changing (value int)")
        cursor.execute("INSERT INTO changing VALUES (1)")
        prepared.fetch_rows(statement, [])
        cursor.execute("ALTER TABLE changing ALTER value TYPE text")

    assert prepared.fetch_rows(statement, []) == [("1",)]


def test_a_connection_keeps_so_many_plans(monkeypatch):
    from common import libpq

    monkeypatch.setattr(libpq, "MAX_PLANS", 3)
    connection.close()
    for number in range(5):
        prepared.fetch_rows(Statement(f"SELECT {number} + %s::int"), [1])

    assert plans() == 3


def test_plans_can_be_done_without(monkeypatch):
    connection.close()
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)

    assert prepared.fetch_rows(ONE, [1]) == [(1,)]
    assert plans() == 0


def test_what_depends_on_the_value_is_planned_with_it():
    connection.close()

    assert prepared.fetch_rows(Statement("SELECT %s::int", is_planned_once=False), [1]) == [(1,)]
    assert plans() == 0


@pytest.fixture
def table():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (id int PRIMARY KEY)")
        cursor.execute("CREATE TABLE referring (id int REFERENCES kept DEFERRABLE INITIALLY DEFERRED)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE referring, kept")


def test_a_change_whose_answer_was_lost_is_not_made_again(table, monkeypatch):
    """Whether it was made is lost with the connection: to make it again could make it twice."""
    from common import libpq

    change = Statement("INSERT INTO kept SELECT count(*) FROM kept RETURNING id")
    assert prepared.fetch_rows(change, [], is_repeatable=False) == [(0,)]
    answered = libpq._result

    def lose_the_answer(raw):
        monkeypatch.setattr(libpq, "_result", answered)
        answered(raw)
        kill_connection()
        raw.pgconn.send_query(b"SELECT")
        return answered(raw)

    monkeypatch.setattr(libpq, "_result", lose_the_answer)
    with pytest.raises(OperationalError):
        prepared.fetch_rows(change, [], is_repeatable=False)

    assert prepared.fetch_rows(Statement("SELECT count(*) FROM kept"), []) == [(2,)]


def test_before_a_change_a_connection_that_idled_is_tried(table):
    vars(connections[DEFAULT_DB_ALIAS]).update(health_check_enabled=True, health_check_done=False)
    kill_connection()

    assert prepared.fetch_rows(Statement("INSERT INTO kept VALUES (1) RETURNING id"), [], is_repeatable=False) == [(1,)]


def test_what_is_refused_when_it_is_committed_is_refused(table):
    """The row has been returned by then."""
    with pytest.raises(IntegrityError):
        prepared.fetch_rows(Statement("INSERT INTO referring VALUES (%s) RETURNING id"), [1], is_repeatable=False)

    assert prepared.fetch_rows(Statement("SELECT count(*) FROM referring"), []) == [(0,)]
    assert prepared.fetch_rows(ONE, [2]) == [(2,)]


def test_a_change_whose_plan_was_thrown_away_is_made_once(table):
    change = Statement("INSERT INTO kept SELECT count(*) FROM kept RETURNING id")
    prepared.fetch_rows(change, [], is_repeatable=False)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    assert prepared.fetch_rows(change, [], is_repeatable=False) == [(1,)]


def in_a_thread_of_its_own(ask):
    """What comes of it where the connection is another thread's."""
    mine, found = connections[DEFAULT_DB_ALIAS], []

    def run():
        connections[DEFAULT_DB_ALIAS] = mine
        try:
            found.append(ask())
        except DatabaseError as error:
            found.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_a_connection_of_another_thread_is_refused_unless_it_is_shared():
    connection.ensure_connection()
    refused = in_a_thread_of_its_own(lambda: prepared.fetch_rows(ONE, [1]))
    assert isinstance(refused, DatabaseError)
    assert "in a thread" in str(refused)
    connection.inc_thread_sharing()
    try:
        assert in_a_thread_of_its_own(lambda: prepared.fetch_rows(ONE, [1])) == [(1,)]
    finally:
        connection.dec_thread_sharing()
