"""Behind HTTPS. It does not start on a secret that others know, on DEBUG, or open to any host."""

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.secret_key import weakness
from config.settings.base import *

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 365 * 24 * 60 * 60)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

if env.flag("TRUST_PROXY_SSL_HEADER", default=False):
    # Only behind a proxy that sets the header itself; anyone else could send it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

_NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'


def _refusals() -> list[str]:
    refusals = []
    if flaw := weakness(SECRET_KEY):
        refusals.append(f"SECRET_KEY {flaw}: set it to the output of `{_NEW_KEY}`.")
    if (jwt_key := env.text("JWT_SIGNING_KEY")) and (flaw := weakness(jwt_key)):
        refusals.append(f"JWT_SIGNING_KEY {flaw}: leave it out, or set it to the output of `{_NEW_KEY}`.")
    if DEBUG:
        refusals.append("DEBUG is on, which shows the inside to strangers: unset it.")
    if not ALLOWED_HOSTS:
        refusals.append("ALLOWED_HOSTS is not set: name the hosts that are served, such as api.example.com.")
    if "*" in ALLOWED_HOSTS:
        refusals.append("ALLOWED_HOSTS has *, which lets anyone choose the links we write: name the hosts.")
    return refusals


if refusals := _refusals():
    raise ImproperlyConfigured("\n  ".join(["Production does not start:", *refusals]))
