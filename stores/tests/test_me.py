import pytest

from accounts.factories import UserFactory
from common.testing.base import check_problem, fields_at_fault
from stores.factories import StoreManagerFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/store-managers/me"


@pytest.fixture
def manager(make_user):
    user = make_user("store_managers:read:self", "store_managers:write:self", email="ada@example.com")
    return StoreManagerFactory.create(user=user, name="Corner Shop")


@pytest.fixture
def client(bearer, manager):
    StoreManagerFactory.create()
    return bearer(manager.user)


def test_shows_the_callers_own(client, manager):
    response = client.get(URL)

    assert response.status_code == 200, response.content
    assert response.json() == {"id": str(manager.pk), "name": "Corner Shop", "email": "ada@example.com"}
    assert client.get(f"/api/v1/store-managers/{manager.pk}")["ETag"] == response["ETag"]


def test_costs_one_query(client, manager, django_assert_num_queries):
    assert manager.user.holds("store_managers:read:self")
    client.force_authenticate(manager.user)
    with django_assert_num_queries(1):
        client.get(URL)


def test_changes_the_name(client, manager):
    response = client.patch(URL, {"name": "Garden Centre"})

    assert response.status_code == 200, response.content
    assert response.json()["name"] == "Garden Centre"
    manager.refresh_from_db()
    assert manager.name == "Garden Centre"


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", 1])
def test_a_name_that_is_none_is_refused(client, manager, name):
    assert fields_at_fault(client.patch(URL, {"name": name})) == ["body.name"]


def test_the_address_and_the_id_stay(client, manager):
    read = client.get(URL).json()

    response = client.patch(URL, {"id": "forged", "email": "eve@example.com"})

    assert (response.status_code, response.json()) == (200, read)


def test_two_editors_do_not_overwrite_each_other(client):
    tag = client.get(URL)["ETag"]

    assert client.patch(URL, {"name": "one"}, headers={"If-Match": tag}).status_code == 200
    assert client.patch(URL, {"name": "other"}, headers={"If-Match": tag}).status_code == 412


@pytest.mark.parametrize("permissions", [["items:read"], ["store_managers:read"], ["store_managers:read:self"]])
def test_reading_asks_for_reading_and_changing_for_changing(bearer, make_user, permissions):
    manager = StoreManagerFactory.create(user=make_user(*permissions))
    client = bearer(manager.user)

    assert client.get(URL).status_code == 200
    response = client.patch(URL, {"name": "x"})
    assert response.status_code == 403
    check_problem(response, "Insufficient permissions. Required: store_managers:write:self")


def test_the_full_permission_changes_ones_own_too(bearer, make_user):
    manager = StoreManagerFactory.create(user=make_user("store_managers:write"))

    assert bearer(manager.user).patch(URL, {"name": "x"}).status_code == 200


def test_without_a_store_manager_there_is_none(bearer):
    client = bearer(UserFactory.create(roles=["store_manager"]))

    for response in (client.get(URL), client.patch(URL, {"name": "x"})):
        assert response.status_code == 404
        check_problem(response, "Store manager not found")


def test_nobody_is_401(api):
    assert api.get(URL).status_code == 401
    assert api.patch(URL, {"name": "x"}).status_code == 401
