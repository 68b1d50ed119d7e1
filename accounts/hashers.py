"""How passwords are hashed, and how many at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import BoundedSemaphore
from typing import Any, TypeVar

import bcrypt
from django.contrib.auth import hashers

from common.exceptions import Unavailable

T = TypeVar("T")

# Each takes 19 MiB while it lasts: however many sign in at once, these are all that a process hashes.
AT_ONCE = 2
# Longer than this nobody waits for a turn, in seconds.
PATIENCE = 2.0
BCRYPT_MAX_BYTES = 72

_turns = BoundedSemaphore(AT_ONCE)
# glibc keeps what a thread has freed for that thread: hashed in the threads of the requests, each of those would hold
# on to its 19 MiB for good.
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash")


@contextmanager
def turn() -> Iterator[None]:
    """One of the process's turns at hashing."""
    if not _turns.acquire(timeout=PATIENCE):
        raise Unavailable("Too many sign-ins at once. Try again.", code="busy", retry_after=1)
    try:
        yield
    finally:
        _turns.release()


def in_turn(calculate: Callable[[], T]) -> T:
    with turn():
        return _threads.submit(calculate).result()


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id with the least memory that OWASP advises. Django's own parameters take 100 MiB a sign-in."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return in_turn(partial(super().encode, password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return in_turn(partial(super().verify, password, encoded))


class BCryptSHA256PasswordHasher(hashers.BCryptSHA256PasswordHasher):
    """For hashes that were brought along. Whoever signs in gets a new one."""

    def encode(self, password: str, salt: Any) -> str:
        return in_turn(partial(super().encode, password, salt))


class BCryptPasswordHasher(hashers.BCryptPasswordHasher):
    """For hashes of other systems, `$2b$…`, that were brought along with `bcrypt$` in front."""

    def encode(self, password: str, salt: Any) -> str:
        """bcrypt has always looked at 72 bytes, and raises for more since 5.0."""
        clipped = password.encode()[:BCRYPT_MAX_BYTES]
        hashed = in_turn(partial(bcrypt.hashpw, clipped, salt))
        return f"{self.algorithm}${hashed.decode()}"
