"""The keys that an identity provider signs with: fetched over HTTPS, kept for an hour, and never waited for in vain.

PyJWT's own client fetches while it holds its lock, and has nothing to offer while the provider is away. Here a key
that is known is read without any lock; a thread of its own fetches, one at a time and at most one in `COOLDOWN`
seconds, so that tokens with invented key ids cost the provider and the other callers nothing.
"""

import json
import logging
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from http.client import HTTPException, HTTPSConnection
from math import ceil
from socket import SHUT_RDWR
from threading import Event, Lock, Thread, Timer
from time import monotonic
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import RSAAlgorithm

from common.exceptions import Unavailable

PATH = "/.well-known/jwks.json"
ALGORITHM = "RS256"
MAX_BYTES = 65_536
KEY_SIZES = range(2048, 8193)
MAX_KID_LENGTH = 128

# In seconds. For the whole of a fetch, from the name of the host to the last byte:
TIMEOUT = 3.0
# for how long of it those wait that did not start it, if there are keys to judge by; then their threads are wanted.
PATIENCE = 0.25
COOLDOWN = 30
FRESH = 60 * 60
USABLE = 24 * 60 * 60

Keys = Mapping[str, RSAPublicKey]

logger = logging.getLogger(__name__)


class FetchError(Exception):
    """The keys could not be had; the message says why."""


class Snapshot(NamedTuple):
    keys: Keys
    taken_at: float


class Flight(NamedTuple):
    """A fetch under way."""

    started_at: float
    landed: Event


class KeyCache:
    def __init__(self, fetch: Callable[[], Keys], *, clock: Callable[[], float] = monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        # Replaced as a whole, and so read without the lock; that guards the two below, and only for a moment.
        self._snapshot: Snapshot | None = None
        self._lock = Lock()
        self._flight: Flight | None = None
        self._next_fetch_at = float("-inf")

    def get(self, kid: str) -> RSAPublicKey | None:
        """The key of this id; `None` when the provider has no such key."""
        snapshot = self._usable()
        if snapshot is None or kid not in snapshot.keys:
            self._wait_for_fetch(has_keys=snapshot is not None)
            snapshot = self._usable()
        elif self._clock() - snapshot.taken_at >= FRESH:
            self._start_fetch()
        if snapshot is None:
            raise Unavailable(
                "The signing keys of the identity provider are not available.",
                code="keys_unavailable",
                retry_after=max(1, ceil(self._next_fetch_at - self._clock())),
            )
        return snapshot.keys.get(kid)

    def _usable(self) -> Snapshot | None:
        snapshot = self._snapshot
        return snapshot if snapshot and self._clock() - snapshot.taken_at < USABLE else None

    def _wait_for_fetch(self, *, has_keys: bool) -> None:
        flight, is_own = self._start_fetch()
        if flight:
            patience = PATIENCE if has_keys and not is_own else TIMEOUT
            flight.landed.wait(flight.started_at + patience - self._clock())

    def _start_fetch(self) -> tuple[Flight | None, bool]:
        """The fetch under way, if there is one now, and whether this call started it."""
        with self._lock:
            now = self._clock()
            if self._flight or now < self._next_fetch_at:
                return self._flight, False
            self._next_fetch_at = now + COOLDOWN
            flight = Flight(now, Event())
            Thread(target=self._run, args=(flight,), name="jwks", daemon=True).start()
            self._flight = flight
            return flight, True

    def _run(self, flight: Flight) -> None:
        try:
            self._snapshot = Snapshot(self._fetch(), self._clock())
        except FetchError as error:
            logger.warning("The signing keys of the identity provider could not be fetched: %s", error)
        finally:
            with self._lock:
                self._flight = None
            flight.landed.set()


@cache
def keys_of(domain: str) -> KeyCache:
    """The cache of this process for one tenant."""
    return KeyCache(partial(fetch_keys, domain))


def fetch_keys(domain: str) -> Keys:
    try:
        return parse_keys(download(domain))
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise FetchError(f"{type(error).__name__}: {error}") from error


def download(domain: str) -> bytes:
    """The document, as it is: no redirect is followed, and which authorities are trusted is OpenSSL's to say."""
    deadline = monotonic() + TIMEOUT
    connection = HTTPSConnection(domain, timeout=TIMEOUT, context=ssl.create_default_context())
    # The timeout of the socket begins anew with every byte that arrives.
    alarm = Timer(TIMEOUT, hang_up, (connection,))
    alarm.daemon = True
    alarm.start()
    try:
        connection.connect()
        if monotonic() >= deadline:
            raise TimeoutError("connecting took too long")
        connection.request("GET", PATH, headers={"Accept": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError(f"the answer was {response.status}")
        content = response.read(MAX_BYTES + 1)
    finally:
        alarm.cancel()
        connection.close()
    if len(content) > MAX_BYTES:
        raise ValueError(f"the answer was longer than {MAX_BYTES} bytes")
    return content


def hang_up(connection: HTTPSConnection) -> None:
    with suppress(OSError):
        if connection.sock:
            connection.sock.shutdown(SHUT_RDWR)


def parse_keys(content: bytes) -> Keys:
    """The keys of a JWKS (RFC 7517) that are of use here; others are passed over."""
    document = json.loads(content)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("the answer was no JWKS")
    keys = {entry["kid"]: key for entry in entries if is_for_us(entry) and (key := public_key(entry))}
    if not keys:
        raise ValueError(f"the answer held no key for {ALGORITHM}")
    return keys


def is_for_us(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and is_kid(entry.get("kid"))
        and entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", ALGORITHM) == ALGORITHM
        and isinstance(entry.get("n"), str)
        and isinstance(entry.get("e"), str)
    )


def is_kid(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_KID_LENGTH


def public_key(entry: dict[str, Any]) -> RSAPublicKey | None:
    try:
        # Only what makes a public key: with the rest it would become the private one.
        key = RSAAlgorithm.from_jwk({name: entry[name] for name in ("kty", "n", "e")})
    except (PyJWTError, ValueError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size in KEY_SIZES else None
