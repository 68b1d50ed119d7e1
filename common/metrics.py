"""What happens, as numbers for Prometheus: imported only where METRICS is on.

Under several processes each counts in files of its own, in PROMETHEUS_MULTIPROC_DIR, and whichever is asked adds them
up. What must be looked up, the queue and whether the parts are there, is looked up when asked. Labels are templates and
names of ours: whatever clients send, there is an end to them.
"""

import hmac
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MutexValue, ValueClass

from common import health, signals
from common.api.errors import answer
from common.queries import spent
from common.readiness import examine
from common.routes import method_of, route_of
from common.tasks import queue

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("http_requests", "Requests that were answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("http_request_duration_seconds", "Until the answer.", ["route"], buckets=_SECONDS)
IN_FLIGHT = Gauge("http_requests_in_flight", "Requests that are being answered.", multiprocess_mode="livesum")
QUERIES = Counter("db_queries", "Queries that requests made.")
QUERY_SECONDS = Counter("db_query_seconds", "How long requests waited for their queries.")
AUDIT_EVENTS = Counter("audit_events", "What the audit was told, also where a row gathers many.", ["action"])
THROTTLED = Counter("requests_throttled", "Requests beyond their rate.", ["scope"])
DEGRADED = Counter("degraded", "Something to do without stopped answering; once a minute at most.", ["component"])
TASKS_ENQUEUED = Counter("tasks_enqueued", "Tasks that were asked for.", ["task"])
TASKS_RUN = Counter("tasks_run", "Tries at a task, where this process makes them.", ["task", "outcome"])
TASK_SECONDS = Histogram("task_duration_seconds", "Of a try.", ["task"], buckets=(*_SECONDS, 30, 60))

PATH = "/metrics"


class Children(NamedTuple):
    requests: Counter
    seconds: Histogram


@cache  # routes, methods and statuses are ours
def _children(method: str, route: str, status: int) -> Children:
    return Children(REQUESTS.labels(method, route, status), REQUEST_SECONDS.labels(route))


class MetricsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        IN_FLIGHT.inc()
        try:
            response = self.get_response(request)
        finally:
            IN_FLIGHT.dec()
        children = _children(method_of(request), route_of(request), response.status_code)
        children.requests.inc()
        children.seconds.observe(time.perf_counter() - start)
        asked = spent()
        QUERIES.inc(asked.queries)
        QUERY_SECONDS.inc(asked.seconds)
        return response


class Now(Collector):
    """What is looked up for whoever asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("health_check_up", "1: as it should be (/health/ready).", labels=["check"])
        checks = examine()
        for name, result in checks.items():
            up.add_metric([name], result["status"] == "ok")
        yield up
        if queue.is_used() and checks["database"]["status"] == "ok":
            yield from self._queue()

    def _queue(self) -> Iterator[GaugeMetricFamily]:
        found = GaugeMetricFamily("task_queue", "Tasks in the database, done ones for a day.", labels=["status"])
        try:
            depths = queue.depths()
        except DatabaseError:  # since the check
            return
        for status, depth in depths.items():
            found.add_metric([status], depth)
        yield found


def page(request: HttpRequest) -> HttpResponse:
    given = request.headers.get("Authorization", "")
    # As bytes: of text it compares ASCII only.
    if settings.METRICS_TOKEN and not hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
        return answer(401, "The token for metrics is needed.", headers={"WWW-Authenticate": "Bearer"}, request=request)
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    if ValueClass is MutexValue:
        registry.register(REGISTRY)
    else:
        MultiProcessCollector(registry)
    registry.register(Now())
    return registry


def start() -> None:
    health.VIEWS[PATH] = page
    signals.recorded.connect(_recorded)
    signals.throttled.connect(_throttled)
    signals.degraded.connect(_degraded)
    signals.task_enqueued.connect(_enqueued)
    signals.task_done.connect(_done)


def _recorded(sender: object, *, action: str, **kwargs: object) -> None:
    transaction.on_commit(AUDIT_EVENTS.labels(action).inc, robust=True)


def _throttled(sender: object, *, scope: str, **kwargs: object) -> None:
    THROTTLED.labels(scope).inc()


def _degraded(sender: object, *, component: str, **kwargs: object) -> None:
    DEGRADED.labels(component).inc()


def _enqueued(sender: object, *, task: str, **kwargs: object) -> None:
    transaction.on_commit(TASKS_ENQUEUED.labels(task).inc, robust=True)


def _done(sender: object, *, task: str, outcome: str, seconds: float, **kwargs: object) -> None:
    TASKS_RUN.labels(task, outcome).inc()
    TASK_SECONDS.labels(task).observe(seconds)
