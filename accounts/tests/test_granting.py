"""Nobody grants what they do not hold: in the admin, by whatever a form could send."""

import pytest

from accounts.admin import UserAdmin
from accounts.factories import PASSWORD, RoleFactory, UserFactory
from accounts.granting import grantable_permissions, grantable_roles, may_edit_account
from accounts.models import AuditEvent, Permission, Role, User

pytestmark = pytest.mark.django_db

HELD = ("users:read", "users:write", "users:delete", "roles:read", "roles:write")


@pytest.fixture
def clerk(client, make_user):
    """Keeps accounts and roles, and holds nothing else."""
    clerk = make_user(*HELD, is_staff=True)
    client.force_login(clerk)
    return clerk


def role_of(*codenames):
    role = RoleFactory.create()
    role.permissions.set([Permission.objects.get(codename=codename) for codename in codenames])
    return role


def save(client, account, **body):
    return client.post(
        f"/admin/accounts/user/{account.pk}/change/", {"email": account.email, "is_active": "on", **body}
    )


def test_what_one_holds_can_be_granted_and_its_form_for_own_rows(clerk):
    codenames = set(grantable_permissions(clerk).values_list("codename", flat=True))

    assert codenames == {*HELD, "users:read:self", "users:write:self", "users:delete:self"}


def test_who_holds_everything_grants_everything(make_user):
    assert grantable_roles(make_user("*")).count() == Role.objects.count()
    assert grantable_permissions(make_user("*")).count() == Permission.objects.count()


def test_a_role_that_holds_more_is_not_offered_and_not_taken(client, clerk):
    account = UserFactory.create()
    admin, lesser = Role.objects.get(name="admin"), role_of("users:read")

    page = client.get(f"/admin/accounts/user/{account.pk}/change/").content.decode()
    assert f'value="{lesser.pk}"' in page
    assert f'value="{admin.pk}"' not in page
    assert save(client, account, roles=[admin.pk, lesser.pk]).status_code == 200
    assert not account.roles.exists()

    assert save(client, account, roles=[lesser.pk]).status_code == 302
    assert list(account.roles.all()) == [lesser]


@pytest.fixture
def registrar(client, make_user):
    """Keeps accounts, and no roles."""
    registrar = make_user("users:read", "users:write", is_staff=True)
    client.force_login(registrar)
    return registrar


def test_who_may_not_change_roles_sees_them_and_changes_none(client, registrar):
    account = UserFactory.create()
    held, lesser = role_of("users:read"), role_of("users:read")
    account.roles.add(held)

    form = client.get(f"/admin/accounts/user/{account.pk}/change/").context["adminform"].form
    assert not {"roles", "is_staff", "is_superuser"} & set(form.fields)
    body = {"name": "Eve", "roles": [lesser.pk], "is_staff": "on", "is_superuser": "on"}
    assert save(client, account, **body).status_code == 302

    account.refresh_from_db()
    assert (account.name, account.is_staff, account.is_superuser) == ("Eve", False, False)
    assert list(account.roles.all()) == [held]
    assert not AuditEvent.objects.filter(action="roles_changed").exists()


@pytest.mark.parametrize("asked", ["roles", "is_staff"])
def test_it_is_asked_again_when_it_is_saved(client, registrar, monkeypatch, asked):
    """A form that has the fields anyway changes nothing either, and what was changed beside them is taken back."""
    monkeypatch.setattr(UserAdmin, "get_readonly_fields", lambda admin, *_: admin.readonly_fields)
    account = UserFactory.create()

    response = save(client, account, name="Eve", **{asked: [role_of("users:read").pk] if asked == "roles" else "on"})

    assert "changed by who holds roles:write" in client.get(response["Location"]).content.decode()
    account.refresh_from_db()
    assert (account.name != "Eve", account.is_staff, account.roles.count()) == (True, False, 0)


def test_a_new_account_of_who_may_not_change_roles_has_that_of_who_registers(client, registrar):
    body = {"email": "eve@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert "roles" not in client.get("/admin/accounts/user/add/").context["adminform"].form.fields

    client.post("/admin/accounts/user/add/", {**body, "roles": [role_of("users:read").pk], "is_staff": "on"})

    eve = User.objects.get(email="eve@example.com")
    assert (eve.is_staff, eve.role_names) == (False, frozenset({"user"}))


def test_a_new_account_gets_no_role_that_holds_more(client, clerk):
    body = {"email": "eve@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    client.post(
        "/admin/accounts/user/add/", {**body, "roles": [Role.objects.get(name="admin").pk], "is_superuser": "on"}
    )
    assert not User.objects.filter(email="eve@example.com").exists()

    client.post("/admin/accounts/user/add/", {**body, "is_superuser": "on", "is_staff": "on"})
    eve = User.objects.get(email="eve@example.com")
    assert (eve.is_superuser, eve.is_staff) == (False, False)


def test_only_a_superuser_makes_superusers(client, clerk):
    account = UserFactory.create()

    assert save(client, account, is_superuser="on").status_code == 302
    account.refresh_from_db()
    assert not account.is_superuser

    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    assert save(client, account, is_superuser="on").status_code == 302
    account.refresh_from_db()
    assert account.is_superuser


@pytest.mark.parametrize("stronger", [{"roles": ["admin"]}, {"roles": ["user"]}, {"is_superuser": True}])
def test_an_account_that_holds_more_is_only_looked_at(client, clerk, stronger):
    account = UserFactory.create(email="boss@example.com", **stronger)
    base = f"/admin/accounts/user/{account.pk}"
    passwords = {"usable_password": "true", "password1": "taken over now", "password2": "taken over now"}

    page = client.get(f"{base}/change/")
    assert page.status_code == 200
    assert "argon2" not in page.content.decode()
    assert save(client, account, email="clerk@example.com").status_code == 403
    assert client.post(f"{base}/password/", passwords).status_code == 403
    assert client.post(f"{base}/delete/", {"post": "yes"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": [account.pk], "post": "yes"}
    assert client.post("/admin/accounts/user/", selected).status_code == 403

    account.refresh_from_db()
    assert account.email == "boss@example.com"
    assert account.check_password(PASSWORD)


def test_everything_is_not_enough_for_a_superuser(make_user):
    assert not may_edit_account(make_user("*"), make_user(is_superuser=True))


def test_an_account_that_holds_no_more_is_edited(client, clerk):
    account = UserFactory.create()
    account.roles.add(role_of("users:read:self"))

    assert (
        save(client, account, email="new@example.com", roles=account.roles.values_list("pk", flat=True)).status_code
        == 302
    )
    assert client.post(f"/admin/accounts/user/{account.pk}/delete/", {"post": "yes"}).status_code == 302


def test_a_role_gets_only_permissions_that_one_holds(client, clerk):
    role = role_of("users:read")
    url = f"/admin/accounts/role/{role.pk}/change/"
    everything, held = Permission.objects.get(codename="*"), Permission.objects.get(codename="roles:read")

    assert client.post(url, {"name": role.name, "permissions": [everything.pk]}).status_code == 200
    assert client.post(url, {"name": role.name, "permissions": [held.pk]}).status_code == 302

    assert list(role.permissions.all()) == [held]


def test_a_role_that_holds_more_is_only_looked_at(client, clerk):
    role = role_of("users:read", "items:read")
    base = f"/admin/accounts/role/{role.pk}"

    assert client.get(f"{base}/change/").status_code == 200
    assert client.post(f"{base}/change/", {"name": "mine", "permissions": []}).status_code == 403
    assert client.post(f"{base}/delete/", {"post": "yes"}).status_code == 403
    assert role.permissions.count() == 2
