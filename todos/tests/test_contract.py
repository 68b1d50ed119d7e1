from common.testing.contract import ResourceContract
from common.testing.scale import Scale
from todos.factories import TodoFactory
from todos.views import TodoViewSet


class TestTodos(ResourceContract, Scale):
    viewset = TodoViewSet
    factory = TodoFactory
    body = {"title": "Buy oat milk", "description": "Two cartons"}
    change = {"title": "Buy soy milk", "description": "One\ncarton", "completed": True}
    invalid = {
        "title": ["", "  ", "x" * 256, "a\nb", "a\u202eb"],
        "description": ["x" * 1_001, "\x07"],
        "completed": [None],
    }
