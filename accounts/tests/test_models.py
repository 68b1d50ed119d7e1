import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.managers import email_key
from accounts.models import Permission, Role, User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "ADA@EXAMPLE.COM"),
        ("strasse@example.com", "straße@example.com"),
        ("ada@example.com", "\uff41\uff44\uff41@example.com"),
        ("andré@example.com", "andre\u0301@example.com"),
        ("kelvin@example.com", "\u212aelvin@example.com"),
    ],
)
def test_spellings_of_one_address_are_one_account(one, other):
    assert email_key(one) == email_key(other)

    User.objects.create_user(one)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(other)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email=other)])
    assert User.objects.get_by_natural_key(other).email == one


def test_the_key_follows_the_address():
    user = User.objects.create_user("ada@example.com")

    user.email = "Ada.King@example.com"
    user.save(update_fields=["email"])

    assert User.objects.get(email_key="ada.king@example.com") == user


def test_accounts_without_an_address_do_not_collide():
    one, _ = User.objects.create_user(None), User.objects.create_user(None)

    assert str(one) == f"account {one.pk}"
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(None)


def test_the_database_wants_a_key_for_every_address():
    user = User.objects.create_user("ada@example.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(email_key=None)


@pytest.mark.parametrize(
    ("names", "highest"),
    [
        (["user"], "user"),
        (["auditor", "user"], "user"),
        (["auditor", "buyer"], "auditor"),
        (["store_manager", "user"], "store_manager"),
        (["admin", "auditor", "store_manager", "user"], "admin"),
        ([], ""),
    ],
)
def test_the_highest_role(make_user, names, highest):
    user = make_user()
    user.roles.set([Role.objects.get_or_create(name=name)[0] for name in names])

    assert User.objects.get(pk=user.pk).role == highest


def test_a_permission_is_held_by_its_whole_name(make_user):
    user = make_user("items:read", "todos:read:self")

    assert user.holds("items:read")
    assert user.holds("todos:read:self")
    for other in ("items:rea", "items:readx", "items:read:self", "todos:read", "items", "", "*"):
        assert not user.holds(other)


def test_a_star_is_everything(make_user):
    assert make_user("*").holds("whatever:there:is")
    assert make_user(is_superuser=True).holds("whatever:there:is")
    assert not make_user(is_staff=True).holds("whatever:there:is")


def test_what_an_account_may_do_is_one_query(make_user, django_assert_num_queries):
    user = User.objects.get(pk=make_user("items:read", roles=["user", "admin"]).pk)

    with django_assert_num_queries(1):
        assert user.holds("items:read")
        assert user.has_role("admin")
        assert user.role == "admin"
        assert not user.has_role("store_manager")


def test_a_role_without_permissions_is_still_a_role(make_user):
    user = make_user()
    user.roles.add(Role.objects.create(name="empty"))

    assert User.objects.get(pk=user.pk).has_role("empty")
    assert User.objects.get(pk=user.pk).permission_strings == frozenset()


def test_reading_the_account_again_reads_its_roles_again(make_user):
    user = make_user()
    assert not user.holds("items:read")

    role = Role.objects.create(name="reader")
    role.permissions.add(Permission.objects.get_or_create(codename="items:read")[0])
    user.roles.add(role)
    user.refresh_from_db()

    assert user.holds("items:read")


def test_createsuperuser(monkeypatch, capsys):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")

    call_command("createsuperuser", email="root@example.com", interactive=False)

    user = User.objects.get_by_natural_key("ROOT@example.com")
    assert user.check_password("correct horse battery")
    assert user.is_staff
    assert user.holds("items:write")
