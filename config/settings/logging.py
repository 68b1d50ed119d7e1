"""One line an event on standard error, each with the id of its request."""

import logging
from typing import Any

from config import env

# What no line of ours has is not looked up for each.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")

_in_production = env.environment() == "production"
LOG_FORMAT = env.choice("LOG_FORMAT", ("json", "line"), "json" if _in_production else "line")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "common.logging.RequestIdFilter"}},
    "formatters": {
        "line": {"()": "common.logging.LineFormatter"},
        "json": {"()": "common.logging.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "common.logging.LineHandler", "filters": ["request_id"], "formatter": LOG_FORMAT},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Our access log has the same requests, by their route; these lines would quote what the client sent.
        "django.request": {"level": "ERROR"},
        # Each with the path, the host or the lookup that the client sent; the access log has their 400 and 403.
        "django.security.csrf": {"level": "CRITICAL"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.security.DisallowedModelAdminLookup": {"level": "CRITICAL"},
        "django.security.DisallowedModelAdminToField": {"level": "CRITICAL"},
        # Of every task that it began and ended, and its traceback again; ours say which request asked for it.
        "django_tasks": {"handlers": ["nowhere"], "propagate": False},
        # Of every HEAD, that its body is dropped: Django leaves just that to the server.
        "gunicorn.http.wsgi": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
    },
}
