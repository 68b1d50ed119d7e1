"""How often a password may be tried, whoever asks for it and at whichever door.

Each try is a row, reserved before the hash and settled by its result: so a hundred tries at once are evaluated no
oftener than a hundred in turn. It stands in the database, which every process shares. What was typed as an address is
kept as a keyed hash, and counts the same whether or not it has an account.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from math import ceil
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.managers import email_key
from accounts.models import PasswordTry
from common import rows
from common.api.compiled import Query, compile_all
from common.api.compiled_writes import compile_clearing
from common.api.slots import Slot
from common.client import client
from common.exceptions import Throttled, Unavailable
from common.locks import one_at_a_time
from common.models import CLEARED_AT_ONCE
from common.rates.rate import Quota

State = PasswordTry.State

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)

# A process that died meanwhile did not settle its tries: from then on they count as failed.
ABANDONED_AFTER = timedelta(seconds=30)
# How long an address keeps its standing with the account that signed in from it.
KNOWN_FOR = timedelta(days=30)
# How long one waits for tries that are being evaluated, in seconds.
PATIENCE = 2.0


class LockedOut(Throttled):
    def __init__(self, quota: Quota) -> None:
        super().__init__("Too many wrong passwords. Try again later.", code="locked_out", quota=quota)


class Crowded(Exception):
    """Tries that are being evaluated would, if they fail, use up the limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    failures: int
    within: timedelta

    def check(self, tries: "Iterable[_Try]", now: datetime) -> None:
        recent = [one for one in tries if one.created_at > now - self.within]
        failed = [one for one in recent if one.state == State.FAILED or one.created_at < now - ABANDONED_AFTER]
        if len(failed) >= self.failures:
            ends = sorted(one.created_at for one in failed)[-self.failures] + self.within
            raise LockedOut(self._used_up(ends - now))
        if len(recent) >= self.failures:
            raise Crowded

    def _used_up(self, until: timedelta) -> Quota:
        seconds = max(1, ceil(until.total_seconds()))
        return Quota("passwords", self.failures, int(self.within.total_seconds()), left=0, resets_in=seconds)


TOGETHER = Limit(5, QUARTER)  # one account from one address
ACCOUNT = Limit(100, DAY)
NETWORK = Limit(100, QUARTER)


def account_key(email: str) -> str:
    return salted_hmac("accounts.lockout", email_key(email), algorithm="sha256").hexdigest()


@contextmanager
def attempt(account: str) -> Iterator[PasswordTry]:
    """A try at the password of this account: settle it inside. One that was never evaluated is given back."""
    reserved = _reserve_when_there_is_room(account, client.get().network)
    try:
        yield reserved
    finally:
        if reserved.state == State.PENDING:
            reserved.delete()


def settle(reserved: PasswordTry, *, passed: bool) -> None:
    """Call it in the transaction that records the result."""
    reserved.state = State.PASSED if passed else State.FAILED
    if passed:
        reserved.expires_at = reserved.created_at + KNOWN_FOR
        _clearing_passed().fetch({"account": reserved.account, "network": reserved.network})
    rows.update(reserved, "state", "expires_at")


def forgive(account: str) -> None:
    """Who has proved by mail that the account is theirs starts anew."""
    PasswordTry.objects.filter(account=account, state=State.FAILED).delete()


def _reserve_when_there_is_room(account: str, network: str) -> PasswordTry:
    deadline, pause = time.monotonic() + PATIENCE, 0.01
    while True:
        try:
            # First without the lock: whoever is refused anyway must not keep others waiting.
            _check(account, network, timezone.now())
            return _reserve(account, network)
        except Crowded:
            if time.monotonic() > deadline:
                raise Unavailable("Too many sign-ins at once. Try again.", code="busy", retry_after=1) from None
        time.sleep(pause)
        pause = min(2 * pause, 0.16)


@transaction.atomic
def _reserve(account: str, network: str) -> PasswordTry:
    one_at_a_time(f"account {account}", f"network {network}")
    now = timezone.now()
    _check(account, network, now)
    _clearing_expired().fetch({"now": now})
    made = PasswordTry(account=account, network=network, created_at=now, expires_at=now + DAY)
    return rows.insert(made)


def _check(account: str, network: str, now: datetime) -> None:
    asked = {"account": account, "network": network, "now": now, "day": now - DAY, "quarter": now - QUARTER}
    found = [_Try(*row) for row in _asking().fetch(asked)]
    tries = [one for one in found if one.state != State.PASSED]
    TOGETHER.check((one for one in tries if one.account == account and one.network == network), now)
    NETWORK.check((one for one in tries if one.network == network), now)
    # Has the owner signed in from there, the tries of strangers elsewhere must not lock them out.
    if len(found) == len(tries):
        ACCOUNT.check((one for one in tries if one.account == account), now)


class _Try(NamedTuple):
    account: str
    network: str
    state: str
    created_at: datetime


# Compiled once: a sign-in would spend a third as long as its hash takes on writing these.


@cache
def _asking() -> Query:
    """The tries that count against the account or the network, and those that passed by which they know each other."""
    account, network, counts = Q(account=Slot("account")), Q(network=Slot("network")), ~Q(state=State.PASSED)
    of_account = Q(created_at__gt=Slot("day")) & account & counts
    from_network = Q(created_at__gt=Slot("quarter")) & network & counts
    known = Q(state=State.PASSED, expires_at__gt=Slot("now")) & account & network
    return compile_all(PasswordTry.objects.filter(of_account | from_network | known), _Try._fields)


@cache
def _clearing_passed() -> Query:
    passed = PasswordTry.objects.filter(account=Slot("account"), network=Slot("network"), state=State.PASSED)
    return compile_clearing(passed, at_most=CLEARED_AT_ONCE)


@cache
def _clearing_expired() -> Query:
    """Planned with the moment: PostgreSQL would take it that a third of them are."""
    expired = PasswordTry.objects.filter(expires_at__lt=Slot("now"))
    return compile_clearing(expired, at_most=CLEARED_AT_ONCE).planned_each_time()
