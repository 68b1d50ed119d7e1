"""Signed tokens: what they say, and whether it was we who said it. Whether it still holds is the session's to know.

On simplejwt's classes, with the id of the key in the header.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple, TypeVar

import jwt
from django.conf import settings
from django.utils import timezone
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenBackendError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts import keys, signatures
from accounts.models import Session, User
from common.api.text import INT64_MAX

_ROW_ID = re.compile(r"[1-9][0-9]{0,18}")
_UUID_HEX = re.compile(r"[0-9a-f]{32}")
_YEAR_10000 = 253_402_300_800


class InvalidToken(Exception):
    """Not a token of ours of the type that was asked for, or one that is dead."""


class ExpiredToken(InvalidToken):
    """Ours, and too old."""


class StaleToken(InvalidToken):
    """Ours, from before every session of the account was ended."""


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


class Claims(NamedTuple):
    """What a token of ours says; the database has not been asked yet."""

    kid: str
    user_id: int
    session: str
    jti: str
    version: int
    expires_at: datetime


class _Backend(TokenBackend):
    """Signs with the current key. Verifies with the one that the token names and its algorithm, not the token's."""

    def encode(self, payload: dict[str, Any]) -> str:
        # By the time in the token, so that one which is made again has the same signature.
        key = keys.current(datetime_from_epoch(payload["iat"]))
        said = {**payload, "iss": self.issuer, "aud": self.audience}
        return jwt.encode(said, key.signing, algorithm=key.algorithm, headers={"kid": key.kid})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """`exp` is left to `check_exp`, which some tokens take otherwise."""
        try:
            return signatures.read(str(token))[1]
        except signatures.NotSigned:
            raise TokenBackendError("Token is invalid") from None


_backend = _Backend(api_settings.ALGORITHM, audience=api_settings.AUDIENCE, issuer=api_settings.ISSUER)


class _Token(simplejwt.Token):
    def get_token_backend(self) -> TokenBackend:
        return _backend

    def verify(self) -> None:
        """Look at the types of the claims before simplejwt uses them: odd ones make errors there, not refusals."""
        if not _is_well_formed(self.payload):
            raise TokenError("Token has odd claims")
        super().verify()

    def check_exp(self, claim: str = "exp", current_time: datetime | None = None) -> None:
        if self.expires and datetime_from_epoch(self[claim]) <= (current_time or self.current_time):
            raise ExpiredTokenError("Token is expired")

    expires: ClassVar[bool] = True


def _is_well_formed(said: Mapping[str, Any]) -> bool:
    return (
        _is_text(said.get("sub"), _ROW_ID)
        and int(said["sub"]) <= INT64_MAX
        and _is_text(said.get("sid"), _UUID_HEX)
        and _is_text(said.get("jti"), _UUID_HEX)
        and type(said.get("ver")) is int
        and type(said.get("exp")) is int
        and 0 <= said["exp"] < _YEAR_10000
    )


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


class AccessToken(_Token):
    token_type = "access"
    lifetime: timedelta = api_settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(_Token):
    token_type = "refresh"
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME


class RefreshTokenOfAnyAge(RefreshToken):
    """However old: one that was traded long ago and comes back says that somebody has kept it."""

    # Whoever asks for it compares.

    expires = False


T = TypeVar("T", bound=_Token)


def read(raw: str, kind: type[AccessToken | RefreshToken]) -> Claims:
    """The claims of a token that we signed, of this type and not expired."""
    if kind is not AccessToken or not settings.TOKEN_CACHE:
        return _read(raw, kind)
    claims, key = _verified.get(raw, (None, None))
    if claims is None or keys.find(claims.kid) is not key or claims.expires_at <= timezone.now():
        claims = _read(raw, kind)
        _remember(raw, claims)
    return claims


def _read(raw: str, kind: type[AccessToken | RefreshToken]) -> Claims:
    try:
        kid, said = signatures.read(raw)
    except signatures.NotSigned:
        raise InvalidToken from None
    if not _is_well_formed(said):
        raise InvalidToken
    expires_at = datetime.fromtimestamp(said["exp"], UTC)
    if kind.expires and expires_at <= timezone.now():
        raise ExpiredToken
    if said.get(api_settings.TOKEN_TYPE_CLAIM) != kind.token_type:
        raise InvalidToken
    return Claims(
        kid=kid,
        user_id=int(said["sub"]),
        session=said["sid"],
        jti=said["jti"],
        version=said["ver"],
        expires_at=expires_at,
    )


# Access tokens whose signature was right, by which key; two kilobytes each. Beyond it all are forgotten.
MOST_VERIFIED = 4_096
_verified: dict[str, tuple[Claims, keys.Key]] = {}


def _remember(raw: str, claims: Claims) -> None:
    """What it says cannot change. Whether its key and itself are still good is asked each time."""
    if len(_verified) >= MOST_VERIFIED:
        _verified.clear()
    if key := keys.find(claims.kid):
        _verified[raw] = claims, key


def access(user: User, session: Session, *, lifetime: timedelta = AccessToken.lifetime) -> Bearer:
    """A new access token, from the last use of its session on; it does not outlast it."""
    issued_at = session.last_used_at
    lifetime = min(lifetime, session.expires_at - issued_at)
    token = _fill(AccessToken(), session)
    token["user_id"] = user.pk
    token["email"] = user.email
    token["role"] = user.role
    token.set_iat(at_time=issued_at)
    token.set_exp(from_time=issued_at, lifetime=lifetime)
    return Bearer(str(token), expires_in=int(lifetime.total_seconds()))


def refresh(session: Session) -> str:
    """The refresh token that the session is prolonged with, always in the same letters."""
    token = _fill(RefreshToken(), session)
    token["jti"] = session.refresh_jti
    token.set_iat(at_time=session.rotated_at)
    token.set_exp(from_time=session.refresh_expires_at, lifetime=timedelta())
    return str(token)


def _fill(token: T, session: Session) -> T:
    token["sub"] = str(session.user_id)
    token["sid"] = session.pk.hex
    token["ver"] = session.version
    return token
