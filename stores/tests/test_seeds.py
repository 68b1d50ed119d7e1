import pytest

from accounts.models import User
from stores.models import StoreManager
from stores.seeds import seed

pytestmark = pytest.mark.django_db


def test_says_how_to_sign_in_with_what_it_made(api):
    report = seed()

    for line in report.splitlines():
        email, _, password, name = line.split(" ", 3)
        manager = StoreManager.objects.get(user__email=email)
        assert (manager.user.role, f"({manager.name})") == ("store_manager", name)
        form = f"username={email}&password={password}"
        response = api.generic("POST", "/api/v1/store-managers/token", form, "application/x-www-form-urlencoded")
        assert response.json()["expires_in"] == 86_400
    assert User.objects.get(is_staff=True).email == "manager@example.com"
    assert set(StoreManager.objects.values_list("name", flat=True)) == {"Corner Shop", "Garden Centre"}


def test_a_second_time_changes_nothing():
    seed()
    user = User.objects.get(email="manager@example.com")
    user.set_password("changed since then")
    user.save()
    StoreManager.objects.filter(user=user).update(name="Renamed")

    seed()

    user.refresh_from_db()
    assert user.check_password("changed since then")
    assert (StoreManager.objects.count(), user.store_manager.name) == (2, "Renamed")
