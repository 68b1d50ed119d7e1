"""A row is asked for together with who asks for it: by the same answers, in one journey."""

from uuid import uuid4

import pytest
from django.db import connection, transaction

from common import libpq, prepared
from common.api.shapes import row_query
from items.factories import ItemFactory
from items.views import ItemViewSet
from stores.factories import StoreManagerFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]

NUMBER = prepared.Statement("SELECT %s::int AS number")
HALF = prepared.Statement("SELECT 1 / %s::int AS half")


def foreseen(statement: prepared.Statement, value: object) -> prepared.Foreseen:
    return prepared.Foreseen(statement, [value], for_json=False)


@pytest.fixture
def journeys(monkeypatch):
    """What was asked, alone or in twos."""
    found = []

    def noting(number, ask):
        def noted(*args, **kwargs):
            found.append(number)
            return ask(*args, **kwargs)

        return noted

    monkeypatch.setattr(libpq, "_fetch", noting(1, libpq._fetch))
    monkeypatch.setattr(libpq, "_fetch_both", noting(2, libpq._fetch_both))
    return found


def test_one_journey_for_who_asks_and_what_for(make_user, bearer, journeys):
    item, client = ItemFactory.create(), bearer(make_user("items:read"))
    client.get(f"/api/v1/items/{item.pk}")  # whose rows it is, is known from now on
    del journeys[:]
    assert client.get(f"/api/v1/items/{item.pk}").json()["id"] == str(item.pk)
    assert journeys == [2]


def test_whoever_may_see_less_than_the_one_before_does(make_user, bearer):
    mine, other = (StoreManagerFactory.create() for _ in range(2))
    items = {manager: ItemFactory.create(store_manager=manager) for manager in (mine, other)}
    everybody, nobody = bearer(make_user("items:read")), bearer(make_user("todos:read"))
    owner = bearer(make_user("items:read:self"))
    mine.user = owner_account = make_user("items:read:self")
    mine.save()
    owner = bearer(owner_account)
    for _ in range(2):
        assert everybody.get(f"/api/v1/items/{items[other].pk}").status_code == 200
        assert nobody.get(f"/api/v1/items/{items[other].pk}").status_code == 403
        assert owner.get(f"/api/v1/items/{items[other].pk}").status_code == 403
        assert owner.get(f"/api/v1/items/{items[mine].pk}").status_code == 200
        assert owner.get(f"/api/v1/items/{uuid4()}").status_code == 404
        assert everybody.get("/api/v1/items/nothing").status_code == 404


def test_a_token_that_is_dead_is_shown_nothing(make_user, bearer):
    user, item = make_user("items:read"), ItemFactory.create()
    client = bearer(user)
    assert client.get(f"/api/v1/items/{item.pk}").status_code == 200
    user.is_active = False
    user.save()
    assert client.get(f"/api/v1/items/{item.pk}").status_code == 401


def test_a_lost_connection_is_made_anew(make_user, bearer):
    item, client = ItemFactory.create(), bearer(make_user("items:read"))
    for _ in range(2):
        connection.connection.pgconn.finish()
        assert client.get(f"/api/v1/items/{item.pk}").status_code == 200


def test_a_plan_that_is_gone_is_made_anew(make_user, bearer):
    item, client = ItemFactory.create(), bearer(make_user("items:read"))
    for _ in range(3):
        assert client.get(f"/api/v1/items/{item.pk}").status_code == 200
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
    connection.close()  # whoever has it next would miss its plans


def test_each_finds_its_own(journeys):
    along = foreseen(NUMBER, 7)
    with prepared.foreseeing(along):
        assert prepared.fetch_rows(HALF, [1]) == [(1,)]
        assert prepared.fetch_rows(HALF, [-1]) == [(-1,)]
    assert along.rows == [(7,)]
    assert journeys == [2, 1]


def test_nothing_is_taken_along_once_it_is_over(journeys):
    with prepared.foreseeing(foreseen(NUMBER, 7)):
        pass
    prepared.fetch_rows(HALF, [1])
    assert journeys == [1]


def test_where_the_first_fails_the_second_is_not_run():
    along = foreseen(NUMBER, 7)
    with pytest.raises(Exception, match="division by zero"), prepared.foreseeing(along):
        prepared.fetch_rows(HALF, [0])
    assert along.rows is None
    assert prepared.fetch_rows(NUMBER, [8]) == [(8,)]


def test_where_the_second_fails_the_first_does_not():
    along = foreseen(HALF, 0)
    with prepared.foreseeing(along):
        assert prepared.fetch_rows(NUMBER, [7]) == [(7,)]
    assert along.rows is None
    assert prepared.fetch_rows(NUMBER, [8]) == [(8,)]


def test_inside_a_transaction_too():
    along = foreseen(NUMBER, 7)
    with transaction.atomic():
        prepared.fetch_rows(NUMBER, [1])
        with prepared.foreseeing(along):
            assert prepared.fetch_rows(NUMBER, [2]) == [(2,)]
    assert along.rows == [(7,)]


def test_not_without_plans(journeys, monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    along = foreseen(NUMBER, 7)
    with prepared.foreseeing(along):
        assert prepared.fetch_rows(NUMBER, [2]) == [(2,)]
    assert (along.rows, journeys) == (None, [1])


def test_not_by_an_old_libpq(journeys, monkeypatch):
    monkeypatch.setattr(libpq, "_HAS_PIPELINES", False)
    with prepared.foreseeing(foreseen(NUMBER, 7)):
        assert prepared.fetch_rows(NUMBER, [2]) == [(2,)]
    assert journeys == [1]


def test_what_another_query_found_is_not_taken():
    whole, owned = (row_query(ItemViewSet, owner) for owner in (None, "store_manager__user"))
    assert whole
    assert owned
    found = whole.foresee({"pk": uuid4()})
    assert whole.foreseen(found) is None  # it has not been asked yet
    found.rows = []
    assert whole.foreseen(found) == []
    assert owned.foreseen(found) is None
