import pytest

from accounts.factories import UserFactory
from stores.factories import StoreManagerFactory
from stores.models import StoreManager

pytestmark = pytest.mark.django_db

LIST = "/admin/stores/storemanager/"


def test_a_manager_renames_their_store_and_nothing_else(client):
    ada, bob = UserFactory.create(is_staff=True, roles=["user", "store_manager"]), UserFactory.create()
    store = StoreManagerFactory.create(user=ada)
    client.force_login(ada)

    assert client.post(f"{LIST}{store.pk}/change/", {"name": "Ada & Sons", "user": bob.pk}).status_code == 302
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{store.pk}/delete/", {"post": "yes"}).status_code == 403

    store.refresh_from_db()
    assert (store.name, store.user) == ("Ada & Sons", ada)


def test_an_administrator_gives_an_account_its_store_once(client):
    client.force_login(UserFactory.create(is_staff=True, roles=["admin"]))
    ada = UserFactory.create()

    assert client.post(f"{LIST}add/", {"name": "Ada & Sons", "user": ada.pk}).status_code == 302
    assert client.post(f"{LIST}add/", {"name": "Ada's second", "user": ada.pk}).status_code == 200

    assert [store.name for store in StoreManager.objects.all()] == ["Ada & Sons"]
