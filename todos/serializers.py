from common.api import fields
from common.api.serializers import ResourceSerializer
from todos.models import Todo


class TodoSerializer(ResourceSerializer[Todo]):
    user_id = fields.IntegerField(read_only=True)

    class Meta:
        model = Todo
        fields = ("id", "title", "description", "completed", "user_id", "created_at", "updated_at")
