"""Work for later: a function under `@task`, called by `enqueue` inside the transaction of what it belongs to.

    @task(retry_on=(NotSent,))
    def greet(user: int) -> None: ...

    greet.enqueue(user=user.pk)

It runs once the transaction is committed, and not at all if it is rolled back. Arguments are JSON and stand in the
queue for anybody who can read the database: keys of rows, never a secret. A worker that dies leaves its task undone,
and one that is tried again may have done half of it.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial, wraps
from typing import Any, ParamSpec, TypedDict, overload

from django.utils import timezone

from common.logging import request_id, trace_id
from common.queries import Counting, Spent
from common.signals import task_done
from common.tasks.api import Task, make_task

P = ParamSpec("P")

Errors = tuple[type[Exception], ...]

# Seconds until it is tried again, where there is a queue to wait in: for half an hour in all.
DELAYS = (10, 60, 300, 1500)

# An argument beside the task's own.
ORIGIN = "_origin"

log = logging.getLogger("tasks")


class Origin(TypedDict):
    """Who asked for it."""

    request_id: str
    trace_id: str
    attempt: int


def origin() -> Origin:
    return {"request_id": request_id.get(), "trace_id": trace_id.get(), "attempt": 1}


@overload
def task(function: Callable[P, None]) -> Task[P, Any]: ...
@overload
def task(*, retry_on: Errors) -> Callable[[Callable[P, None]], Task[P, Any]]: ...
def task(function: Callable[P, None] | None = None, *, retry_on: Errors = ()) -> Any:
    """Django's own, whose log lines have the id of the request that asked, and which is tried again after some errors.

    After the last try, or by another error, it has failed: the row says so for a month, and the log at once.
    """

    def decorate(function: Callable[P, None]) -> Task[P, Any]:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> str:
            return _run(made, function, retry_on, args, kwargs)

        made: Task[Any, Any] = make_task(run)
        return made

    return decorate if function is None else decorate(function)


def _run(
    task: Task[Any, Any], function: Callable[..., None], retry_on: Errors, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> str:
    asked: Origin = kwargs.pop(ORIGIN, None) or origin()
    with ExitStack() as stack:
        stack.callback(request_id.reset, request_id.set(asked["request_id"]))
        stack.callback(trace_id.reset, trace_id.set(asked["trace_id"]))
        spent = stack.enter_context(Counting())
        report = partial(_report, task.module_path, asked["attempt"], time.perf_counter(), spent)
        try:
            function(*args, **kwargs)
        except retry_on as error:
            if not _try_again(task, asked, args, kwargs):
                report("failed")
                raise
            log.warning("A task is tried again (%s).", error, extra={"fields": {"task": task.module_path}})
            return report("retried")
        except BaseException:
            report("failed")
            raise
        return report("done")


def _report(name: str, attempt: int, start: float, spent: Spent, outcome: str) -> str:
    seconds = time.perf_counter() - start
    fields = {"task": name, "outcome": outcome, "attempt": attempt, "ms": round(seconds * 1000, 1)}
    failed = outcome == "failed"
    extra = {"fields": {**fields, "queries": spent.queries}}
    log.log(logging.ERROR if failed else logging.INFO, "task", exc_info=failed, extra=extra)
    task_done.send_robust(sender=None, task=name, outcome=outcome, seconds=seconds)
    return outcome


def _try_again(task: Task[Any, Any], asked: Origin, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    if asked["attempt"] > len(DELAYS) or not task.get_backend().supports_defer:
        return False
    later = timezone.now() + timedelta(seconds=DELAYS[asked["attempt"] - 1])
    again: Origin = {**asked, "attempt": asked["attempt"] + 1}
    task.using(run_after=later).enqueue(*args, **{**kwargs, ORIGIN: again})
    return True
