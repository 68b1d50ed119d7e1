"""What is asked of items by whoever it is."""

from uuid import UUID

from django.db.models import QuerySet

from common.api.text import is_uuid
from common.exceptions import Missing
from items.models import Item
from stores.models import StoreManager


def kept_by(store_manager_id: str, items: QuerySet[Item]) -> QuerySet[Item]:
    """Those of the items that this store manager keeps, who has to be there even if they keep none."""
    if not is_uuid(store_manager_id) or not StoreManager.objects.filter(pk=store_manager_id).exists():
        raise Missing("Store manager not found")
    return items.filter(store_manager=UUID(store_manager_id))
