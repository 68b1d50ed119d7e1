from common.api.filters import (
    BooleanFilter,
    ChoiceFilter,
    ContainsFilter,
    DateTimeFilter,
    DecimalFilter,
    ResourceFilter,
    UUIDFilter,
)
from items.models import Category


class StoreItemFilter(ResourceFilter):
    """For the items of one store manager."""

    category = ChoiceFilter(choices=Category.choices)
    in_stock = BooleanFilter()
    price_usd_min = DecimalFilter("price_usd", "gte")
    price_usd_max = DecimalFilter("price_usd", "lte")
    name = ContainsFilter()
    created_after = DateTimeFilter("created_at", "gte")
    created_before = DateTimeFilter("created_at", "lte")


class ItemFilter(StoreItemFilter):
    store_manager_id = UUIDFilter()
