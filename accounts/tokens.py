"""Signed tokens and the sessions they belong to, on simplejwt's classes and tables.

A sign-in starts a session, whose id (`sid`) every token of it carries. The session and each refresh token have a
row in simplejwt's table of outstanding tokens; to blacklist the row of a session ends all its tokens at once.
The column that would keep a signed token stays empty: nothing stored can be used as one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.utils import timezone
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts import revocation
from accounts.models import User

_ROW_ID = re.compile(r"[1-9][0-9]{0,18}")
_UUID_HEX = re.compile(r"[0-9a-f]{32}")
_YEAR_10000 = 253_402_300_800


class InvalidToken(Exception):
    """Not a token of ours of the type that was asked for, or one that is dead."""


class ExpiredToken(InvalidToken):
    """Ours, and too old."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Bearer:
    """An access token that no refresh token prolongs."""

    access: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says; the database has not been asked yet."""

    user_id: int
    session: str
    jti: str
    version: int
    expires_at: datetime


class _Token(simplejwt.Token):
    def verify(self) -> None:
        """Look at the types of the claims before simplejwt uses them: odd ones make errors there, not refusals."""
        if not self._is_well_formed():
            raise TokenError("Token has odd claims")
        super().verify()

    def claims(self) -> Claims:
        return Claims(
            int(self["sub"]),
            session=self["sid"],
            jti=self["jti"],
            version=self["ver"],
            expires_at=datetime_from_epoch(self["exp"]),
        )

    def _is_well_formed(self) -> bool:
        return (
            _is_text(self.get("sub"), _ROW_ID)
            and _is_text(self.get("sid"), _UUID_HEX)
            and _is_text(self.get("jti"), _UUID_HEX)
            and type(self.get("ver")) is int
            and type(self.get("exp")) is int
            and self["exp"] < _YEAR_10000
        )


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


class AccessToken(_Token):
    token_type = "access"
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(_Token):
    token_type = "refresh"
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME


T = TypeVar("T", bound=_Token)


def read(raw: str, kind: type[AccessToken | RefreshToken]) -> Claims:
    """The claims of a token that we signed, of this type and not expired."""
    try:
        return kind(cast("simplejwt.Token", raw)).claims()  # a string, whatever its annotation says
    except ExpiredTokenError:
        raise ExpiredToken from None
    except TokenError:
        raise InvalidToken from None


def account(claims: Claims) -> User:
    """The account behind a live token, with what it may do, so that nothing after it need ask. Two queries."""
    dead = BlacklistedToken.objects.filter(token__jti__in=(claims.jti, claims.session))
    live = User.objects.filter(~Exists(dead), pk=claims.user_id, is_active=True, token_version=claims.version)
    user = live.first()
    if user is None:
        raise InvalidToken
    _ = user.grants
    return user


@transaction.atomic
def issue(user: User) -> TokenPair:
    """Start a session."""
    session = uuid4().hex
    refresh = _refresh_token(user, session)
    _keep(user, refresh, jtis=(session, refresh["jti"]))
    return _pair(user, refresh)


@transaction.atomic
def issue_access(user: User, *, lifetime: timedelta = AccessToken.lifetime) -> Bearer:
    """Start a session of one access token."""
    access = _access_token(user, uuid4().hex)
    access.set_exp(lifetime=lifetime)
    _keep(user, access, jtis=(access["sid"],))
    return Bearer(str(access), expires_in=int(lifetime.total_seconds()))


def rotate(raw: str) -> TokenPair:
    """Trade a refresh token for the next pair of its session. However many try at once, one gets it."""
    claims = read(raw, RefreshToken)
    try:
        with transaction.atomic():
            user = account(claims)
            BlacklistedToken.objects.create(token=OutstandingToken.objects.get(jti=claims.jti))
            refresh = _refresh_token(user, claims.session)
            _keep(user, refresh, jtis=(refresh["jti"],))
            return _pair(user, refresh)
    except (OutstandingToken.DoesNotExist, IntegrityError):
        raise InvalidToken from None


@transaction.atomic
def revoke(claims: Claims) -> None:
    """End the session of this token, and refuse the token by its own id too, which is all that others know of it."""
    every_token_is_dead_by = max(claims.expires_at, timezone.now() + RefreshToken.lifetime)
    revocation.blacklist(claims.session, until=every_token_is_dead_by)
    revocation.blacklist(claims.jti, until=claims.expires_at)
    revocation.announce(claims.jti, until=claims.expires_at)


def _refresh_token(user: User, session: str) -> RefreshToken:
    return _fill(RefreshToken(), user, session)


def _access_token(user: User, session: str) -> AccessToken:
    token = _fill(AccessToken(), user, session)
    token["user_id"] = user.pk
    token["email"] = user.email
    token["role"] = user.role
    return token


def _fill(token: T, user: User, session: str) -> T:
    token["sub"] = str(user.pk)
    token["sid"] = session
    token["ver"] = user.token_version
    return token


def _pair(user: User, refresh: RefreshToken) -> TokenPair:
    access = _access_token(user, refresh["sid"])
    return TokenPair(str(access), str(refresh), expires_in=int(AccessToken.lifetime.total_seconds()))


def _keep(user: User, token: _Token, *, jtis: Iterable[str]) -> None:
    times: dict[str, Any] = {"created_at": token.current_time, "expires_at": datetime_from_epoch(token["exp"])}
    OutstandingToken.objects.bulk_create([OutstandingToken(user=user, jti=jti, token="", **times) for jti in jtis])
