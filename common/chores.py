"""What Django has each request do besides, to find in nearly every one that there is nothing to do."""

from typing import Any

from django.conf import LazySettings, settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries

# A connection of theirs is a pool's, or they have none.
_NOTHING_TO_CLOSE = {
    "django.core.cache.backends.dummy.DummyCache",
    "django.core.cache.backends.locmem.LocMemCache",
    "django_redis.cache.RedisCache",
}


def spare() -> None:
    """At the end of a request its connections are looked at, and are as they were when the next one begins; what one
    has been idle for, its health check finds out. A URLconf of its own is forgotten with it (`common.handler`)."""
    # At each setting that is read, some twenty a request, Django looks whether the settings' own have one of that name.
    LazySettings.__getattribute__ = object.__getattribute__  # type: ignore[method-assign]
    request_started.disconnect(close_old_connections)
    if not settings.DEBUG:
        request_started.disconnect(reset_queries)  # which are kept for DEBUG alone
    request_finished.disconnect(reset_urlconf)
    closes = getattr(settings, "DJANGO_REDIS_CLOSE_CONNECTION", False)
    if not closes and {cache["BACKEND"] for cache in settings.CACHES.values()} <= _NOTHING_TO_CLOSE:
        request_finished.disconnect(close_caches)


def spare_connections() -> None:
    """In a process that serves, and not in tests: their client leaves out Django's own, which would end the transaction
    that a test is in."""
    request_finished.disconnect(close_old_connections)
    request_finished.connect(close_what_is_old)


def close_what_is_old(**kwargs: Any) -> None:
    """`close_old_connections`, which asks the thread for each of them twice."""
    of_this_thread: Any = vars(connections)["_connections"]
    for alias in connections.settings:
        if (connection := getattr(of_this_thread, alias, None)) is not None:
            connection.close_if_unusable_or_obsolete()
