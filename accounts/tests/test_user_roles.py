"""Which roles an account has, over the API."""

import pytest

from accounts.factories import RoleFactory, UserFactory
from accounts.models import AuditEvent, Permission, Role
from common.testing.base import check_problem, fields_at_fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(make_user):
    return make_user(email="admin@example.com", roles=["admin"])


@pytest.fixture
def client(admin, bearer):
    return bearer(admin)


@pytest.fixture
def ada():
    return UserFactory.create(roles=["user"])


def url(user, name=""):
    return f"/api/v1/users/{user.pk}/roles" + (f"/{name}" if name else "")


def held(user):
    return sorted(user.roles.values_list("name", flat=True))


def test_they_are_an_array_of_names(client, ada):
    ada.roles.add(Role.objects.get(name="store_manager"))

    assert client.get(url(ada)).json() == ["store_manager", "user"]


def test_put_replaces(client, ada):
    assert client.put(url(ada), {"roles": ["store_manager"]}).json() == ["store_manager"]
    assert held(ada) == ["store_manager"]
    assert client.put(url(ada), {"roles": []}).json() == []


def test_post_adds(client, ada):
    response = client.post(url(ada), {"roles": ["store_manager", "user", "store_manager"]})

    assert (response.status_code, response.json()) == (200, ["store_manager", "user"])
    assert held(ada) == ["store_manager", "user"]


def test_delete_takes_one(client, ada):
    client.post(url(ada), {"roles": ["store_manager"]})

    assert client.delete(url(ada, "user")).status_code == 204

    assert held(ada) == ["store_manager"]
    check_problem(client.delete(url(ada, "user")), "Role not found")


def test_a_role_of_several_words_is_taken_too(client, ada):
    ada.roles.add(RoleFactory.create(name="Crème & co"))

    assert client.delete(url(ada, "Cr%C3%A8me%20&%20co")).status_code == 204
    assert held(ada) == ["user"]


def test_it_holds_on_the_next_request(client, ada, bearer):
    hers = bearer(ada)
    item = {"name": "Fountain pen"}
    assert hers.post("/api/v1/items", item).status_code == 403

    client.post(url(ada), {"roles": ["store_manager"]})
    assert hers.post("/api/v1/items", item).status_code == 201
    client.delete(url(ada, "store_manager"))
    assert hers.post("/api/v1/items", item).status_code == 403


@pytest.mark.parametrize("method", ["put", "post"])
def test_an_unknown_role_is_named_by_its_place_and_nothing_is_changed(client, ada, method):
    ask = getattr(client, method)

    assert fields_at_fault(ask(url(ada), {"roles": ["store_manager", "nope", "Admin"]})) == [
        "body.roles.1",
        "body.roles.2",
    ]
    assert fields_at_fault(ask(url(ada), {"roles": ["user", 7, None]})) == ["body.roles.1", "body.roles.2"]
    assert fields_at_fault(ask(url(ada), {"roles": "user"})) == ["body.roles"]
    assert fields_at_fault(ask(url(ada), {})) == ["body.roles"]
    assert fields_at_fault(ask(url(ada), {"roles": [], "role": "admin"})) == ["body.role"]
    assert held(ada) == ["user"]


def test_each_change_is_written_down_once(client, admin, ada):
    client.put(url(ada), {"roles": ["store_manager"]})
    client.put(url(ada), {"roles": ["store_manager"]})

    event = AuditEvent.objects.get(action=AuditEvent.Action.ROLES_CHANGED)
    assert (event.actor_id, event.subject) == (admin.pk, f"users/{ada.pk}")
    assert event.data == {"before": ["user"], "roles": ["store_manager"]}


def test_who_only_reads_roles_changes_none(ada, make_user, bearer, api):
    reader = bearer(make_user("roles:read", "roles:read:self", "roles:write:self", "users:read", "users:write"))

    assert reader.get(url(ada)).json() == ["user"]
    for refused in (
        reader.put(url(ada), {"roles": []}),
        reader.post(url(ada), {"roles": []}),
        reader.delete(url(ada, "user")),
    ):
        check_problem(refused, "Insufficient permissions. Required: roles:write")
    assert bearer(ada).get(url(ada)).status_code == 403
    assert api.get(url(ada)).status_code == 401
    assert held(ada) == ["user"]


def test_of_an_account_that_is_not_there(client):
    for key in (0, "me", "9223372036854775808"):
        check_problem(client.get(f"/api/v1/users/{key}/roles"), "User not found")
        check_problem(client.put(f"/api/v1/users/{key}/roles", {"roles": []}), "User not found")


def test_two_who_replace_do_not_overwrite_each_other_unseen(client, ada):
    tag = client.get(url(ada)).headers["ETag"]
    assert client.put(url(ada), {"roles": ["store_manager"]}, headers={"If-Match": tag}).status_code == 200

    assert client.put(url(ada), {"roles": []}, headers={"If-Match": tag}).status_code == 412
    assert client.delete(url(ada, "store_manager"), headers={"If-Match": tag}).status_code == 412
    assert held(ada) == ["store_manager"]


def test_a_role_that_grants_a_permission_for_all_rows_grants_it_for_one_s_own(make_user, bearer):
    """Whoever holds `todos:read` may give `todos:read:self`."""
    role = RoleFactory.create()
    role.permissions.add(Permission.objects.get(codename="todos:read:self"))
    ada = UserFactory.create()

    assert bearer(make_user("roles:write", "todos:read")).post(url(ada), {"roles": [role.name]}).status_code == 200
