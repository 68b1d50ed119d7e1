"""What the database keeps, whoever writes."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from items.factories import ItemFactory
from items.models import Item
from stores.models import StoreManager

pytestmark = pytest.mark.django_db


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"name": ""}, "item_name_not_empty"),
        ({"price_usd": Decimal("-0.01")}, "item_price_in_range"),
        ({"category": "Weapons"}, "item_category_known"),
        ({"category": "pet"}, "item_category_known"),
        ({"category": ""}, "item_category_known"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(values, constraint):
    item = ItemFactory.create()

    with transaction.atomic(), refused(constraint):
        Item.objects.filter(pk=item.pk).update(**values)
    with transaction.atomic(), refused(constraint):
        Item.objects.bulk_create([Item(**{"name": "New", **values}, store_manager=item.store_manager)])


def test_a_price_that_is_too_high_is_refused():
    """By the constraint on SQLite, which counts no digits; on PostgreSQL the column has no room for one more."""
    ItemFactory.create()

    refused = pytest.raises(DatabaseError, match=r"item_price_in_range|numeric field overflow")
    with connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute("UPDATE items_item SET price_usd = 100000000")


def test_an_item_is_somebody_s():
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.bulk_create([Item(name="Nobody's")])


@pytest.mark.django_db(transaction=True)
def test_a_stranger_keeps_no_items():
    with pytest.raises(IntegrityError):
        Item.objects.create(name="A stranger's", store_manager_id=uuid4())


def test_the_account_takes_its_store_and_its_items_along():
    gone, stays = ItemFactory.create(), ItemFactory.create()

    gone.store_manager.user.delete()

    assert list(StoreManager.objects.all()) == [stays.store_manager]
    assert list(Item.objects.all()) == [stays]


def test_keys_are_in_the_order_of_their_making():
    made = ItemFactory.create_batch(50)

    assert list(Item.objects.order_by("pk")) == made
