"""The only reader of the process environment: typed values, and a sentence when one makes no sense.

An empty variable counts as one that is not set: `X=` in a .env file or a compose file means "the default".
"""

import os
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"  # what a checkout keeps for itself; ignored by git

ENVIRONMENTS = ("local", "test", "production")

_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_DATABASE_SCHEMES = ("postgres://", "postgresql://", "sqlite://")


def select_settings(default: str) -> None:
    """Point Django at the settings of ENVIRONMENT, unless DJANGO_SETTINGS_MODULE already names some."""
    name = text("ENVIRONMENT", default)
    if name not in ENVIRONMENTS:
        raise ImproperlyConfigured(f"ENVIRONMENT is {name!r}: set it to one of {', '.join(ENVIRONMENTS)}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{name}")
    if environment() == "local":
        _read_dotenv()


def environment() -> str:
    """The environment whose settings are being loaded."""
    return text("DJANGO_SETTINGS_MODULE").rpartition(".")[2]


def text(name: str, default: str = "") -> str:
    # Not environ's own getter: that takes a value that starts with "$" for the name of another variable.
    return os.environ.get(name) or default


def flag(name: str, default: bool) -> bool:
    value = text(name)
    if not value:
        return default
    if value.lower() not in _FLAGS:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to true or false.")
    return _FLAGS[value.lower()]


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number.") from error


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list."""
    return [word for part in text(name).split(",") if (word := part.strip())] or list(default)


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
    if not url.startswith(_DATABASE_SCHEMES):
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(_DATABASE_SCHEMES)}.")
    config: dict[str, Any] = environ.Env.db_url_config(url)
    return config


def email_url(name: str, default: str) -> dict[str, Any]:
    """The EMAIL_* settings that a URL stands for: smtp://, smtp+tls://, smtp+ssl:// or consolemail://."""
    config: dict[str, Any] = environ.Env.email_url_config(text(name, default))
    return config


def _read_dotenv() -> None:
    """Take from .env, when there is one, what the environment does not say."""
    path = BASE_DIR / ".env"
    if path.exists():
        environ.Env.read_env(path)
