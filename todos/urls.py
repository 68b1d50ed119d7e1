from common.api.routers import ResourceRouter
from todos.views import TodoViewSet

router = ResourceRouter()
router.register("todos", TodoViewSet, basename="todos")
