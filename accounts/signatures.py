"""Whether it was we who signed a token, by as little as that takes: JWS (RFC 7515) in the one form that we write.

PyJWT reads any form there is, for several times the cost, and each request has a token to be read. What is refused here
and would be taken there is what we never write: other headers, other spellings of the same bytes.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from hmac import compare_digest
from time import time
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rest_framework_simplejwt.settings import api_settings

from accounts import keys

_FORM = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# `crit` and every header that brings a key along or names one elsewhere are not among them.
_HEADERS: Final = frozenset({"alg", "kid", "typ"})
_ISSUER, _AUDIENCE = api_settings.ISSUER, api_settings.AUDIENCE


class NotSigned(Exception):
    """Not a token that we have signed and that is meant for us now; `exp` has not been looked at."""


def read(raw: str) -> tuple[str, dict[str, Any]]:
    """The id of its key, and what the token says."""
    encoded = raw.encode("ascii", "replace")
    if not _FORM.fullmatch(encoded):
        raise NotSigned
    signed, _, signature = encoded.rpartition(b".")
    head, _, body = signed.partition(b".")
    kid = _verify(_header(head), signed, signature)
    said = _json(body)
    if said.get("iss") != _ISSUER or said.get("aud") != _AUDIENCE or not _has_begun(said, time()):
        raise NotSigned
    return kid, said


def _verify(header: Mapping[str, Any], signed: bytes, signature: bytes) -> str:
    """By the key that the token names and its algorithm, not the token's."""
    kid = header.get("kid")
    key = keys.find(kid) if isinstance(kid, str) and header.keys() <= _HEADERS else None
    if key is None or header.get("alg") != key.algorithm or header.get("typ", "JWT") != "JWT":
        raise NotSigned
    if isinstance(key.verifying, Ed25519PublicKey):
        given = _bytes(signature)
        try:
            key.verifying.verify(given, signed)
        except InvalidSignature:
            raise NotSigned from None
        is_ours = _text(given) == signature
    else:
        begun = _hmac(key.verifying).copy()
        begun.update(signed)
        is_ours = compare_digest(_text(begun.digest()), signature)
    if not is_ours:
        raise NotSigned
    return key.kid


@lru_cache(maxsize=16)  # to begin one takes OpenSSL longer than the rest
def _hmac(secret: str) -> hmac.HMAC:
    return hmac.new(secret.encode(), digestmod="sha256")


def _has_begun(said: dict[str, Any], now: float) -> bool:
    times = [said[name] for name in ("iat", "nbf") if name in said]
    return all(type(moment) is int and moment <= now for moment in times)


@lru_cache(maxsize=64)  # every token of a key begins with the same one
def _header(segment: bytes) -> Mapping[str, Any]:
    return _json(segment)


def _json(segment: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(_bytes(segment))
    except orjson.JSONDecodeError:
        raise NotSigned from None
    if not isinstance(said, dict):
        raise NotSigned
    return said


def _bytes(segment: bytes) -> bytes:
    try:
        return urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError:
        raise NotSigned from None


def _text(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
