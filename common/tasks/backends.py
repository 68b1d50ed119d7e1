"""Where tasks run: in the process that asked, or in a worker that looks for them in the database."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import connections, transaction
from django_tasks_db import DatabaseBackend

from common.signals import task_enqueued
from common.tasks import ORIGIN, origin
from common.tasks.api import ImmediateBackend, Task, TaskResult

# Of the process, for whoever is told to stop while there is something in it: Python waits for it at the end.
_outbox = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tasks")


def _traced(task: Task[Any, Any], kwargs: Any) -> dict[str, Any]:
    """Each task brings with it which request asked for it."""
    task_enqueued.send_robust(sender=None, task=task.module_path)
    return {ORIGIN: origin(), **kwargs}


class OnCommit(ImmediateBackend):
    """At once, by whoever commits. Whoever enqueues gets no result: there is none yet."""

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        return super().enqueue(task, args, _traced(task, kwargs))

    def _execute_task(self, task_result: TaskResult[Any]) -> None:
        transaction.on_commit(partial(self._execute, task_result))

    def _execute(self, task_result: TaskResult[Any]) -> None:
        super()._execute_task(task_result)


class InThread(OnCommit):
    """One after the other, in a thread of this process that nobody waits for. What is queued is lost with the process,
    unless it is asked to stop."""

    def _execute(self, task_result: TaskResult[Any]) -> None:
        _outbox.submit(self._execute_alone, task_result)

    def _execute_alone(self, task_result: TaskResult[Any]) -> None:
        try:
            super()._execute(task_result)
        finally:
            connections.close_all()


class InDatabase(DatabaseBackend):
    """A row of the transaction that asks: there once that is committed, for `manage.py db_worker`."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        return super().enqueue(task, args, _traced(task, kwargs))


def flush() -> None:
    """Wait until everything has run that was enqueued in this process before."""
    done: Future[None] = _outbox.submit(lambda: None)
    done.result()
