"""The last administrator cannot lose the role, be deactivated or deleted, whichever way is tried."""

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts import roles as declared
from accounts.administrators import LastAdministrator, an_administrator_stays, there_is_an_administrator
from accounts.factories import PASSWORD, RoleFactory, UserFactory
from accounts.models import ExternalIdentity, Permission, Role, User
from common.testing.base import check_problem

pytestmark = pytest.mark.django_db

USERS, ROLES = "/api/v1/users", "/api/v1/roles"


@pytest.fixture
def last():
    return UserFactory.create(email="last@example.com", is_staff=True, roles=["admin"])


@pytest.fixture
def hers(last, bearer):
    return bearer(last)


@pytest.fixture
def browser(client, last):
    client.force_login(last)
    return client


@pytest.fixture(autouse=True)
def _stays(last):
    yield
    assert User.objects.get(pk=last.pk).holds("*")
    assert User.objects.get(pk=last.pk).is_active


def refused(response):
    assert (response.status_code, check_problem(response)["code"]) == (409, "last_administrator")


def told(response):
    assert "There would be no administrator left." in response.content.decode()


def everything():
    return Permission.objects.get(codename="*")


class TestOverTheApi:
    def test_the_role(self, hers, last):
        refused(hers.put(f"{USERS}/{last.pk}/roles", {"roles": ["user"]}))
        refused(hers.put(f"{USERS}/{last.pk}/roles", {"roles": []}))
        refused(hers.delete(f"{USERS}/{last.pk}/roles/admin"))

    def test_the_account(self, hers, last):
        refused(hers.patch(f"{USERS}/{last.pk}", {"is_active": False, "name": "Gone"}))
        refused(hers.delete(f"{USERS}/{last.pk}"))
        refused(hers.delete(f"{USERS}/me", {"current_password": PASSWORD}))
        assert User.objects.get(pk=last.pk).name != "Gone"

    def test_what_the_role_grants(self, hers):
        admin = Role.objects.get(name="admin")

        refused(hers.patch(f"{ROLES}/{admin.pk}", {"permissions": []}))
        refused(hers.put(f"{ROLES}/{admin.pk}", {"permissions": ["users:read", "roles:write"]}))

    def test_another_role_that_grants_everything(self, hers, last, bearer):
        own = RoleFactory.create(name="owner")
        own.permissions.add(everything())

        # Nothing is wrong with another role that does as well.
        assert hers.put(f"{USERS}/{last.pk}/roles", {"roles": ["owner"]}).status_code == 200
        refused(hers.delete(f"{ROLES}/{own.pk}"))
        refused(hers.patch(f"{ROLES}/{own.pk}", {"permissions": []}))

    def test_as_long_as_there_is_another(self, hers, last):
        other = UserFactory.create(roles=["admin"])

        assert hers.patch(f"{USERS}/{other.pk}", {"is_active": False}).status_code == 200
        refused(hers.delete(f"{USERS}/{last.pk}"))  # who is not active is none
        assert hers.delete(f"{USERS}/{other.pk}").status_code == 204

    def test_a_superuser_is_one(self, hers, last):
        root = UserFactory.create(is_superuser=True)

        assert hers.delete(f"{USERS}/{last.pk}/roles/admin").status_code == 204
        last.roles.add(Role.objects.get(name="admin"))
        User.objects.filter(pk=root.pk).update(is_superuser=False)
        refused(hers.delete(f"{USERS}/{last.pk}/roles/admin"))


class TestInTheAdmin:
    def change(self, browser, last, **fields):
        roles = [Role.objects.get(name="admin").pk]
        body = {"email": last.email, "name": last.name, "is_active": "on", "is_staff": "on", "roles": roles} | fields
        body = {name: value for name, value in body.items() if value is not None}
        return browser.post(f"/admin/accounts/user/{last.pk}/change/", body, follow=True)

    def test_the_form_of_the_account(self, browser, last):
        told(self.change(browser, last, is_active=None))
        told(self.change(browser, last, roles=[]))

    def test_the_form_of_the_role(self, browser):
        admin = Role.objects.get(name="admin")

        told(browser.post(f"/admin/accounts/role/{admin.pk}/change/", {"permissions": []}, follow=True))

    def test_deletion_and_the_action(self, browser, last):
        told(browser.post(f"/admin/accounts/user/{last.pk}/delete/", {"post": "yes"}, follow=True))
        selected = {"action": "delete_selected", "_selected_action": [last.pk], "post": "yes"}
        told(browser.post("/admin/accounts/user/", selected, follow=True))

    def test_deletion_and_the_action_of_a_role(self, browser, last):
        own = RoleFactory.create(name="owner")
        own.permissions.add(everything())
        last.roles.add(own)
        last.roles.remove(Role.objects.get(name="admin"))

        told(browser.post(f"/admin/accounts/role/{own.pk}/delete/", {"post": "yes"}, follow=True))
        selected = {"action": "delete_selected", "_selected_action": [own.pk], "post": "yes"}
        told(browser.post("/admin/accounts/role/", selected, follow=True))

    def test_a_superuser_who_unticks_what_they_are(self, client, last):
        root = UserFactory.create(is_staff=True, is_superuser=True)
        last.roles.clear()
        client.force_login(root)

        told(self.change(client, root, is_superuser=None, roles=[]))
        assert User.objects.get(pk=root.pk).is_superuser
        # In one form it may go from one reason to another.
        self.change(client, root, is_superuser=None)
        assert User.objects.get(pk=root.pk).has_role("admin")

        last.roles.add(Role.objects.get(name="admin"))


