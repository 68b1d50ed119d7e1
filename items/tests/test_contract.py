from common.testing.contract import ResourceContract
from common.testing.scale import Scale
from items.factories import ItemFactory
from items.views import ItemViewSet


class TestItems(ResourceContract, Scale):
    viewset = ItemViewSet
    factory = ItemFactory
    create_queries = 4  # the first item finds no store manager, twice, and makes one
    body = {"name": "Fountain pen", "category": "Stationery", "price_usd": 24.9}
    change = {"name": "Ball pen", "description": "Blue", "category": "Pet", "price_usd": 0.01, "in_stock": False}
    invalid = {
        "name": ["", " ", "x" * 65, "a\nb", "\u202eneb"],
        "category": ["", "Pets", "pet"],
        "price_usd": [-0.01, 100_000_000, 0.001, "1e2", None],
        "in_stock": [None],
    }
