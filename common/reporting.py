"""Errors, told to Sentry: imported only where there is a DSN.

A report is what was logged as an error, with its traceback and whose request it was: no body, no header, no cookie, no
variable of any function, and no account. What an exception says may quote what somebody typed: addresses and whatever
looks like a secret are taken out of it.
"""

import logging
import re
from typing import Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
from sentry_sdk.types import Event, Hint

from common.logging import request_id, trace_id

# An address; and a run of letters and digits that is longer than a word or the name of one of our functions.
_ADDRESS = re.compile(r"[^\s@'\"(<]+@[^\s@'\")>]+")
_SECRET = re.compile(r"\b(?=[\w.~+/-]*\d)[\w~+/-][\w.~+/-]{19,}")
# PostgreSQL's of a row that it refuses, with all that is in it.
_DETAIL = re.compile(r"\bDETAIL: .*", re.DOTALL)

# What stays of an event of either kind.
_KEPT = {
    *("event_id", "type", "level", "logger", "timestamp", "start_timestamp", "transaction", "transaction_info"),
    *("environment", "release", "platform", "modules", "sdk"),
    *("contexts", "exception", "logentry", "spans", "tags"),
}


def start(*, dsn: str, environment: str, release: str, traces: float, **options: Any) -> None:
    """`traces`: the share of requests whose course is reported too, 0 to 1."""
    integrations: list[Integration] = [LoggingIntegration(level=None, event_level=logging.ERROR)]
    if traces:
        integrations.append(DjangoIntegration(middleware_spans=False, signals_spans=False, cache_spans=False))
    ignore_logger("django_tasks")  # every failure of a task again
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        traces_sample_rate=traces or None,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=integrations,
        before_send=scrub,
        before_send_transaction=scrub,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        **options,
    )


def scrub(event: Event, hint: Hint) -> Event:
    """What stays is named, so that nothing new comes along with another version."""
    kept: Any = {name: value for name, value in event.items() if name in _KEPT}
    ids = {"request_id": request_id.get(), "trace_id": trace_id.get()}
    kept["tags"] = {name: value for name, value in ids.items() if value}
    kept["contexts"] = {name: value for name, value in kept.get("contexts", {}).items() if name in ("trace", "runtime")}
    for exception in kept.get("exception", {}).get("values", ()):
        exception["value"] = _without_data(exception.get("value") or "")
    if "logentry" in kept:
        message = kept["logentry"].get("formatted") or kept["logentry"].get("message") or ""
        kept["logentry"] = {"message": _without_data(message)}
    for span in kept.get("spans", ()):
        span.pop("data", None)
        span["description"] = _without_data(span.get("description") or "")
    found: Event = kept
    return found


def _without_data(text: str) -> str:
    return _SECRET.sub("[…]", _ADDRESS.sub("[address]", _DETAIL.sub("DETAIL: […]", text)))