class TestByReset:
    def test_of_the_roles_that_come_with_the_product(self, last):
        user = Role.objects.get(name="user")
        user.permissions.add(everything())
        last.roles.add(user)
        last.roles.remove(Role.objects.get(name="admin"))

        with pytest.raises(CommandError, match="Give somebody the role"):
            call_command("seed_roles", reset=True)

    def test_which_does_not_take_it_from_the_role_admin(self):
        Role.objects.get(name="admin").permissions.add(Permission.objects.get(codename="users:read"))

        declared.sync(reset=True)

        assert list(Role.objects.get(name="admin").permissions.all()) == [everything()]


@pytest.mark.parametrize(
    "leave",
    [
        lambda user: user.delete(),
        lambda user: User.objects.all().delete(),
        lambda user: User.objects.filter(pk=user.pk).delete(),
        lambda user: User.objects.update(is_active=False),
        lambda user: User.objects.bulk_update([User(pk=user.pk, is_active=False)], ["is_active"]),
        lambda user: deactivate(user),
        lambda user: user.roles.clear(),
        lambda user: user.roles.set([]),
        lambda user: user.roles.remove(*user.roles.all()),
        lambda user: Role.objects.get(name="admin").users.clear(),
        lambda user: Role.objects.get(name="admin").users.remove(user),
        lambda user: Role.objects.get(name="admin").permissions.clear(),
        lambda user: Role.objects.get(name="admin").delete(),
        lambda user: Role.objects.all().delete(),
        lambda user: everything().roles.clear(),
        lambda user: everything().delete(),
        lambda user: Permission.objects.all().delete(),
        lambda user: Permission.objects.filter(codename="*").update(codename="nothing"),
    ],
)
def test_the_models_refuse_it_too(last, leave):
    """For a shell, a command or an app to come."""
    with pytest.raises(LastAdministrator), transaction.atomic():
        leave(User.objects.get(pk=last.pk))


def deactivate(user):
    user.is_active = False
    user.save()


def test_what_counts_is_the_end(last):
    admin = Role.objects.get(name="admin")

    with an_administrator_stays():
        last.roles.clear()
        assert not there_is_an_administrator()
        last.roles.add(admin)
    with pytest.raises(LastAdministrator), an_administrator_stays():
        last.roles.clear()


def test_where_there_was_none_nobody_is_missed(last):
    User.roles.through.objects.all().delete()  # below the guard
    other = UserFactory.create()

    other.delete()
    last.roles.clear()

    assert not User.objects.filter(pk=other.pk).exists()
    last.roles.add(Role.objects.get(name="admin"))


class TestWhoCannotSignIn:
    """An account that nobody can sign in to is no administrator, whatever it may do."""

    @pytest.fixture
    def other(self):
        return UserFactory.create(email="other@example.com", roles=["admin"])

    @pytest.mark.parametrize(
        "fields",
        [{"email": None, "email_key": None}, {"password": make_password(None)}, {"password": ""}],
    )
    def test_is_none(self, hers, last, other, fields, settings):
        User.objects.filter(pk=other.pk).update(**fields)

        refused(hers.delete(f"{USERS}/{last.pk}"))
        settings.AUTH0_ISSUER = "https://tenant.example.com/"
        ExternalIdentity.objects.create(user=other, issuer="https://elsewhere.example.com/", subject="auth0|other")
        refused(hers.delete(f"{USERS}/{last.pk}"))

    def test_but_by_auth0(self, hers, last, other, settings):
        settings.AUTH0_ISSUER = "https://tenant.example.com/"
        User.objects.filter(pk=other.pk).update(email=None, email_key=None, password=make_password(None))
        ExternalIdentity.objects.create(user=other, issuer=settings.AUTH0_ISSUER, subject="auth0|other")

        last.roles.clear()
        last.roles.add(Role.objects.get(name="admin"))

    def test_unless_its_tokens_say_what_one_may_do(self, hers, last, other, settings):
        settings.AUTH0_ISSUER, settings.AUTH0_RBAC = "https://tenant.example.com/", True
        User.objects.filter(pk=other.pk).update(email=None, email_key=None, password=make_password(None))
        ExternalIdentity.objects.create(user=other, issuer=settings.AUTH0_ISSUER, subject="auth0|other")

        refused(hers.delete(f"{USERS}/{last.pk}"))

    def test_so_the_last_one_keeps_password_and_address(self, client, last):
        root = UserFactory.create(is_staff=True, is_superuser=True)
        client.force_login(root)
        User.objects.filter(pk=root.pk).update(email=None, email_key=None)
        page = f"/admin/accounts/user/{last.pk}"

        told(client.post(f"{page}/password/", {"usable_password": "false", "unset-password": ""}, follow=True))
        told(
            client.post(f"{page}/change/", {"email": "", "name": "", "is_active": "on", "is_staff": "on"}, follow=True)
        )

        assert User.objects.get(pk=last.pk).has_usable_password()
        assert User.objects.get(pk=last.pk).email == "last@example.com"
