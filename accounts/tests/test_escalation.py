"""Mallory wants more than she was given. Each story is a way that she tries, and none of them works."""

import pytest

from accounts import granting, personal_tokens
from accounts.factories import PASSWORD, RoleFactory, UserFactory
from accounts.models import AuditEvent, Grants, Permission, Role, User
from accounts.models.personal_tokens import a_year_from_now
from common.api import permissions
from common.testing.base import check_problem

pytestmark = pytest.mark.django_db

# All that keeping accounts and roles takes, and nothing else.
HELD = ("users:read", "users:write", "users:delete", "roles:read", "roles:write", "todos:read:self")
USERS, ROLES = "/api/v1/users", "/api/v1/roles"


@pytest.fixture
def mallory(make_user):
    return make_user(*HELD, is_staff=True, email="mallory@example.com")


@pytest.fixture
def hers(mallory, bearer):
    return bearer(mallory)


@pytest.fixture
def boss():
    return UserFactory.create(email="boss@example.com", name="Boss", roles=["admin"])


@pytest.fixture
def roots():
    return [UserFactory.create(is_superuser=True, email=f"root{number}@example.com") for number in range(2)]


@pytest.fixture
def lesser():
    return role_of("users:read", name="lesser")


@pytest.fixture
def keyholders():
    return role_of(name="keyholder")


@pytest.fixture(autouse=True)
def _nothing_comes_of_it(mallory, boss, roots, lesser, keyholders):
    """Whatever a story asserts besides: at its end nobody holds more, nobody less, and nothing is written down.

    But that she came, by a browser, and was refused.
    """
    before = standing()
    yield
    assert standing() == before
    assert not AuditEvent.objects.filter(actor=mallory).exclude(action__in=["refused", "signed_in"]).exists()


def standing():
    columns = ("pk", "email", "name", "is_active", "is_superuser", "token_version")
    return (
        set(User.objects.values_list(*columns)),
        set(User.roles.through.objects.values_list("user__email", "role__name")),
        set(Role.objects.values_list("name", "permissions__codename")),
    )


def refused(response, code):
    assert (response.status_code, check_problem(response)["code"]) == (403, code)


def role_of(*codenames, name):
    role = RoleFactory.create(name=name)
    role.permissions.set([Permission.objects.get_or_create(codename=codename)[0] for codename in codenames])
    return role


def roles_of(user):
    return f"{USERS}/{user.pk}/roles"


class TestByGivingRoles:
    def test_to_herself(self, hers, mallory):
        for method in (hers.put, hers.post):
            refused(method(roles_of(mallory), {"roles": ["admin"]}), "role_not_held")
            refused(method(roles_of(mallory), {"roles": [mallory.role, "store_manager"]}), "role_not_held")

    def test_beside_one_that_she_may_give(self, hers, mallory):
        refused(hers.post(roles_of(mallory), {"roles": ["lesser", "user"]}), "role_not_held")

    def test_by_fields_that_are_only_shown(self, hers, mallory):
        body = {"role": "admin", "roles": ["admin"], "is_superuser": True, "id": 1}

        assert hers.patch(f"{USERS}/{mallory.pk}", body).status_code == 200
        assert hers.patch(f"{USERS}/me", body).status_code == 200
        assert hers.patch(f"{USERS}/{mallory.pk}", {"is_staff": True}).status_code == 422
        assert hers.patch(f"{USERS}/me", {"permissions": ["*"], "is_staff": True}).status_code == 422

    def test_by_bulk(self, hers, mallory):
        assert hers.patch(f"{USERS}/bulk", [{"id": mallory.pk, "roles": ["admin"]}]).status_code == 404
        assert hers.post(f"{USERS}/bulk", [{"email": "eve@example.com", "roles": ["admin"]}]).status_code == 405
        assert hers.patch(f"{ROLES}/bulk", [{"id": 1, "permissions": ["*"]}]).status_code == 404
        assert hers.post(f"{ROLES}/bulk", [{"name": "mine", "permissions": ["*"]}]).status_code == 405


class TestByChangingRoles:
    def test_a_new_one_with_everything(self, hers):
        refused(hers.post(ROLES, {"name": "mine", "permissions": ["*"]}), "permission_not_held")
        refused(hers.post(ROLES, {"name": "mine", "permissions": ["users:read", "items:read"]}), "permission_not_held")

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_the_one_that_she_has(self, hers, mallory, method):
        own = mallory.roles.get()

        refused(getattr(hers, method)(f"{ROLES}/{own.pk}", {"permissions": [*HELD, "*"]}), "permission_not_held")
        refused(getattr(hers, method)(f"{ROLES}/{own.pk}", {"permissions": ["items:read"]}), "permission_not_held")

    def test_one_that_grants_more_she_changes_in_no_direction(self, hers):
        for role in Role.objects.filter(name__in=["admin", "user"]):
            refused(hers.patch(f"{ROLES}/{role.pk}", {"permissions": []}), "role_holds_more")
            refused(hers.patch(f"{ROLES}/{role.pk}", {"description": "Mine"}), "role_holds_more")
            refused(hers.delete(f"{ROLES}/{role.pk}"), "role_holds_more")

    def test_all_rows_where_she_has_her_own(self, hers):
        refused(hers.post(ROLES, {"name": "mine", "permissions": ["todos:read"]}), "permission_not_held")


