"""What our tokens are signed with. Each key has an id (`kid`) that stands in the header of its tokens.

The first key comes with the settings; `manage.py rotate_signing_key` adds others. A process keeps the ring in memory.
It looks again before it signs, when a token names a key that it does not know, and when the query that authenticates
tells of a number of keys other than its own: so nothing that was refused is taken a moment longer.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from secrets import token_hex
from time import monotonic
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings

from accounts import audit
from accounts.audit import Action
from accounts.models import SigningKey
from common import rows
from common.api.compiled import Query, compile_all

Algorithm = SigningKey.Algorithm

# Before a new key signs: every process, and whoever caches our JWKS, gets to know it.
LEAD = timedelta(seconds=60)
# The longest that any token of ours lasts. A key that was replaced is of use until then.
LONGEST = timedelta(days=366)
# Between two looks for keys that tokens name, in seconds. Shorter than LEAD: a key in use is always found.
PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Key:
    kid: str
    algorithm: str
    signing: str | Ed25519PrivateKey = field(repr=False)
    verifying: str | Ed25519PublicKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ring:
    """How many keys there have ever been beside the first; and in order, from when each signs."""

    count: int
    keys: tuple[tuple[datetime, Key], ...]

    def current(self, at: datetime) -> Key:
        return next((key for signs_from, key in reversed(self.keys) if signs_from <= at), self.keys[0][1])

    def find(self, kid: str) -> Key | None:
        """The key of this id, if its tokens may still be alive."""
        newest = self.keys[-1][1]
        return newest if newest.kid == kid else self.taken().get(kid)

    def taken(self) -> Mapping[str, Key]:
        """Those whose tokens may still be alive, by their ids."""
        now = timezone.now()
        replaced_at = [signs_from for signs_from, _ in self.keys[1:]] + [now]
        return {key.kid: key for (_, key), until in zip(self.keys, replaced_at, strict=True) if now < until + LONGEST}


def first() -> Key:
    """The key of the settings."""
    secret = api_settings.SIGNING_KEY
    return _shared(sha256(b"kid:" + secret.encode()).hexdigest()[:16], secret)


def current(at: datetime | None = None) -> Key:
    """What signs a token that is issued now, or was `at` that time."""
    return _ring.current(at or timezone.now())


def find(kid: str) -> Key | None:
    """The key of this id, if its tokens are taken."""
    return _ring.find(kid) or _look().find(kid)


def public() -> list[dict[str, Any]]:
    """The keys that others may verify with, as JWKs (RFC 8037)."""
    return [
        {**jwt.algorithms.OKPAlgorithm.to_jwk(key.verifying, as_dict=True), "kid": kid, "alg": "EdDSA", "use": "sig"}
        for kid, key in refresh().taken().items()
        if isinstance(key.verifying, Ed25519PublicKey)
    ]


def rotate(algorithm: str, *, refuse_older: bool = False) -> SigningKey:
    """A new key that signs in a minute; or at once, when nothing that others have signed is to be taken."""
    signs_from = timezone.now() + (timedelta() if refuse_older else LEAD)
    with transaction.atomic():
        key = SigningKey.objects.create(
            kid=token_hex(8), algorithm=algorithm, signs_from=signs_from, refuses_older=refuse_older
        )
        audit.record(Action.KEY_ROTATED, data={"kid": key.kid, "algorithm": algorithm, "refuses_older": refuse_older})
    return key


def refresh(count: int = -1) -> Ring:
    """Look at the keys there are, unless the ring has that many."""
    global _ring
    if count != _ring.count:
        _ring = _read()
    return _ring


def _look() -> Ring:
    """For a key that a token names: anybody can name one, so not every time."""
    global _looked_at
    if monotonic() < _looked_at + PAUSE:
        return _ring
    _looked_at = monotonic()
    return refresh()


def _read() -> Ring:
    found = rows.found(_all(), SigningKey, {})
    keys = [(_EVER, first())]
    for row in found:
        if row.refuses_older:
            keys.clear()
        keys.append((row.signs_from, _derived(row)))
    return Ring(len(found), tuple(sorted(keys, key=lambda one: one[0])))


@cache
def _all() -> Query:
    return compile_all(SigningKey.objects.order_by("id"), rows.columns(SigningKey))


def _derived(row: SigningKey) -> Key:
    digest = hmac.digest(api_settings.SIGNING_KEY.encode(), f"{row.algorithm}:{row.kid}".encode(), "sha256")
    if row.algorithm == Algorithm.HS256:
        return _shared(row.kid, digest.hex())
    private = Ed25519PrivateKey.from_private_bytes(digest)
    return Key(row.kid, row.algorithm, signing=private, verifying=private.public_key())


def _shared(kid: str, secret: str) -> Key:
    return Key(kid, Algorithm.HS256.value, signing=secret, verifying=secret)


_EVER = datetime.min.replace(tzinfo=UTC)
_ring = Ring(0, ((_EVER, first()),))
_looked_at = -PAUSE
