"""What Django has each request do besides, to find in nearly every one that there is nothing to do."""

from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

# A connection of theirs is a pool's, or they have none.
_NOTHING_TO_CLOSE = {
    "django.core.cache.backends.dummy.DummyCache",
    "django.core.cache.backends.locmem.LocMemCache",
    "django_redis.cache.RedisCache",
}


def spare() -> None:
    """At the end of a request its connections are looked at, and are as they were when the next one begins; what one
    has been idle for, its health check finds out. And each is told its URLconf when it begins."""
    request_started.disconnect(close_old_connections)
    if not settings.DEBUG:
        request_started.disconnect(reset_queries)  # which are kept for DEBUG alone
    request_finished.disconnect(reset_urlconf)
    closes = getattr(settings, "DJANGO_REDIS_CLOSE_CONNECTION", False)
    if not closes and {cache["BACKEND"] for cache in settings.CACHES.values()} <= _NOTHING_TO_CLOSE:
        request_finished.disconnect(close_caches)
