"""SQLite in a file of the checkout, or PostgreSQL by DATABASE_URL or the POSTGRES_* variables."""

import os
from typing import Any

from config import env

_POSTGRES_VARIABLES = ("POSTGRES_HOST", "POSTGRES_DB", "POSTGRES_USER")

_STATEMENT_TIMEOUT = env.number("DATABASE_STATEMENT_TIMEOUT", 15)

# Limits that the server keeps, in seconds, so that no query and no forgotten transaction holds up the others. 0: none.
_POSTGRES_LIMITS = {
    "statement_timeout": _STATEMENT_TIMEOUT,
    "lock_timeout": env.number("DATABASE_LOCK_TIMEOUT", 5),
    "idle_in_transaction_session_timeout": env.number("DATABASE_IDLE_TIMEOUT", 30),
}
# One that we keep, with a server that does not even keep its own (common.silence).
DATABASE_ANSWER_TIMEOUT = _STATEMENT_TIMEOUT and _STATEMENT_TIMEOUT + 2
_CONNECT_TIMEOUT = env.number("DATABASE_CONNECT_TIMEOUT", 3)

_SQLITE_OPTIONS = {
    # Readers beside a writer; and writers queue for the lock at BEGIN instead of failing half-way.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}


def _from_parts() -> dict[str, Any] | None:
    if not any(env.text(name) for name in _POSTGRES_VARIABLES):
        return None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": env.text("POSTGRES_HOST", "127.0.0.1"),
        "PORT": env.number("POSTGRES_PORT", 5432),
        "NAME": env.text("POSTGRES_DB", "stockroom"),
        "USER": env.text("POSTGRES_USER", "postgres"),
        "PASSWORD": env.text("POSTGRES_PASSWORD"),
    }


def _embedded() -> dict[str, Any]:
    env.LOCAL_DIR.mkdir(exist_ok=True)
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": env.LOCAL_DIR / "db.sqlite3"}


def _with_options(config: dict[str, Any]) -> dict[str, Any]:
    given = config.get("OPTIONS", {})
    if config["ENGINE"].endswith("sqlite3"):
        # A file, as in production: threads of a test get connections of their own. One a process, so that two runs
        # in one checkout do not share it.
        test = {"NAME": env.LOCAL_DIR / f"test-{os.getpid()}.sqlite3"}
        return {**config, "OPTIONS": {**_SQLITE_OPTIONS, **given}, "TEST": test}
    return {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **config,
        "OPTIONS": {
            "options": " ".join(f"-c {name}={seconds}s" for name, seconds in _POSTGRES_LIMITS.items()),
            "prepare_threshold": _prepare_threshold(),
            "connect_timeout": _CONNECT_TIMEOUT,
            **given,
        },
    }


def _prepare_threshold() -> int | None:
    """Of what binds its values on the server (`common.prepared`): at once, or never."""
    return 0 if env.flag("DATABASE_PREPARED_STATEMENTS", default=True) else None


DATABASES = {"default": _with_options(env.database_url("DATABASE_URL") or _from_parts() or _embedded())}
