from django.conf import settings
from django.db import models

from common.models import TimestampedModel


class Todo(TimestampedModel):
    title = models.CharField(max_length=255)
    description = models.TextField(max_length=1_000, null=True, blank=True)  # noqa: DJ001
    completed = models.BooleanField(default=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="todos")

    class Meta:
        constraints = (models.CheckConstraint(condition=~models.Q(title=""), name="todo_title_not_empty"),)

    def __str__(self) -> str:
        return self.title
