from decimal import Decimal

from django.db import models
from django.db.models import Q

from common.models import TimestampedModel, UUIDModel


class Category(models.TextChoices):
    GROCERY = "Grocery", "Grocery"
    HOUSEHOLD = "Household", "Household"
    ELECTRONICS = "Electronics", "Electronics"
    STATIONERY = "Stationery", "Stationery"
    PERSONAL_CARE = "Personal Care", "Personal Care"
    APPAREL = "Apparel", "Apparel"
    HOME_IMPROVEMENT = "Home Improvement", "Home Improvement"
    PET = "Pet", "Pet"


class Item(UUIDModel, TimestampedModel):
    name = models.CharField(max_length=64)
    description = models.TextField(max_length=10_000, blank=True, default="")
    # An item that nobody has sorted yet has no category, and is asked for by null.
    category = models.CharField(max_length=32, choices=Category, null=True, blank=True)  # noqa: DJ001
    price_usd = models.DecimalField("price in US dollars", max_digits=10, decimal_places=2, default=Decimal(0))
    in_stock = models.BooleanField(default=True)
    store_manager = models.ForeignKey(
        "stores.StoreManager", on_delete=models.CASCADE, related_name="items", db_index=False
    )

    class Meta:
        # One for each ordering, and each filter beside the default one. They end with the key, which breaks ties.
        # One more for what is asked together most, with all that it is asked for, to be counted without the rows.
        indexes = (
            models.Index(fields=["category", "price_usd", "id", "in_stock"], name="item_by_category_and_price"),
            models.Index(fields=["store_manager", "id"], name="item_by_store_manager"),
            models.Index(fields=["category", "id"], name="item_by_category"),
            models.Index(fields=["in_stock", "id"], name="item_by_stock"),
            models.Index(fields=["name", "id"], name="item_by_name"),
            models.Index(fields=["price_usd", "id"], name="item_by_price"),
            models.Index(fields=["created_at", "id"], name="item_by_creation"),
            models.Index(fields=["updated_at", "id"], name="item_by_update"),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="item_name_not_empty"),
            models.CheckConstraint(
                condition=Q(price_usd__gte=0, price_usd__lte=Decimal("99999999.99")), name="item_price_in_range"
            ),
            models.CheckConstraint(
                condition=Q(category__isnull=True) | Q(category__in=Category.values), name="item_category_known"
            ),
        )

    def __str__(self) -> str:
        return self.name
