"""Signed tokens: what they say, and whether it was we who said it. Whether it still holds is the session's to know.

On simplejwt's classes, with the id of the key in the header.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import jwt
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenBackendError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts import keys
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


@dataclass(frozen=True, slots=True)
class Claims:
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
            key = keys.find(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                raise TokenBackendError("Token is of no key of ours")
            claims: dict[str, Any] = jwt.decode(
                token,
                key.verifying,
                algorithms=[key.algorithm],
                audience=self.audience,
                issuer=self.issuer,
                options={"verify_exp": False},
            )
        except jwt.InvalidTokenError:
            raise TokenBackendError("Token is invalid") from None
        return claims


_backend = _Backend(api_settings.ALGORITHM, audience=api_settings.AUDIENCE, issuer=api_settings.ISSUER)


class _Token(simplejwt.Token):
    def get_token_backend(self) -> TokenBackend:
        return _backend

    def verify(self) -> None:
        """Look at the types of the claims before simplejwt uses them: odd ones make errors there, not refusals."""
        if not self._is_well_formed():
            raise TokenError("Token has odd claims")
        super().verify()

    def check_exp(self, claim: str = "exp", current_time: datetime | None = None) -> None:
        if datetime_from_epoch(self[claim]) <= (current_time or self.current_time):
            raise ExpiredTokenError("Token is expired")

    def claims(self) -> Claims:
        return Claims(
            kid=jwt.get_unverified_header(str(self.token))["kid"],
            user_id=int(self["sub"]),
            session=self["sid"],
            jti=self["jti"],
            version=self["ver"],
            expires_at=datetime_from_epoch(self["exp"]),
        )

    def _is_well_formed(self) -> bool:
        return (
            _is_text(self.get("sub"), _ROW_ID)
            and int(self["sub"]) <= INT64_MAX
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
    lifetime: timedelta = api_settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(_Token):
    token_type = "refresh"
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME


class RefreshTokenOfAnyAge(RefreshToken):
    """However old: one that was traded long ago and comes back says that somebody has kept it."""

    def check_exp(self, claim: str = "exp", current_time: datetime | None = None) -> None:
        """Whoever asks for it compares."""


T = TypeVar("T", bound=_Token)


def read(raw: str, kind: type[AccessToken | RefreshToken]) -> Claims:
    """The claims of a token that we signed, of this type and not expired."""
    try:
        return kind(cast("simplejwt.Token", raw)).claims()  # a string, whatever its annotation says
    except ExpiredTokenError:
        raise ExpiredToken from None
    except TokenError:
        raise InvalidToken from None


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