class TestByTakingOver:
    def test_an_account_that_holds_more(self, hers, boss):
        account = f"{USERS}/{boss.pk}"

        refused(hers.patch(account, {"name": "Mallory's"}), "account_holds_more")
        refused(hers.patch(account, {"is_active": False}), "account_holds_more")
        refused(hers.delete(account), "account_holds_more")

    def test_its_roles(self, hers, boss):
        refused(hers.put(roles_of(boss), {"roles": []}), "account_holds_more")
        refused(hers.post(roles_of(boss), {"roles": []}), "account_holds_more")
        refused(hers.delete(f"{roles_of(boss)}/admin"), "account_holds_more")

    def test_a_superuser_by_a_token_that_holds_less_than_its_superuser(self, api, roots):
        root, other = roots
        _, raw = personal_tokens.issue(root, name="script", permissions=HELD, expires_at=a_year_from_now())
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")

        refused(api.patch(f"{USERS}/{other.pk}", {"is_active": False}), "account_holds_more")
        refused(api.delete(f"{USERS}/{other.pk}"), "account_holds_more")


class TestByAToken:
    """What counts is what the request holds, not what its account does."""

    def test_a_personal_one(self, api, boss, mallory):
        _, raw = personal_tokens.issue(boss, name="script", permissions=HELD, expires_at=a_year_from_now())
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")

        refused(api.post(roles_of(mallory), {"roles": ["admin"]}), "role_not_held")
        refused(api.post(ROLES, {"name": "mine", "permissions": ["*"]}), "permission_not_held")

    def test_one_whose_permissions_auth0_says(self, boss, mallory):
        """`identities.account` gives the account what the token says."""
        boss.preload_grants(Grants(frozenset(), frozenset(HELD)))

        assert not granting.grantable_roles(boss).filter(name="admin").exists()
        assert granting.may_edit_account(boss, mallory)
        assert not granting.may_edit_account(boss, User.objects.get(pk=boss.pk))


class TestByARoleThatAnEndpointAsksFor:
    """It opens more than the permissions that it grants, of which it may have none."""

    @pytest.fixture(autouse=True)
    def _vault(self, monkeypatch):
        monkeypatch.setattr(permissions, "_guarding", {"keyholder"})

    def test_to_have_it_given(self, hers, mallory):
        refused(hers.post(roles_of(mallory), {"roles": ["keyholder"]}), "role_not_held")

    def test_to_make_or_rename_one(self, hers, mallory, monkeypatch):
        monkeypatch.setattr(permissions, "_guarding", {"vaulter"})
        refused(hers.post(ROLES, {"name": "vaulter"}), "role_not_held")
        refused(hers.patch(f"{ROLES}/{mallory.roles.get().pk}", {"name": "vaulter"}), "role_not_held")

    def test_who_has_it_may_give_it(self, mallory):
        mallory.preload_grants(Grants(frozenset({"keyholder"}), frozenset(HELD)))

        assert granting.grantable_roles(mallory).filter(name="keyholder").exists()


class TestByTheAdmin:
    @pytest.fixture
    def browser(self, client, mallory):
        client.force_login(mallory)
        return client

    def test_the_form_of_her_account(self, browser, mallory):
        roles = [Role.objects.get(name="admin").pk, *mallory.roles.values_list("pk", flat=True)]
        body = {"email": mallory.email, "name": mallory.name, "is_active": "on", "is_staff": "on"}

        url = f"/admin/accounts/user/{mallory.pk}/change/"
        assert browser.post(url, {**body, "roles": roles}).status_code == 200
        assert browser.post(url, {**body, "is_superuser": "on", "roles": roles[1:]}).status_code == 302

    def test_the_forms_of_roles(self, browser, mallory):
        own, everything = mallory.roles.get(), Permission.objects.get(codename="*").pk

        changed = {"name": own.name, "permissions": [everything]}
        assert browser.post(f"/admin/accounts/role/{own.pk}/change/", changed).status_code == 200
        assert browser.post("/admin/accounts/role/add/", {"name": "x", "permissions": [everything]}).status_code == 200
        admin = Role.objects.get(name="admin")
        assert browser.post(f"/admin/accounts/role/{admin.pk}/change/", {"permissions": []}).status_code == 403

    def test_a_role_that_an_endpoint_asks_for(self, browser, monkeypatch):
        monkeypatch.setattr(permissions, "_guarding", {"vaulter"})

        response = browser.post("/admin/accounts/role/add/", {"name": "vaulter"}, follow=True)

        assert "You do not hold this role: vaulter" in response.content.decode()

    def test_the_password_of_who_holds_more(self, browser, boss):
        body = {"usable_password": "true", "password1": "taken over now", "password2": "taken over now"}

        assert browser.post(f"/admin/accounts/user/{boss.pk}/password/", body).status_code == 403
        assert User.objects.get(pk=boss.pk).check_password(PASSWORD)
