from common.api import fields
from common.api.serializers import ResourceSerializer
from items.models import Item


class ItemSerializer(ResourceSerializer[Item]):
    price_usd = fields.MoneyField(required=False)
    store_manager_id = fields.UUIDField(read_only=True)

    class Meta:
        model = Item
        fields = (
            "id",
            "name",
            "description",
            "category",
            "price_usd",
            "in_stock",
            "store_manager_id",
            "created_at",
            "updated_at",
        )
