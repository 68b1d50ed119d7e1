from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from statistics import mean, median

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from items.models import Category, Item
from items.seeds.catalogue import CATALOGUE
from items.serializers import ItemSerializer
from stores import seeds as stores
from stores.models import StoreManager

pytestmark = pytest.mark.django_db

MANY = 600


def seed(items=0):
    out, err = StringIO(), StringIO()
    call_command("seed", items=items, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def rows():
    return list(Item.objects.order_by("pk").values())


def test_the_catalogue_shows_every_category_and_both_stores():
    out, _ = seed()

    assert f"{len(CATALOGUE)} items added, {len(CATALOGUE)} there." in out
    assert {item.category for item in Item.objects.all()} == {*Category.values, None}
    assert set(Item.objects.values_list("store_manager__name", flat=True)) == {"Corner Shop", "Garden Centre"}


def test_what_was_deleted_comes_back_and_what_was_changed_stays():
    seed()
    before = rows()
    Item.objects.filter(pk=before[0]["id"]).delete()
    Item.objects.filter(pk=before[1]["id"]).update(name="Changed")

    out, _ = seed()

    assert "1 items added" in out
    assert rows() == [before[0], {**before[1], "name": "Changed"}, *before[2:]]


def test_the_same_number_is_the_same_items():
    seed(MANY)
    once = rows()
    out, _ = seed(MANY)

    assert f"0 items added, {MANY} there." in out
    assert rows() == once

    Item.objects.all().delete()
    seed(MANY)
    assert rows() == once


def test_a_larger_number_adds_the_difference_and_a_smaller_one_nothing():
    seed(MANY - 100)
    fewer = {row["id"]: row for row in rows()}
    assert len(fewer) == MANY - 100

    seed(MANY)
    more = {row["id"]: row for row in rows()}
    assert len(more) == MANY
    assert {pk: more[pk] for pk in fewer} == fewer

    seed(10)
    assert len(rows()) == MANY


def test_no_statement_is_for_all_of_them(monkeypatch):
    monkeypatch.setattr("items.seeds.BATCH", 50)
    with CaptureQueriesContext(connection) as asked:
        seed(MANY)
    changes = [one for one in asked if one["sql"].startswith('UPDATE "items_item"')]
    assert len(changes) == MANY / 50
    assert not Item.objects.exclude(updated_at=F("created_at")).exists()


def test_items_of_others_count_and_stay():
    seed()
    manager = StoreManager.objects.create(user=User.objects.get(email="user@example.com"), name="Own")
    own = Item.objects.create(name="Own", store_manager=manager)
    updated_at = own.updated_at

    seed(100)

    own.refresh_from_db()
    assert (own.name, own.updated_at) == ("Own", updated_at)
    assert Item.objects.count() == 100


def test_the_items_look_like_those_of_a_shop():
    seed(MANY)
    items = list(Item.objects.all())
    prices = [item.price_usd for item in items]

    assert len({item.name for item in items}) > MANY * 0.9
    assert all(count > MANY * 0.03 for category, count in Counter(item.category for item in items).items() if category)
    assert len(set(prices)) > 100
    assert mean(prices) > median(prices) * Decimal("1.3")  # many cheap, few dear
    assert 0.8 < mean(item.in_stock for item in items) < 0.95
    assert 0.6 < mean(bool(item.description) for item in items) < 0.95


def test_the_api_would_take_every_one_of_them():
    seed(MANY)
    names = ("name", "description", "category", "price_usd", "in_stock")

    bodies = [{name: row[name] for name in names} for row in rows()]

    serializer = ItemSerializer(data=bodies, many=True)
    assert serializer.is_valid(), serializer.errors


def test_they_came_in_over_a_year_and_the_newest_is_listed_first(make_user, bearer):
    seed(MANY)
    newest_first = Item.objects.order_by("-created_at", "-pk")
    days = [(datetime.now(UTC) - item.created_at).total_seconds() / 86_400 for item in newest_first]

    assert 0 < days[0] < 8
    assert 355 < days[-1] < 367
    assert 150 < median(days) < 215
    page = bearer(make_user("items:read")).get("/api/v1/items").json()["results"]
    assert [row["name"] for row in page] == [item.name for item in newest_first[:20]]
    for item in newest_first:
        assert item.pk.version == 7
        assert datetime.fromtimestamp((item.pk.int >> 80) / 1000, UTC) == item.created_at
        assert item.updated_at == item.created_at


@pytest.mark.parametrize("items", [-1, 500_001])
def test_a_number_that_makes_no_sense_is_refused(items):
    with pytest.raises(CommandError, match="--items is a number from 0 to 500,000"):
        seed(items)


def test_without_the_demo_stores_there_are_no_items(monkeypatch):
    monkeypatch.setattr(stores, "MANAGERS", ())

    out, _ = seed(100)

    assert "No store of the demo" in out
    assert not Item.objects.exists()


def test_it_says_how_far_it_is():
    _, err = seed(3_000)

    assert err.splitlines() == ["Items: 66%", "Items: 100%"]
