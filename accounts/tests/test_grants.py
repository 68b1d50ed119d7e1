"""What roles grant is kept in the process, and never a request longer than it holds."""

from contextlib import ExitStack

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts import caller, grants, sessions, tokens
from accounts.factories import RoleFactory, UserFactory
from accounts.models import GrantsGeneration, Permission, Role, User
from accounts.tests.server import gunicorn
from common.testing.races import clients

LINKS = "accounts_role_permissions"


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def empty(table):
    if connection.vendor == "postgresql":
        run(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table}")
    else:
        run(f"DELETE FROM {table}")


def permission(codename):
    return Permission.objects.get_or_create(codename=codename)[0]


@pytest.fixture
def role(db):
    role = RoleFactory.create(name="clerk")
    role.permissions.set([permission("items:read"), permission("todos:read")])
    return role


@pytest.fixture
def identify(role):
    """The clerk, as the next request has him."""
    user = UserFactory.create()
    user.roles.add(role)
    access = sessions.start(user).access
    return lambda: caller.identify(tokens.read(access, tokens.AccessToken))


def test_they_are_read_once_until_something_changes(identify, role, django_assert_num_queries):
    for expected in (2, 1, 1):
        with django_assert_num_queries(expected):
            assert identify().holds("items:read")
    role.permissions.add(permission("items:write"))
    for expected in (2, 1):
        with django_assert_num_queries(expected):
            assert identify().holds("items:write")


CHANGES = {
    "granted": lambda role: role.permissions.add(permission("items:write")),
    "taken away": lambda role: role.permissions.remove(permission("items:read")),
    "all taken away": lambda role: role.permissions.clear(),
    "others": lambda role: role.permissions.set([permission("items:delete")]),
    "renamed": lambda role: Role.objects.filter(pk=role.pk).update(name="other"),
    "saved": lambda role: Role(pk=role.pk, name="saved").save(),
    "deleted": lambda role: role.delete(),
    "permission renamed": lambda role: Permission.objects.filter(codename="items:read").update(codename="items:x"),
    "permission deleted": lambda role: permission("items:read").delete(),
    "links in bulk": lambda role: Role.permissions.through.objects.bulk_create(
        [Role.permissions.through(role=role, permission=permission("items:write"))], ignore_conflicts=True
    ),
    "link replaced by hand": lambda role: run(
        f"UPDATE {LINKS} SET permission_id = {permission('items:write').pk} WHERE role_id = {role.pk}"
        f" AND permission_id = {permission('items:read').pk}"
    ),
    "link deleted by hand": lambda role: run(f"DELETE FROM {LINKS} WHERE role_id = {role.pk}"),
    "role renamed by hand": lambda role: run(f"UPDATE accounts_role SET name = 'by hand' WHERE id = {role.pk}"),
    "links emptied": lambda role: empty(LINKS),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whoever_changes_them_by_whatever_way(identify, role, change):
    before = identify().grants
    # So that the change itself is seen, and not what it needs.
    permission("items:write"), permission("items:delete"), identify()

    change(role)

    after = identify()
    assert after.grants == User.objects.get(pk=after.pk).grants != before


def test_a_role_given_or_taken_is_seen_too(identify):
    user, other = identify(), RoleFactory.create(name="other")
    for change, roles in ((user.roles.add, {"clerk", "other"}), (user.roles.remove, {"clerk"})):
        change(other)
        assert identify().role_names == roles


def test_what_was_undone_grants_nothing(identify, role):
    for name in ("items:write", "items:delete"):
        with transaction.atomic():
            role.permissions.add(permission(name))
            assert identify().holds(name)
            transaction.set_rollback(True)
        assert not identify().holds(name)
        assert identify().holds("items:read")


def test_with_its_generation_lost_they_are_asked_for_each_time(identify, role, django_assert_num_queries):
    assert identify().holds("items:read")
    GrantsGeneration.objects.all().delete()
    for _ in range(2):
        with django_assert_num_queries(2):
            assert identify().holds("items:read")
    role.permissions.clear()
    assert not identify().holds("items:read")


def test_what_is_read_a_moment_later_is_kept_as_of_then(identify, role):
    """Another request may come between the two queries, and change the role."""
    before = identify().grants
    role.permissions.add(permission("items:write"))

    assert grants.of_roles(str(role.pk), "that of before") != before
    assert grants._kept.generation == GrantsGeneration.objects.get().value


def test_there_is_an_end_to_what_is_kept(identify, role, monkeypatch):
    monkeypatch.setattr(grants, "MOST", 2)
    for number in range(4):
        identify().roles.add(RoleFactory.create(name=f"role {number}"))
    generation = grants._kept.generation
    for user in [UserFactory.create() for _ in range(4)]:
        user.roles.set(Role.objects.filter(name__in=[f"role {user.pk % 4}", "clerk"]))
        grants.of_roles(",".join(str(pk) for pk in user.roles.values_list("pk", flat=True)), generation)
        assert len(grants._kept.granted) <= 2


@pytest.mark.django_db(transaction=True)
def test_after_everything_is_emptied_and_made_anew(role, identify):
    assert identify().holds("items:read")
    call_command("flush", interactive=False, verbosity=0)
    user = UserFactory.create()
    user.roles.add(Role.objects.create(pk=role.pk, name="clerk"))

    claims = tokens.read(sessions.start(user).access, tokens.AccessToken)
    assert caller.identify(claims).permission_strings == frozenset()


@pytest.mark.django_db(transaction=True)
def test_in_every_process_on_the_next_request(role, tmp_path):
    """Each process has asked before, so that each keeps what it was told."""
    user = UserFactory.create()
    user.roles.add(role)
    access = sessions.start(user).access
    with ExitStack() as stack:
        logs = [tmp_path / f"gunicorn-{number}.log" for number in range(2)]
        servers = [stack.enter_context(gunicorn(workers=1, threads=2, log=log)) for log in logs]
        asking = [stack.enter_context(clients(server.url, 1, access))[0] for server in servers]

        def statuses():
            return [client.ask("GET", "/api/v1/items").status for client in asking for _ in range(2)]

        assert statuses() == [200] * 4
        role.permissions.remove(permission("items:read"))
        assert statuses() == [403] * 4
        role.permissions.add(permission("items:read"))
        assert statuses() == [200] * 4
        user.roles.clear()
        assert statuses() == [403] * 4
