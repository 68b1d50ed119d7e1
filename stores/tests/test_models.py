import pytest
from django.db import IntegrityError

from accounts.factories import UserFactory
from stores.factories import StoreManagerFactory
from stores.models import StoreManager

pytestmark = pytest.mark.django_db


def test_a_name_is_never_empty():
    with pytest.raises(IntegrityError, match="store_manager_name_not_empty"):
        StoreManager.objects.create(user=UserFactory.create(), name="")


def test_an_account_has_one_store_manager():
    manager = StoreManagerFactory.create()

    with pytest.raises(IntegrityError):
        StoreManager.objects.create(user=manager.user, name="another")


def test_goes_with_its_account():
    StoreManagerFactory.create().user.delete()

    assert not StoreManager.objects.exists()


def test_is_called_by_its_name():
    assert str(StoreManagerFactory.build(name="Corner Shop")) == "Corner Shop"
