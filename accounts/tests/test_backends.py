import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser, Group, Permission

from accounts.backends import AccountBackend
from accounts.factories import PASSWORD, RoleFactory, UserFactory
from accounts.hashers import Argon2PasswordHasher
from accounts.models import Role

pytestmark = pytest.mark.django_db


def counted(method, calls):
    def call(*args, **kwargs):
        calls.append(args)
        return method(*args, **kwargs)

    return call


class TestSigningIn:
    @pytest.mark.parametrize("address", ["ada@example.com", "ADA@Example.com", " ada@example.com"])
    def test_by_address_in_any_spelling(self, make_user, address):
        ada = make_user(email="ada@example.com")

        assert authenticate(None, username=address, password=PASSWORD) == ada

    @pytest.mark.parametrize(
        ("address", "password"),
        [("ada@example.com", "wrong"), ("bob@example.com", PASSWORD), (None, PASSWORD), ("ada@example.com", None)],
    )
    def test_not_otherwise(self, make_user, address, password):
        make_user(email="ada@example.com")

        assert authenticate(None, username=address, password=password) is None

    def test_not_when_inactive(self, make_user):
        ada = make_user(is_active=False)

        assert authenticate(None, username=ada.email, password=PASSWORD) is None
        assert AccountBackend().get_user(ada.pk) is None

    @pytest.mark.parametrize("address", ["ada@example.com", "bob@example.com"])
    def test_known_and_unknown_addresses_cost_one_hash(self, make_user, monkeypatch, address):
        make_user(email="ada@example.com")
        hashed: list[object] = []
        for name in ("encode", "verify"):
            method = getattr(Argon2PasswordHasher, name)
            monkeypatch.setattr(Argon2PasswordHasher, name, counted(method, hashed))

        authenticate(None, username=address, password="wrong")

        assert len(hashed) == 1

    def test_an_overlong_password_is_not_hashed(self, make_user, monkeypatch):
        make_user(email="ada@example.com")
        monkeypatch.setattr("accounts.services.authenticate", lambda **_: pytest.fail("hashed"))

        assert authenticate(None, username="ada@example.com", password="x" * 129) is None


class TestPermissions:
    """With the models of this app; those of others, and own rows, in the tests of the whole admin."""

    @pytest.mark.parametrize(
        ("string", "names"),
        [
            ("users:read", {"accounts.view_user"}),
            ("users:write", {"accounts.add_user", "accounts.change_user"}),
            ("users:delete", {"accounts.delete_user"}),
            ("roles:write", {"accounts.add_role", "accounts.change_role", "accounts.delete_role"}),
            ("users:read:self", set()),
            ("users:write:self", set()),
            ("users:readx", set()),
            ("users", set()),
        ],
    )
    def test_names_are_answered_from_strings(self, make_user, string, names):
        account = make_user(string)

        assert account.get_all_permissions() == names
        assert account.has_perms(names)
        assert account.has_module_perms("accounts") is bool(names)
        assert not account.has_module_perms("account")

    def test_everything_is_everything_in_the_admin(self, make_user):
        account = make_user("*")

        assert account.has_perm("accounts.delete_role")
        assert account.has_perm("accounts.change_user", UserFactory.create())
        assert not account.has_perm("token_blacklist.view_outstandingtoken")

    def test_a_row_is_asked_for_with_the_name_of_its_model(self, make_user):
        account = make_user("users:read")

        assert account.has_perm("accounts.view_user", account)
        assert not account.has_perm("accounts.view_user", Role.objects.first())
        assert not account.has_perm("accounts.view_permission", RoleFactory.create())

    def test_the_tables_of_django_grant_nothing(self, make_user):
        account = make_user()
        permission = Permission.objects.get(codename="view_user")
        account.user_permissions.add(permission)
        group = Group.objects.create(name="staff")
        group.permissions.add(permission)
        account.groups.add(group)

        assert not account.has_perm("accounts.view_user")

    def test_nobody_and_the_dismissed_may_nothing(self, make_user):
        assert not AnonymousUser().has_perm("accounts.view_user")
        assert not make_user("*", is_active=False).has_perm("accounts.view_user")
