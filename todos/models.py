from django.conf import settings
from django.db import models

from common.models import TimestampedModel


class Todo(TimestampedModel):
    title = models.CharField(max_length=255)
    description = models.TextField(max_length=1_000, null=True, blank=True)  # noqa: DJ001
    completed = models.BooleanField(default=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="todos", db_index=False)

    class Meta:
        # One for each ordering, and each filter beside the default one. All end with the key, which breaks ties.
        indexes = (
            models.Index(fields=["user", "id"], name="todo_by_user"),
            models.Index(fields=["completed", "id"], name="todo_by_completion"),
            models.Index(fields=["title", "id"], name="todo_by_title"),
            models.Index(fields=["created_at", "id"], name="todo_by_creation"),
            models.Index(fields=["updated_at", "id"], name="todo_by_update"),
        )
        constraints = (models.CheckConstraint(condition=~models.Q(title=""), name="todo_title_not_empty"),)

    def __str__(self) -> str:
        return self.title
