"""Redis when it is configured, else the memory of the process."""

from typing import Any

from config import env

# Of the keys in Redis, but of those that others look up by the bare `jti`.
REDIS_KEY_PREFIX = "stockroom"


def _redis_url() -> str:
    host = env.text("REDIS_HOST")
    from_parts = f"redis://{host}:{env.number('REDIS_PORT', 6379)}/{env.number('REDIS_DB', 0)}" if host else ""
    return env.redis_url("REDIS_URL", from_parts)


def _redis(url: str) -> dict[str, Any]:
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": REDIS_KEY_PREFIX,
        "OPTIONS": {
            # The default is pickle: who can write to Redis could run code here.
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.25,
            "SOCKET_TIMEOUT": 0.25,
        },
    }


REDIS_URL = _redis_url()

CACHES = {
    "default": _redis(REDIS_URL) if REDIS_URL else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
