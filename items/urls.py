from common.api.routers import ResourceRouter
from items.views import ItemViewSet, StoreItemViewSet

router = ResourceRouter()
router.register("items", ItemViewSet, basename="items")
router.register("store-managers/(?P<store_manager_id>[^/.]+)/items", StoreItemViewSet, basename="store-managers-items")
