from common.api.routers import ResourceRouter
from stores.views import StoreManagerViewSet

router = ResourceRouter()
router.register("store-managers", StoreManagerViewSet, basename="store-managers")
