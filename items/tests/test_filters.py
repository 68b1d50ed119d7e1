"""The filters of the catalogue by example. That each is strict, inclusive and repeatable is in the contract."""

from decimal import Decimal

import pytest

from common.testing.base import ids
from items.factories import ItemFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/items"


@pytest.fixture
def client(make_user, bearer):
    return bearer(make_user("items:read"))


@pytest.fixture
def stock():
    """Five items by name."""
    rows = [
        ("Fountain pen", "Stationery", "24.90", True),
        ("Pen refills", "Stationery", "3.50", False),
        ("Dog bed", "Pet", "24.91", True),
        ("Penne rigate", "Grocery", "0.00", True),
        ("Lost property", None, "99999999.99", True),
    ]
    return {
        name: ItemFactory.create(name=name, category=category, price_usd=Decimal(price), in_stock=in_stock)
        for name, category, price, in_stock in rows
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("category=Stationery", {"Fountain pen", "Pen refills"}),
        ("category=Stationery&category=Pet", {"Fountain pen", "Pen refills", "Dog bed"}),
        ("category=Apparel", set()),
        ("price_usd_min=24.9", {"Fountain pen", "Dog bed", "Lost property"}),
        ("price_usd_max=24.9", {"Fountain pen", "Pen refills", "Penne rigate"}),
        ("price_usd_min=24.90&price_usd_max=24.90", {"Fountain pen"}),
        ("price_usd_min=24.901&price_usd_max=24.909", set()),
        ("price_usd_max=0", {"Penne rigate"}),
        ("price_usd_max=-0.01", set()),
        ("price_usd_min=99999999.99", {"Lost property"}),
        ("price_usd_min=100000000", set()),
        ("name=PEN", {"Fountain pen", "Pen refills", "Penne rigate"}),
        ("in_stock=false", {"Pen refills"}),
        ("name=pen&in_stock=true&category=Stationery&price_usd_min=1", {"Fountain pen"}),
        ("q=pen%20refill", {"Pen refills"}),
    ],
)
def test_list_and_count_agree(client, stock, query, names):
    found = client.get(f"{URL}?{query}").json()

    assert {row["name"] for row in found["results"]} == names
    assert found["count"] == client.get(f"{URL}/count?{query}").json()["count"] == len(names)


def test_by_store_manager(client, stock):
    pen = stock["Fountain pen"]

    assert ids(client.get(URL, {"store_manager_id": str(pen.store_manager_id)})) == [str(pen.pk)]
    assert ids(client.get(URL, {"store_manager_id": str(pen.pk)})) == []


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"category": None}, {"Lost property"}),
        ({"category": {"in": ["Pet", "Grocery"]}}, {"Dog bed", "Penne rigate"}),
        ({"price_usd": 24.9}, {"Fountain pen"}),
        ({"price_usd": {"gt": "3.50", "lt": 24.91}}, {"Fountain pen"}),
        ({"name": "PEN", "in_stock": False}, {"Pen refills"}),
    ],
)
def test_search(client, stock, body, names):
    found = client.post(f"{URL}/search", body).json()

    assert {row["name"] for row in found["results"]} == names
