import pytest

from accounts.models import Permission, Role
from common.testing.base import check_problem
from stores.factories import StoreManagerFactory

pytestmark = pytest.mark.django_db


def held(name):
    return set(Role.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_a_store_manager_may_by_that_role_alone_what_every_account_may():
    assert held("user") < held("store_manager")
    assert {"users:read:self", "todos:write:self"} <= held("store_manager")


def test_a_store_manager_keeps_their_own():
    assert {"store_managers:read:self", "store_managers:write:self"} <= held("store_manager")


def test_nobody_else_does_and_a_store_manager_nobody_elses():
    assert not any(name.startswith("store_managers:") for name in held("user"))
    assert not {"store_managers:read", "store_managers:write", "store_managers:delete:self"} & held("store_manager")


@pytest.fixture
def every_other_permission():
    enough = ("*", "store_managers:read", "items:read", "store_managers:read:self", "items:read:self")
    return Permission.objects.exclude(codename__in=enough).values_list("codename", flat=True)


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("get", "/count"), ("get", "/{}"), ("post", "/search")])
def test_nothing_but_reading_items_or_store_managers_shows_any(bearer, make_user, every_other_permission, method, path):
    client = bearer(make_user(*every_other_permission))
    url = "/api/v1/store-managers" + path.format(StoreManagerFactory.create().pk)

    response = getattr(client, method)(url)

    assert response.status_code == 403
    check_problem(response, "Insufficient permissions. Required: store_managers:read or items:read")
