"""Roles and permissions over the API, beside what holds for every resource."""

import pytest
from django.core.exceptions import ValidationError

from accounts import roles
from accounts.factories import RoleFactory, UserFactory
from accounts.fields import RowsByNameField
from accounts.models import AuditEvent, OfferedGrant, Permission, Role
from common.testing.base import check_problem, fields_at_fault

pytestmark = pytest.mark.django_db

URL = "/api/v1/roles"


@pytest.fixture
def admin(make_user):
    return make_user(roles=["admin"])


@pytest.fixture
def client(admin, bearer):
    return bearer(admin)


def of(role):
    return f"{URL}/{role.pk}"


def test_a_role_is_made_with_what_it_grants(client):
    made = client.post(URL, {"name": "auditor", "permissions": ["audit:read", "users:read", "audit:read"]})

    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "name": "auditor",
        "description": "",
        "permissions": ["audit:read", "users:read"],
        "is_built_in": False,
    }


def test_a_change_holds_on_the_next_request_of_everybody_who_has_it(client, bearer):
    role = RoleFactory.create()
    hers = bearer(UserFactory.create(roles=[role.name]))
    assert hers.get("/api/v1/items").status_code == 403

    client.patch(of(role), {"permissions": ["items:read"]})
    assert hers.get("/api/v1/items").status_code == 200
    client.patch(of(role), {"permissions": []})
    assert hers.get("/api/v1/items").status_code == 403


def test_permissions_that_are_not_there_are_named_by_their_places(client):
    role = RoleFactory.create()
    body = {"permissions": ["items:read", "items:raed", None, 1]}

    assert fields_at_fault(client.patch(of(role), body)) == ["body.permissions.2", "body.permissions.3"]
    assert fields_at_fault(client.patch(of(role), {"permissions": body["permissions"][:2]})) == ["body.permissions.1"]
    assert fields_at_fault(client.post(URL, {**body, "name": "x"})) == ["body.permissions.2", "body.permissions.3"]
    assert not role.permissions.exists()


def test_a_name_is_taken_once(client):
    role = RoleFactory.create(name="auditor")

    assert check_problem(client.post(URL, {"name": "auditor"}))["code"] == "duplicate"
    assert check_problem(client.patch(of(Role.objects.create(name="clerk")), {"name": "auditor"}))["status"] == 409
    assert client.patch(of(role), {"name": "inspector"}).json()["name"] == "inspector"


@pytest.mark.parametrize("name", [".", "..", "a/b", "/"])
def test_a_name_that_is_no_part_of_an_address_is_refused(client, admin, name):
    role = RoleFactory.create()

    assert fields_at_fault(client.post(URL, {"name": name})) == ["body.name"]
    assert fields_at_fault(client.patch(of(role), {"name": name})) == ["body.name"]
    with pytest.raises(ValidationError):  # so the admin's forms refuse it too
        Role(name=name).full_clean()


@pytest.mark.parametrize("name", ["...", ".a", "a.b"])
def test_dots_are_allowed_beside_others(client, name):
    assert client.post(URL, {"name": name}).status_code == 201


@pytest.mark.parametrize("names", [["x"] * 201, [None] * 201])
def test_how_many_there_are_is_looked_at_before_each_is(client, admin, names, monkeypatch):
    monkeypatch.setattr(RowsByNameField, "run_child_validation", lambda *args: pytest.fail("read"))
    role = RoleFactory.create()

    for at_fault, response in (
        ("permissions", client.patch(of(role), {"permissions": names})),
        ("roles", client.put(f"/api/v1/users/{admin.pk}/roles", {"roles": names})),
    ):
        assert fields_at_fault(response) == [f"body.{at_fault}"]
        assert "no more than 200" in response.content.decode()


@pytest.mark.parametrize("name", Role.RANKED)
def test_what_the_product_knows_by_name_stays_and_keeps_it(client, name):
    role = Role.objects.get(name=name)

    assert check_problem(client.patch(of(role), {"name": "x"}))["code"] == "role_built_in"
    refused = client.delete(of(role))
    assert (refused.status_code, check_problem(refused)["code"]) == (409, "role_built_in")
    assert client.patch(of(role), {"name": name, "description": "Ours"}).status_code == 200
    assert client.get(of(role)).json()["is_built_in"] is True


def test_what_a_built_in_role_grants_can_be_changed_and_stays_so(client):
    role = Role.objects.get(name="user")
    granted = client.get(of(role)).json()["permissions"]

    changed = client.patch(of(role), {"permissions": [*granted, "todos:delete:self"]})

    assert set(changed.json()["permissions"]) - set(granted) == {"todos:delete:self"}
    client.patch(of(role), {"permissions": []})
    roles.sync()
    assert not role.permissions.exists()
    assert OfferedGrant.objects.filter(role="user").exists()


def test_a_role_that_is_deleted_is_taken_from_everybody(client, bearer):
    role = RoleFactory.create()
    role.permissions.add(Permission.objects.get(codename="items:read"))
    hers = bearer(UserFactory.create(roles=[role.name]))

    assert client.delete(of(role)).status_code == 204

    assert hers.get("/api/v1/items").status_code == 403


def test_each_change_is_written_down(client, admin):
    made = client.post(URL, {"name": "auditor", "permissions": ["audit:read"]}).json()
    client.patch(f"{URL}/{made['id']}", {"name": "clerk", "permissions": ["users:read"]})
    client.patch(f"{URL}/{made['id']}", {"permissions": ["users:read"]})
    client.delete(f"{URL}/{made['id']}")

    events = list(AuditEvent.objects.filter(subject=f"roles/{made['id']}").order_by("id"))
    assert {event.actor_id for event in events} == {admin.pk}
    assert [(event.action, event.data) for event in events] == [
        ("role_created", {"role": "auditor", "permissions": ["audit:read"]}),
        ("role_changed", {"was": "auditor", "role": "clerk", "before": ["audit:read"], "permissions": ["users:read"]}),
        ("role_deleted", {"role": "clerk", "before": ["users:read"]}),
    ]


def test_roles_are_filtered_by_what_they_grant(client):
    names = [row["name"] for row in client.get(URL, {"permission": "*"}).json()["results"]]

    assert names == ["admin"]


@pytest.mark.parametrize(("method", "path"), [("post", "/bulk"), ("post", "/bulk-delete")])
def test_there_is_no_bulk(client, method, path):
    assert getattr(client, method)(URL + path, [{"name": "x"}]).status_code == 405
    assert client.patch(f"{URL}/bulk", [{"id": 1, "permissions": ["*"]}]).status_code == 404


def test_the_permissions_there_are(client, make_user, bearer, api):
    every = client.get("/api/v1/permissions?page_size=100").json()["results"]
    by_name = {row["codename"]: row["description"] for row in every}

    assert set(by_name) == set(Permission.objects.values_list("codename", flat=True))
    assert by_name["*"] == "Everything there is"
    assert by_name["todos:write:self"] == "Write todos, one's own only"
    assert by_name["store_managers:read"] == "Read store managers"
    assert list(by_name) == sorted(by_name)
    assert [row["codename"] for row in client.get("/api/v1/permissions?q=audit").json()["results"]] == ["audit:read"]
    assert bearer(make_user("users:read")).get("/api/v1/permissions").status_code == 403
    assert client.post("/api/v1/permissions", {"codename": "mine:all"}).status_code == 405
    assert api.get("/api/v1/permissions").status_code == 401
