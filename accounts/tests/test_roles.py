"""What the apps declare becomes rows, and what an administrator changes stays changed."""

from types import SimpleNamespace

import pytest
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection

from accounts import roles
from accounts.models import OfferedGrant, Permission, Role

pytestmark = pytest.mark.django_db


def held(name):
    return set(Role.objects.get(name=name).permissions.values_list("codename", flat=True))


@pytest.fixture
def declare(monkeypatch):
    """Let an app above declare this, as if it had just been installed."""

    def declare(permissions, grants):
        declared, default = roles.declared_permissions(), roles.default_grants()
        pairs = {(role, codename) for role, codenames in grants.items() for codename in codenames}
        monkeypatch.setattr(roles, "declared_permissions", lambda: declared | set(permissions))
        monkeypatch.setattr(roles, "default_grants", lambda: default | pairs)

    return declare


def test_migrate_leaves_the_roles_and_their_grants():
    assert {"users:read:self", "users:write:self"} <= held("user")
    assert not any(codename.endswith(":delete") or codename == "users:read" for codename in held("user"))
    assert held("admin") == {"*"}


def test_every_declared_string_is_a_row():
    declared = {"*", "users:read", "users:write", "users:delete", "users:read:self", "roles:read", "roles:write"}

    assert declared <= set(Permission.objects.values_list("codename", flat=True))


def test_with_nothing_new_it_costs_three_queries(django_assert_num_queries):
    before = OfferedGrant.objects.count()

    with django_assert_num_queries(3 + 2 + (connection.vendor == "postgresql")):  # a savepoint, the lock
        roles.sync()

    assert OfferedGrant.objects.count() == before


def test_what_was_taken_away_stays_away():
    user = Role.objects.get(name="user")
    user.permissions.remove(Permission.objects.get(codename="users:write:self"))

    roles.sync()

    assert "users:write:self" not in held("user")


def test_what_was_given_stays():
    Role.objects.get(name="user").permissions.add(Permission.objects.get(codename="users:read"))

    roles.sync()

    assert "users:read" in held("user")


def test_a_deleted_role_comes_back_without_its_grants():
    Role.objects.get(name="admin").delete()

    roles.sync()

    assert held("admin") == set()


def test_a_new_app_brings_its_strings_and_grants(declare):
    Role.objects.get(name="user").permissions.clear()
    declare(["notes:read", "notes:write"], {"user": ["notes:read"], "auditor": ["notes:read"]})

    roles.sync()

    assert held("user") == held("auditor") == {"notes:read"}
    assert Permission.objects.filter(codename="notes:write").exists()


def test_a_role_starts_with_what_the_role_it_includes_is_granted_by_any_app(monkeypatch):
    auditing = SimpleNamespace(GRANTS={"auditor": ("notes:audit",)}, INCLUDES={"auditor": "user"})
    notes = SimpleNamespace(GRANTS={"user": ("notes:read",), "editor": ("notes:write",)})
    monkeypatch.setattr(roles, "_declarations", lambda: iter([auditing, notes]))

    roles.sync()

    assert held("auditor") == {"notes:audit", "notes:read"}
    assert held("editor") == {"notes:write"}


def test_reset_makes_the_default_roles_what_they_were():
    before = held("user")
    own = Role.objects.create(name="auditor")
    own.permissions.add(Permission.objects.get(codename="users:read"))
    user = Role.objects.get(name="user")
    user.permissions.set([Permission.objects.get(codename="users:delete")])

    roles.sync(reset=True)

    assert held("user") == before
    assert held("auditor") == {"users:read"}


def test_a_role_that_an_administrator_made_is_left_alone():
    Role.objects.create(name="auditor", description="Looks")

    roles.sync()

    assert Role.objects.get(name="auditor").description == "Looks"


@pytest.mark.django_db(transaction=True)
class TestOnAFlushedDatabase:
    """Flushing sends `post_migrate`, so that the next test finds the roles as after `migrate`."""

    def test_roles_come_back(self):
        call_command("flush", interactive=False, verbosity=0)

        assert "users:read:self" in held("user")

    def test_the_ledger_starts_anew_with_them(self):
        Role.objects.get(name="user").permissions.clear()

        call_command("flush", interactive=False, verbosity=0)

        assert "users:read:self" in held("user")


def test_waits_while_its_tables_are_not_there():
    """As after `migrate accounts zero`: the state of the migrations has no such models."""
    Role.objects.all().delete()

    roles.sync_after_migrate(using="default", apps=Apps())

    assert not Role.objects.exists()
