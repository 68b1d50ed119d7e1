"""Rows written by SQL that is compiled once: as the ORM would, and by it where somebody listens."""

import pytest
from django.db import connection, connections, transaction
from django.db.models.signals import post_save

from common import rows
from common.api.compiled import compile_all
from common.api.compiled_writes import compile_clearing
from common.api.slots import Slot
from common.models import IdempotencyKey, RateWindow

pytestmark = pytest.mark.django_db


def window(key, ends_at=5):
    return RateWindow(key=key, used=1, ends_at=ends_at)


@pytest.fixture
def saved(monkeypatch):
    """The rows that the ORM saves."""
    seen, real = [], RateWindow.save

    def save(row, **kwargs):
        seen.append(row.key)
        real(row, **kwargs)

    monkeypatch.setattr(RateWindow, "save", save)
    return seen


def test_a_new_row_is_what_the_orm_would_have_stored(saved):
    made = rows.insert(window("a,\"b'"))

    assert not saved
    assert (made._state.adding, made._state.db) == (False, "default")
    stored = RateWindow.objects.get()
    assert (stored.key, stored.used, stored.ends_at) == ("a,\"b'", 1, 5)


def test_a_row_that_the_database_numbers_knows_its_number(make_user):
    values = {"user": make_user(), "path": "/", "fingerprint": "", "status": 201, "location": "", "answer": ""}
    made = [rows.insert(IdempotencyKey(key=key, **values)) for key in ("one", "two")]

    assert [(row.pk, row.key) for row in IdempotencyKey.objects.order_by("pk")] == [(row.pk, row.key) for row in made]
    assert IdempotencyKey.objects.latest("pk").created_at == made[1].created_at


def test_where_it_cannot_tell_the_orm_asks_it(monkeypatch):
    rows._inserting.cache_clear()
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)
    try:
        assert rows._inserting(IdempotencyKey) is None
        assert rows._inserting(RateWindow) is not None
    finally:
        rows._inserting.cache_clear()


def test_columns_that_are_named_are_changed_and_no_others():
    row = rows.insert(window("x"))
    RateWindow.objects.update(used=7)
    row.used, row.ends_at = 2, 9
    rows.update(row, "ends_at")

    stored = RateWindow.objects.get()
    assert (stored.used, stored.ends_at) == (7, 9)


def test_whoever_listens_to_the_model_hears_of_it(saved):
    heard = []

    def listen(sender, instance, created, **kwargs):
        heard.append((instance.used, created))

    post_save.connect(listen, sender=RateWindow)
    try:
        row = rows.insert(window("x"))
        row.used = 2
        rows.update(row, "used")
    finally:
        post_save.disconnect(listen, sender=RateWindow)

    assert heard == [(1, True), (2, False)]
    assert saved == ["x", "x"]


def test_what_is_found_is_as_the_orm_has_it():
    rows.insert(window("x"))
    query = compile_all(RateWindow.objects.filter(key=Slot("key")), rows.columns(RateWindow))

    (row,) = rows.found(query, RateWindow, {"key": "x"})
    assert row == RateWindow.objects.get()
    row.used = 3
    row.save()
    assert RateWindow.objects.get().used == 3
    assert rows.found(query, RateWindow, {"key": "y"}) == []


def test_some_at_a_time_are_cleared_away():
    for number in range(5):
        rows.insert(window(f"x{number}", ends_at=number))
    clearing = compile_clearing(RateWindow.objects.filter(ends_at__lt=Slot("now")), at_most=2)

    left = [clearing.fetch({"now": 3}) or RateWindow.objects.count() for _ in range(3)]

    assert left == [3, 2, 2]
    assert set(RateWindow.objects.values_list("ends_at", flat=True)) == {3, 4}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="has writers at the same time")
@pytest.mark.django_db(transaction=True)
def test_what_somebody_else_is_clearing_away_is_left_to_them():
    for key in ("theirs", "free"):
        rows.insert(window(key))
    clearing = compile_clearing(RateWindow.objects.filter(ends_at__lt=Slot("now")), at_most=2)
    other = connections.create_connection("default")
    try:
        with transaction.atomic():
            RateWindow.objects.select_for_update().get(key="theirs")
            with other.cursor() as cursor:
                cursor.execute("SET statement_timeout = 2000")
                cursor.execute(clearing.statement.sql, [9])
                assert cursor.rowcount == 1
    finally:
        other.close()

    assert RateWindow.objects.get().key == "theirs"
