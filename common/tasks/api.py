"""Django 6's Tasks API. From 6.0 on these come from `django.tasks`."""

from django_tasks import task as make_task
from django_tasks import task_backends
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus

__all__ = [
    "ImmediateBackend",
    "Task",
    "TaskResult",
    "TaskResultStatus",
    "make_task",
    "task_backends",
]
