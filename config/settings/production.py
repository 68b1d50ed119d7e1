"""Behind HTTPS. It does not start on a secret that others know, on DEBUG, open to any host, or half set up."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.secret_key import weakness
from config.settings.base import *

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 365 * 24 * 60 * 60)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
# A promise for the whole domain that takes months to take back, so it is not made for anybody unasked.
SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # which asks for it nevertheless
    "security.W003",  # which knows Django's middleware by its name, and not the one made of it (common/browsers.py)
]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

if env.flag("TRUST_PROXY_SSL_HEADER", default=False):
    # Only behind a proxy that sets the header itself; anyone else could send it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What a process keeps for itself. Of Django's other caches each unpickles what anybody may have put there.
_UNSHARED = ("django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache")
_JSON = "django_redis.serializers.json.JSONSerializer"
_NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'


def _refusals() -> Iterator[str]:
    yield from _in_secrets()
    yield from _in_addresses()
    if DEBUG:
        yield "DEBUG is on, which shows the inside to strangers: unset it."
    if not THROTTLES:
        yield "THROTTLES is off, which is for load tests: unset it."
    if EMAIL_BACKEND.endswith(".console.EmailBackend"):
        yield (
            "EMAIL_URL is consolemail://, which writes links that set passwords into the log: set it to a server, such "
            "as smtp+tls://user:password@mail.example.com:587."
        )
    for alias, cache in CACHES.items():
        if _unpickles(cache):
            yield f"CACHES[{alias!r}] reads pickle, which runs what it reads: set its SERIALIZER to {_JSON}."


def _in_secrets() -> Iterator[str]:
    if flaw := weakness(SECRET_KEY):
        yield f"SECRET_KEY {flaw}: set it to the output of `{_NEW_KEY}`."
    if (jwt_key := env.text("JWT_SIGNING_KEY")) and (flaw := weakness(jwt_key)):
        yield f"JWT_SIGNING_KEY {flaw}: leave it out, or set it to the output of `{_NEW_KEY}`."
    if METRICS and (flaw := weakness(METRICS_TOKEN)):
        yield f"METRICS_TOKEN {flaw}, and METRICS is on: set it to the output of `{_NEW_KEY}`."


def _in_addresses() -> Iterator[str]:
    if not ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS is not set: name the hosts that are served, such as api.example.com."
    if "*" in ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS has *, which lets anyone choose the links we write: name the hosts."
    for host in ALLOWED_HOSTS:
        if "/" in host or (":" in host and not host.endswith("]")):
            yield f"ALLOWED_HOSTS has {host!r}, which is no host: name it without a scheme, a port or a path."
    for origin in CORS_ALLOWED_ORIGINS:
        if _in_the_clear(origin):
            yield f"CORS_ALLOWED_ORIGINS has {origin!r}, whose pages anybody on the way can change: use https."
    if not env.text("FRONTEND_URL"):
        yield (
            "FRONTEND_URL is not set, and links in mails would lead to localhost: set it to where your pages "
            "/verify-email and /reset-password are, such as https://shop.example.com."
        )
    elif _in_the_clear(FRONTEND_URL):
        yield f"FRONTEND_URL is {FRONTEND_URL!r}, and links in mails set passwords: use https."


def _in_the_clear(address: str) -> bool:
    """To this machine itself nothing goes over a wire."""
    url = urlsplit(address)
    return url.scheme == "http" and url.hostname not in _LOOPBACK


def _unpickles(cache: dict[str, Any]) -> bool:
    return cache["BACKEND"] not in _UNSHARED and cache.get("OPTIONS", {}).get("SERIALIZER") != _JSON


if refusals := list(_refusals()):
    raise ImproperlyConfigured("\n  ".join(["Production does not start:", *refusals]))
