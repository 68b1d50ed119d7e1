"""What a process needs in order to answer, each part tried in a thread of its own, for a bounded time."""

import logging
import time
from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta
from threading import Thread
from uuid import uuid4

from django.core.cache import cache
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from common.tasks import queue

log = logging.getLogger("health")

# Below the timeout of a usual probe, so that it gets to read the answer.
TIMEOUT = 2.0

Result = dict[str, str | float]
# A part that is no reason to send nobody here, and yet not as it should be, says how it is.
Check = Callable[[], str | None]
GOOD_ENOUGH = ("ok", "stale")

# How long a task may wait for a worker.
STALE_AFTER = timedelta(minutes=1)


class CheckFailed(Exception):
    """A part answers, and not as it should."""


class Attempt(Thread):
    """One check, in a thread: there is no other way to stop waiting for a driver."""

    def __init__(self, name: str, check: Check) -> None:
        super().__init__(name=f"check-{name}", target=copy_context().run, args=(self.attempt,), daemon=True)
        self.check, self.status, self.ms = check, "timeout", TIMEOUT * 1000

    def attempt(self) -> None:
        start = time.perf_counter()
        try:
            status = self.check() or "ok"
        except Exception:  # whatever a driver raises, the part is not there; the answer tells nothing of the inside
            log.warning("check failed", exc_info=True, extra={"fields": {"check": self.name}})
            status = "failed"
        finally:
            connections.close_all()
        self.ms = round((time.perf_counter() - start) * 1000, 1)
        self.status = status

    def result(self) -> Result:
        return {"status": self.status, "ms": self.ms}


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def migrations() -> None:
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CheckFailed(f"{len(missing)} migrations are not applied: run manage.py migrate")


def shared_cache() -> None:
    key, value = f"health-{uuid4().hex}", uuid4().hex
    cache.set(key, value, timeout=10)
    if cache.get(key) != value:
        raise CheckFailed("the cache does not give back what it was given")
    cache.delete(key)


def task_queue() -> str | None:
    """Stale: nobody works on it, and no mail leaves. Another web server would not change that."""
    return "stale" if queue.overdue(STALE_AFTER).exists() else None


CHECKS: dict[str, Check] = {"database": database, "migrations": migrations, "cache": shared_cache}

# One attempt a check at a time: while one hangs, probes wait for it again and start no other.
_running: dict[str, Attempt] = {}


def examine() -> dict[str, Result]:
    deadline = time.monotonic() + TIMEOUT
    checks = CHECKS | ({"tasks": task_queue} if queue.is_used() else {})
    attempts = {name: _attempt(name, check) for name, check in checks.items()}
    for attempt in attempts.values():
        attempt.join(max(0.0, deadline - time.monotonic()))
    return {name: attempt.result() for name, attempt in attempts.items()}


def _attempt(name: str, check: Check) -> Attempt:
    running = _running.get(name)
    if running is not None and running.is_alive():
        return running
    attempt = _running[name] = Attempt(name, check)
    attempt.start()
    return attempt
