"""What a process needs in order to answer, each part tried in a thread of its own, for a bounded time."""

import logging
import time
from collections.abc import Callable
from contextvars import copy_context
from threading import Thread
from uuid import uuid4

from django.core.cache import cache
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

log = logging.getLogger("health")

# Below the timeout of a usual probe, so that it gets to read the answer.
TIMEOUT = 2.0

Result = dict[str, str | float]


class CheckFailed(Exception):
    """A part answers, and not as it should."""


class Attempt(Thread):
    """One check, in a thread: there is no other way to stop waiting for a driver."""

    def __init__(self, name: str, check: Callable[[], None]) -> None:
        super().__init__(name=f"check-{name}", target=copy_context().run, args=(self.attempt,), daemon=True)
        self.check, self.status, self.ms = check, "timeout", TIMEOUT * 1000

    def attempt(self) -> None:
        start = time.perf_counter()
        try:
            self.check()
            status = "ok"
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


CHECKS: dict[str, Callable[[], None]] = {"database": database, "migrations": migrations, "cache": shared_cache}

# One attempt a check at a time: while one hangs, probes wait for it again and start no other.
_running: dict[str, Attempt] = {}


def examine() -> dict[str, Result]:
    deadline = time.monotonic() + TIMEOUT
    attempts = {name: _attempt(name, check) for name, check in CHECKS.items()}
    for attempt in attempts.values():
        attempt.join(max(0.0, deadline - time.monotonic()))
    return {name: attempt.result() for name, attempt in attempts.items()}


def _attempt(name: str, check: Callable[[], None]) -> Attempt:
    running = _running.get(name)
    if running is not None and running.is_alive():
        return running
    attempt = _running[name] = Attempt(name, check)
    attempt.start()
    return attempt
