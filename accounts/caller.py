"""Who is behind a token of ours: the one question that every request asks the database."""

from collections.abc import Callable
from functools import cache
from time import time
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models.base import ModelState
from django.utils import timezone

from accounts import grants, keys
from accounts.models import User
from accounts.tokens import Claims, InvalidToken, StaleToken
from common import prepared

# By hand, since the ORM takes longer to write it than PostgreSQL to answer it: figures in docs/architecture.md.
_SQL = """
SELECT
    EXISTS (
        SELECT 1 FROM accounts_session AS session
        WHERE session.id = %(session)s AND session.user_id = account.id
            AND session.ended_at IS NULL AND session.expires_at > {now}
    ),
    EXISTS (
        SELECT 1 FROM token_blacklist_outstandingtoken AS token
        JOIN token_blacklist_blacklistedtoken AS refused ON refused.token_id = token.id
        WHERE token.jti = %(jti)s
    ),
    (SELECT {joined} FROM accounts_user_roles AS held WHERE held.user_id = account.id),
    (SELECT value FROM accounts_grantsgeneration),
    (SELECT count(*) FROM accounts_signingkey),
    {columns}
FROM accounts_user AS account
WHERE account.id = %(user)s
"""
_JOINED = {"postgresql": "string_agg(held.role_id::text, ',')", "sqlite": "group_concat(held.role_id)"}
# PostgreSQL reads a number in less time than a date.
_NOW = {"postgresql": "to_timestamp(%(now)s)", "sqlite": "%(now)s"}
# Not its times, which take the longest to read; the first of them that is asked for brings the others.
_LEFT_OUT = {"created_at", "updated_at", "last_login", "email_verified_at"}
_FIELDS = [field for field in User._meta.concrete_fields if field.attname not in _LEFT_OUT]
_LOADED = [field.attname for field in _FIELDS]


class Answer(NamedTuple):
    has_session: bool
    is_refused: bool
    roles: str | None
    generation: str | None
    keys: int


def identify(claims: Claims) -> User:
    """The account behind a live token, with what it may do, so that nothing after it need ask. One query, and one more
    for roles whose grants this process has not seen since they were changed."""
    vendor = prepared.vendor()
    asked = {"user": claims.user_id, "session": claims.session, "jti": claims.jti, "now": _now(vendor)}
    row = prepared.fetch_row(_sql(vendor), asked)
    if row is None:
        raise InvalidToken
    answer, user = Answer(*row[:5]), _user(row[5:], vendor)
    _check(answer, user, claims)
    user.preload_grants(grants.of_roles(answer.roles, answer.generation))
    return user


def _check(answer: Answer, user: User, claims: Claims) -> None:
    if not user.is_active or answer.is_refused or not keys.refresh(answer.keys).find(claims.kid):
        raise InvalidToken
    if user.token_version != claims.version:
        raise StaleToken
    if not answer.has_session:
        raise InvalidToken


def _now(vendor: str) -> str:
    if vendor == "postgresql":
        return repr(time())
    return str(connection.ops.adapt_datetimefield_value(timezone.now()))


def _user(values: tuple[Any, ...], vendor: str) -> User:
    """As `from_db` makes it, for a fifth of the cost."""
    user = User.__new__(User)
    user._state = state = ModelState()
    state.db, state.adding = DEFAULT_DB_ALIAS, False
    vars(user).update(zip(_LOADED, values, strict=True))
    for name, convert in _converters(vendor):
        vars(user)[name] = convert(vars(user)[name], None, connection)
    return user


@cache
def _sql(vendor: str) -> str:
    columns = ", ".join(f"account.{connection.ops.quote_name(str(field.column))}" for field in _FIELDS)
    return _SQL.format(joined=_JOINED[vendor], now=_NOW[vendor], columns=columns)


@cache
def _converters(vendor: str) -> list[tuple[str, Callable[..., Any]]]:
    """What the ORM would pass the values through: SQLite has no booleans."""
    return [
        (name, convert)
        for name, field in zip(_LOADED, _FIELDS, strict=True)
        for column in [field.get_col("account")]
        for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
    ]
