from common.api.viewsets import ResourceViewSet
from todos.filters import TodoFilter
from todos.models import Todo
from todos.serializers import TodoSerializer


class TodoViewSet(ResourceViewSet[Todo]):
    """Private lists: each account sees and keeps its own."""

    resource = "todos"
    queryset = Todo.objects.order_by("-id")
    serializer_class = TodoSerializer
    filterset_class = TodoFilter
    ordering_fields = ("id", "title", "completed", "created_at", "updated_at")
    search_fields = ("title", "description")
    owner = "user"
