"""Access tokens of an Auth0 tenant: RS256, with the tenant's issuer and our audience, and nothing else.

All that a token claims is looked at before its key is, so that one which could not be taken anyway asks nobody.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from django.conf import settings

from accounts import jwks
from accounts.tokens import InvalidToken
from common.api.text import fits_one_line

MAX_SUBJECT_LENGTH = 255
# How far the tenant's clock may be ahead of ours, in seconds.
CLOCK_SKEW = 60

# Headers that bring a key along, name one elsewhere, or ask for what is not known here (RFC 7515, 4.1).
REFUSED_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"})
TYPES = ("JWT", "AT+JWT")  # the second is RFC 9068's

_YEAR_10000 = 253_402_300_800


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of the tenant says. `jti` is ours: theirs need not have one.

    `signed_in_at` is when somebody last showed the tenant who they are, if it says so (`auth_time`, RFC 9068, 2.2.1),
    else when the token was issued: the tenant says so by an Action only.
    """

    issuer: str
    subject: str
    jti: str
    issued_at: datetime
    signed_in_at: datetime
    expires_at: datetime
    email: str | None
    permissions: frozenset[str]
    roles: frozenset[str]


def is_configured() -> bool:
    return bool(settings.AUTH0_ISSUER)


def issued(raw: str) -> bool:
    """Whether the token says that it is the tenant's. Nothing of it is verified."""
    if not is_configured():
        return False
    try:
        return bool(_unverified(raw)["payload"].get("iss") == settings.AUTH0_ISSUER)
    except InvalidToken:
        return False


def read(raw: str) -> Claims:
    """The claims of a token that the tenant signed for us and that has not expired."""
    unverified = _unverified(raw)
    kid = _key_id(unverified["header"])
    claims = _claims(unverified["payload"], raw)
    key = jwks.keys_of(settings.AUTH0_DOMAIN).get(kid)
    if key is None:
        raise InvalidToken
    try:
        jwt.PyJWS().decode(raw, key, algorithms=[jwks.ALGORITHM])
    except jwt.PyJWTError:
        raise InvalidToken from None
    return claims


def _unverified(raw: str) -> dict[str, Any]:
    try:
        return jwt.decode_complete(raw, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError):
        raise InvalidToken from None


def _key_id(header: dict[str, Any]) -> str:
    well_formed = (
        header.get("alg") == jwks.ALGORITHM
        and str(header.get("typ", "JWT")).upper() in TYPES
        and REFUSED_HEADERS.isdisjoint(header)
        and jwks.is_kid(header.get("kid"))
    )
    if not well_formed:
        raise InvalidToken
    return str(header["kid"])


def _claims(payload: dict[str, Any], raw: str) -> Claims:
    subject = payload.get("sub")
    if not (_is_for_us(payload) and _is_current(payload) and isinstance(subject, str) and is_subject(subject)):
        raise InvalidToken
    return Claims(
        issuer=payload["iss"],
        subject=subject,
        # Of what is signed: the signature itself can be spelt in more than one way.
        jti=hashlib.sha256(raw.rpartition(".")[0].encode()).hexdigest(),
        issued_at=datetime.fromtimestamp(payload["iat"], UTC),
        signed_in_at=datetime.fromtimestamp(payload.get("auth_time", payload["iat"]), UTC),
        expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        email=_email(payload),
        permissions=_strings(payload, settings.AUTH0_PERMISSIONS_CLAIM),
        roles=_strings(payload, settings.AUTH0_ROLES_CLAIM),
    )


def _is_for_us(payload: dict[str, Any]) -> bool:
    audience = payload.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    return payload.get("iss") == settings.AUTH0_ISSUER and settings.AUTH0_AUDIENCE in audiences


def _is_current(payload: dict[str, Any]) -> bool:
    now = time.time()
    issued_at, not_before, expires_at = payload.get("iat"), payload.get("nbf", 0), payload.get("exp")
    signed_in_at = payload.get("auth_time", issued_at)
    return (
        type(issued_at) is int
        and type(signed_in_at) is int
        and type(not_before) is int
        and type(expires_at) is int
        and 0 <= issued_at <= now + CLOCK_SKEW
        and 0 <= signed_in_at <= now + CLOCK_SKEW
        and not_before <= now + CLOCK_SKEW
        and now < expires_at < _YEAR_10000
    )


def is_subject(text: str) -> bool:
    return 0 < len(text) <= MAX_SUBJECT_LENGTH and fits_one_line(text)


def _email(payload: dict[str, Any]) -> str | None:
    """The address, once the tenant has verified it: others could keep its owner from registering here."""
    email = payload.get("email")
    return email if isinstance(email, str) and payload.get("email_verified") is True else None


def _strings(payload: dict[str, Any], name: str) -> frozenset[str]:
    values = payload.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidToken
    return frozenset(values)
