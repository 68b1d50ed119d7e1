import pytest
from django.db import transaction

from accounts.factories import UserFactory
from common.exceptions import Invalid
from stores.models import StoreManager
from stores.services import manager_of, open_store

pytestmark = pytest.mark.django_db


def test_the_manager_of_an_account_is_named_after_it():
    user = UserFactory.create(name="Ada")

    manager = manager_of(user)

    assert (manager.name, manager.user) == ("Ada", user)
    assert manager_of(user) == manager


def test_and_never_after_its_address():
    user = UserFactory.create(name="", email="ada@example.com")

    assert manager_of(user).name == f"Store manager {user.pk}"


def test_a_name_that_was_changed_stays():
    user = UserFactory.create(name="Ada")
    StoreManager.objects.filter(pk=manager_of(user).pk).update(name="Corner Shop")

    assert manager_of(user).name == "Corner Shop"


def test_once_it_is_there_it_costs_one_query(django_assert_num_queries):
    user = UserFactory.create()
    manager_of(user)

    with django_assert_num_queries(1):
        manager_of(user)


def test_a_refusal_leaves_the_callers_transaction_as_it_was():
    UserFactory.create(email="ada@example.com")
    with transaction.atomic():
        with pytest.raises(Invalid):
            open_store(name="x", email="Ada@example.com", password="correct horse battery")
        open_store(name="x", email="eve@example.com", password="correct horse battery")

    assert StoreManager.objects.get().user.email == "eve@example.com"
