"""Whether it was we who signed a token, by as little as that takes: JWS (RFC 7515) in the one form that we write.

PyJWT reads any form there is, for several times the cost, and each request has a token to be read. What is refused here
and would be taken there is what we never write: other headers, other spellings of the same bytes.
"""

import hmac
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from functools import lru_cache
from hmac import compare_digest
from string import ascii_letters, digits
from time import time
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from rest_framework_simplejwt.settings import api_settings

from accounts import keys

# Of RFC 4648, 5, and what they are in its other alphabet: `base64` has nine functions around that.
_LETTERS = f"{ascii_letters}{digits}-_".encode()
_FROM_URL, _TO_URL = bytes.maketrans(b"-_", b"+/"), bytes.maketrans(b"+/", b"-_")
# `crit` and every header that brings a key along or names one elsewhere are not among them.
_HEADERS: Final = frozenset({"alg", "kid", "typ"})
_ISSUER, _AUDIENCE = api_settings.ISSUER, api_settings.AUDIENCE


class NotSigned(Exception):
    """Not a token that we have signed and that is meant for us now; `exp` has not been looked at."""


def read(raw: str) -> tuple[str, dict[str, Any]]:
    """The id of its key, and what the token says."""
    encoded = raw.encode("ascii", "replace")
    if encoded.translate(None, _LETTERS) != b"..":  # a regular expression would take ten times as long
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
    if not isinstance(key.verifying, str):
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
    issued, begins = said.get("iat", 0), said.get("nbf", 0)
    return type(issued) is int and type(begins) is int and issued <= now and begins <= now


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
        return a2b_base64(segment.translate(_FROM_URL) + b"=" * (-len(segment) % 4))
    except ValueError:
        raise NotSigned from None


def _text(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=")
