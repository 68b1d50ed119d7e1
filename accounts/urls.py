from accounts.views import AccountViewSet
from common.api.routers import ResourceRouter

router = ResourceRouter()
router.register("users", AccountViewSet, basename="users")
