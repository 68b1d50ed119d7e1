import pytest

from accounts.models import User
from accounts.seeds import seed

pytestmark = pytest.mark.django_db


def test_says_how_to_sign_in_with_what_it_made():
    report = seed()

    for line, role in zip(report.splitlines(), ["admin", "user"], strict=True):
        email, password = line.split(" / ")
        user = User.objects.get_by_natural_key(email)
        assert user.check_password(password)
        assert user.role == role
    admin, user = User.objects.order_by("id")
    assert (admin.is_superuser, admin.is_staff) == (True, True)
    assert (user.is_superuser, user.is_staff) == (False, False)


def test_a_second_time_changes_nothing():
    seed()
    admin = User.objects.get(email="admin@example.com")
    admin.set_password("changed since then")
    admin.save()
    admin.roles.clear()

    seed()

    admin.refresh_from_db()
    assert User.objects.count() == 2
    assert admin.check_password("changed since then")
    assert admin.role == ""


def test_what_is_missing_comes_back():
    seed()
    User.objects.get(email="user@example.com").delete()

    seed()

    assert User.objects.get(email="user@example.com").check_password("demo-user-2026")
