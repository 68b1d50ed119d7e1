"""Accounts, passwords and tokens."""

import hmac
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.settings.security import SECRET_KEY

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountBackend", "accounts.backends.Auth0Backend"]

# The first hashes; the others verify what was brought along, which is then hashed anew.
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2PasswordHasher",
    "accounts.hashers.BCryptSHA256PasswordHasher",
    "accounts.hashers.BCryptPasswordHasher",
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.validators.MaximumLengthValidator"},
]

# The key of the tokens is not the key of sessions and cookies: who learns the one has not got the other.
_DERIVED_KEY = hmac.digest(SECRET_KEY.encode(), b"stockroom.jwt", "sha256").hex()
_REFRESH_LIFETIME = timedelta(days=7)

SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": _REFRESH_LIFETIME,
    "ALGORITHM": "HS256",
    "SIGNING_KEY": env.text("JWT_SIGNING_KEY", _DERIVED_KEY),
    "ISSUER": env.text("JWT_ISSUER", "stockroom"),
    "AUDIENCE": env.text("JWT_AUDIENCE", "stockroom"),
    "TOKEN_TYPE_CLAIM": "type",
    "USER_ID_CLAIM": "sub",
    "UPDATE_LAST_LOGIN": False,
    "LEEWAY": 0,
}

# Whether a process remembers which access tokens it has verified. Off for measurements.
TOKEN_CACHE = env.flag("TOKEN_CACHE", default=True)

_SAMESITE = env.choice("REFRESH_COOKIE_SAMESITE", ("Lax", "Strict", "None"), "Lax")
_SECURE = env.environment() == "production"
if _SAMESITE == "None" and not _SECURE:
    raise ImproperlyConfigured(
        "REFRESH_COOKIE_SAMESITE is None, which browsers take of HTTPS only, and so does production: unset it. "
        "A front end on another port of the same host is the same site."
    )

REFRESH_COOKIE: dict[str, Any] = {
    "name": "refresh_token",
    "path": "/api/v1/users",
    "samesite": _SAMESITE,
    "secure": _SECURE,
    "max_age": int(_REFRESH_LIFETIME.total_seconds()),
}

# Sign-in waits until the address is verified.
REQUIRE_VERIFIED_EMAIL = env.flag("REQUIRE_VERIFIED_EMAIL", default=False)
# Where the pages are that the links in mails lead to. Never taken from a request, whose Host anybody can write.
FRONTEND_URL = env.page_url("FRONTEND_URL", "http://localhost:3000")

# What `createstoremanager --noinput` gives the new account.
STOCKROOM_MANAGER_PASSWORD = env.text("STOCKROOM_MANAGER_PASSWORD")

# How long the audit is kept, in days, when `manage.py prune_audit` runs.
AUDIT_KEEP_DAYS = env.number("AUDIT_KEEP_DAYS", 365)
if not 1 <= AUDIT_KEEP_DAYS <= 36_500:
    raise ImproperlyConfigured(f"AUDIT_KEEP_DAYS is {AUDIT_KEEP_DAYS}: set it to 1 to 36500 days.")
