"""An address is for its account and for `store_managers:read`; nobody finds one out by asking around."""

import pytest

from common.testing.base import fields_at_fault
from stores.factories import StoreManagerFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/store-managers"


@pytest.fixture
def mine(make_user):
    return StoreManagerFactory.create(user=make_user("items:read", email="me@example.com"))


@pytest.fixture
def theirs():
    return StoreManagerFactory.create(user__email="they@example.com")


def emails(client):
    pages = (client.get(URL), client.post(f"{URL}/search", {}), client.get(URL, {"cursor": ""}))
    found = [{row["id"]: row["email"] for row in page.json()["results"]} for page in pages]
    found.append({pk: client.get(f"{URL}/{pk}").json()["email"] for pk in found[0]})
    assert all(one == found[0] for one in found)
    return found[0]


def test_everybody_sees_their_own(bearer, mine, theirs):
    assert emails(bearer(mine.user)) == {str(mine.pk): "me@example.com", str(theirs.pk): None}


def test_who_may_read_store_managers_sees_all(bearer, make_user, mine, theirs):
    client = bearer(make_user("store_managers:read"))

    assert emails(client) == {str(mine.pk): "me@example.com", str(theirs.pk): "they@example.com"}


def test_who_may_read_only_their_own_sees_nobody_else(bearer, make_user, theirs):
    mine = StoreManagerFactory.create(user=make_user("store_managers:read:self"))

    assert emails(bearer(mine.user)) == {str(mine.pk): mine.user.email}


@pytest.mark.parametrize("permission", ["items:read", "store_managers:read"])
def test_nobody_searches_orders_or_filters_by_one(bearer, make_user, theirs, permission):
    client = bearer(make_user(permission))

    assert client.get(URL, {"q": "they@"}).json()["results"] == []
    assert client.get(f"{URL}/count", {"q": "example"}).json() == {"count": 0}
    for name in ("email", "user__email", "user"):
        assert fields_at_fault(client.get(URL, {"ordering": name})) == ["query.ordering"]
        assert fields_at_fault(client.get(URL, {name: "they@example.com"})) == [f"query.{name}"]
        assert fields_at_fault(client.post(f"{URL}/search", {name: "they@example.com"})) == [f"body.{name}"]


def test_the_entity_tag_of_who_sees_it_is_another(bearer, make_user, theirs):
    readers = (bearer(make_user("items:read")), bearer(make_user("store_managers:read")))

    tags = [client.get(f"{URL}/{theirs.pk}")["ETag"] for client in readers]

    assert tags[0] != tags[1]
