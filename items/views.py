from typing import cast
from uuid import UUID

from accounts.models import User
from common.api.endpoints import Endpoint
from common.api.viewsets import ResourceViewSet
from items.filters import ItemFilter, StoreItemFilter
from items.models import Item
from items.serializers import ItemSerializer
from stores.services import manager_id_of


class ItemViewSet(ResourceViewSet[Item]):
    """The catalogue: anyone signed in may browse; a store manager keeps their own."""

    resource = "items"
    queryset = Item.objects.order_by("-id")
    serializer_class = ItemSerializer
    filterset_class: type[StoreItemFilter] = ItemFilter
    ordering_fields = ("id", "name", "category", "price_usd", "created_at", "updated_at")
    search_fields = ("name", "description")
    owner = "store_manager__user"

    def get_owner_key(self) -> UUID:
        return manager_id_of(cast("User", self.request.user))


class StoreItemViewSet(ItemViewSet):
    """One store manager's part of the catalogue."""

    include_only = (Endpoint.LIST,)
    filterset_class = StoreItemFilter
    part_of = "store_manager"
