"""The only reader of the process environment: typed values, and a sentence when one makes no sense.

An empty variable counts as one that is not set: `X=` in a .env file or a compose file means "the default".
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from common.client import Proxies
from common.rates.rate import Rate

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"  # what a checkout keeps for itself; ignored by git

ENVIRONMENTS = ("local", "test", "production")

_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
# As browsers send it (RFC 6454, 6.2): in lower case, and with a port only where it is not the scheme's own.
_ORIGIN = re.compile(
    r"(?!http://[^:]+:80$|https://[^:]+:443$)[a-z][a-z0-9+.-]*://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?"
)
_DATABASE_SCHEMES = ("postgres://", "postgresql://", "sqlite://")
_EMAIL_SCHEMES = ("smtp://", "smtp+tls://", "smtp+ssl://", "consolemail://")
_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


def select_settings(default: str) -> None:
    """Point Django at the settings of ENVIRONMENT, unless DJANGO_SETTINGS_MODULE already names some."""
    name = text("ENVIRONMENT", default)
    if name not in ENVIRONMENTS:
        raise ImproperlyConfigured(f"ENVIRONMENT is {name!r}: set it to one of {', '.join(ENVIRONMENTS)}.")
    put("DJANGO_SETTINGS_MODULE", text("DJANGO_SETTINGS_MODULE", f"config.settings.{name}"))
    if environment() == "local":
        _read_dotenv()


def environment() -> str:
    """The environment whose settings are being loaded."""
    return text("DJANGO_SETTINGS_MODULE").rpartition(".")[2]


def text(name: str, default: str = "") -> str:
    # Not environ's own getter: that takes a value that starts with "$" for the name of another variable.
    return os.environ.get(name) or default


def put(name: str, value: str) -> None:
    """For a library that reads the environment itself."""
    os.environ[name] = value


def flag(name: str, default: bool) -> bool:
    value = text(name)
    if not value:
        return default
    if value.lower() not in _FLAGS:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to true or false.")
    return _FLAGS[value.lower()]


def number(name: str, default: int) -> int:
    """Never negative: it is a port, a duration or a count."""
    value = text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number.")
    return int(value)


def share(name: str, default: float) -> float:
    value = text(name, str(default))
    if not re.fullmatch(r"(0(\.[0-9]{1,6})?|1(\.0+)?)", value):
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to a number from 0 to 1, such as 0.01.")
    return float(value)


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list."""
    return [word for part in text(name).split(",") if (word := part.strip())] or list(default)


def rate(name: str, default: str) -> Rate:
    value = text(name, default)
    try:
        return Rate.parse(value)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} is {value!r}: set it to a number, a slash, and second, minute, hour or day, such as {default}."
        ) from error


def proxies(name: str) -> Proxies:
    try:
        return Proxies.parse(words(name))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} has {error.args[0]!r}: set it to the addresses or networks of your proxies, such as "
            "10.0.0.0/8,2001:db8::7, or unix for a socket of the file system."
        ) from error


def origins(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list of origins, each exactly as a browser names it in a request."""
    found = words(name, default)
    for origin in found:
        if origin == "*":
            raise ImproperlyConfigured(f"{name} has *, and cookies are let in with it: name the origins.")
        if not _ORIGIN.fullmatch(origin):
            raise ImproperlyConfigured(
                f"{name} has {origin!r}, which no browser sends: set it to a scheme and a host in lower case, with a "
                "port unless it is the usual one, and nothing after it, such as https://shop.example.com."
            )
    return found


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to one of {', '.join(choices)}.")
    return value


def database_url(name: str) -> dict[str, Any] | None:
    """The entry of DATABASES that a URL stands for."""
    url = text(name).replace("postgresql+psycopg://", "postgresql://", 1)
    if not url:
        return None
    config = _parsed(name, url, _DATABASE_SCHEMES, environ.Env.db_url_config)
    if config["NAME"] in ("", ":memory:"):
        raise ImproperlyConfigured(f"{name} names no database: set it to one such as postgres://host/name.")
    return config


def email_url(name: str, default: str) -> dict[str, Any]:
    """The EMAIL_* settings that a URL stands for: smtp://, smtp+tls://, smtp+ssl:// or consolemail://."""
    return _parsed(name, text(name, default), _EMAIL_SCHEMES, environ.Env.email_url_config)


def redis_url(name: str, default: str = "") -> str:
    url = text(name, default)
    if url:
        _parsed(name, url, _REDIS_SCHEMES, environ.Env.cache_url_config)
    return url


def dsn(name: str) -> str:
    """Not quoted when it makes no sense: there is a key in it."""
    value = text(name)
    if value and not re.fullmatch(r"https?://[^\s/@]+@[^\s/@]+(/[^\s/@]+)*/[0-9]+", value):
        raise ImproperlyConfigured(
            f"{name} is no DSN: set it to what Sentry shows, such as https://key@sentry.example.com/1."
        )
    return value


def page_url(name: str, default: str) -> str:
    """Where pages are, for links to be put behind: without a slash at the end."""
    url = text(name, default).rstrip("/")
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[^\s?#]*)?", url):
        raise ImproperlyConfigured(f"{name} is {url!r}: set it to an address such as https://shop.example.com.")
    return url


def _parsed(name: str, url: str, schemes: tuple[str, ...], parse: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """What a URL stands for. It is not quoted when it makes no sense: there may be a password in it."""
    if not url.startswith(schemes):
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(schemes)}.")
    try:
        return parse(url)
    except ValueError:
        pass
    raise ImproperlyConfigured(
        f"{name} cannot be read as a URL: set its port to a number, and write what is special in a password with %."
    )


def _read_dotenv() -> None:
    """Take from .env, when there is one, what the environment does not say."""
    path = BASE_DIR / ".env"
    if path.exists():
        environ.Env.read_env(path)
