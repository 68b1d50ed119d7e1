"""`/store-managers/{id}/items`: the list of items, of one store manager."""

from uuid import uuid4

import pytest
from rest_framework.reverse import reverse

from common.testing.alike import Alike
from common.testing.base import check_problem, fields_at_fault, ids
from common.testing.reading import Reading
from items.factories import ItemFactory
from items.tests.test_contract import TestItems as Items
from items.views import StoreItemViewSet
from stores.factories import StoreManagerFactory

pytestmark = pytest.mark.django_db


def url(manager):
    return reverse("store-managers-items-list", kwargs={"store_manager_id": getattr(manager, "pk", manager)})


class TestStoreItems(Reading, Alike):
    """Pages, cursors, ordering and filters, while there are items of others."""

    viewset = StoreItemViewSet
    factory = ItemFactory
    body, change = Items.body, Items.change

    @pytest.fixture(autouse=True)
    def _store(self, db):
        self.manager = StoreManagerFactory.create()
        ItemFactory.create()

    def url(self, name="list", row=None):
        return url(self.manager)

    def row(self, owner=None, **fields):
        return ItemFactory.create(store_manager=self.manager, **fields)


def test_it_shows_them_as_the_list_of_all_items_does(make_user, bearer):
    item, _ = ItemFactory.create(), ItemFactory.create()
    client = bearer(make_user("items:read"))

    page = client.get(url(item.store_manager))

    assert page.json() == client.get("/api/v1/items", {"store_manager_id": item.store_manager_id}).json()
    assert client.get(f"{url(item.store_manager)}/").json() == page.json()


def test_who_may_see_their_own_items_only_finds_those_of_others_not_there(make_user, bearer):
    user = make_user("items:read:self")
    mine, theirs = ItemFactory.create(store_manager__user=user), ItemFactory.create()
    client = bearer(user)

    assert ids(client.get(url(mine.store_manager))) == [str(mine.pk)]
    assert ids(client.get(url(theirs.store_manager))) == []


def test_without_permission_it_is_closed(api, make_user, bearer):
    manager = StoreManagerFactory.create()
    client = bearer(make_user("items:write", "store_managers:read"))

    for key in (manager, uuid4()):
        assert api.get(url(key)).status_code == 401
        response = client.get(url(key))
        assert response.status_code == 403
        check_problem(response, "Insufficient permissions. Required: items:read")


@pytest.mark.parametrize("form", ["{}", "1", "abc", "-", "{{{}}}", "urn:uuid:{}"])
def test_a_store_manager_that_is_not_there_is_404(make_user, bearer, form):
    client = bearer(make_user("items:read"))

    for query in ("", "?cursor="):
        response = client.get(f"/api/v1/store-managers/{form.format(uuid4())}/items{query}")
        assert response.status_code == 404
        check_problem(response, "Store manager not found")


def test_an_id_is_read_in_any_case(make_user, bearer):
    item = ItemFactory.create()

    found = bearer(make_user("items:read")).get(url(str(item.store_manager_id).upper()))

    assert ids(found) == [str(item.pk)]


def test_whose_items_is_said_once(make_user, bearer):
    manager = StoreManagerFactory.create()

    response = bearer(make_user("items:read")).get(url(manager), {"store_manager_id": str(manager.pk)})

    assert fields_at_fault(response) == ["query.store_manager_id"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_read_only(make_user, bearer, method):
    response = getattr(bearer(make_user("*")), method)(url(StoreManagerFactory.create()), {})

    assert response.status_code == 405


def test_a_page_costs_one_query(make_user, api, django_assert_num_queries):
    manager = StoreManagerFactory.create()
    ItemFactory.create_batch(5, store_manager=manager)
    user = make_user("items:read")
    assert user.holds("items:read")
    api.force_authenticate(user)

    with django_assert_num_queries(1):
        assert len(ids(api.get(url(manager)))) == 5
