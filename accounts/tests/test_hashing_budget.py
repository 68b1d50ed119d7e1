"""What hashing may take: two at a time in a process, so 200 sign-ins at once fit in 150 MB."""

import threading
from collections import Counter
from functools import partial

import pytest
from argon2.exceptions import HashingError

from accounts import hashers
from accounts.factories import PASSWORD, UserFactory
from accounts.hashers import Argon2PasswordHasher, turn
from accounts.tests.server import gunicorn
from common.exceptions import Unavailable
from common.testing.races import at_once, clients

URL = "/api/v1/users/login"
SIGN_INS = 200
THREADS = 12  # without the budget twelve times 19 MiB
BUDGET = 150


@pytest.mark.django_db(transaction=True)
def test_two_hundred_sign_ins_at_once_fit_in_the_budget(tmp_path):
    users = [UserFactory.create() for _ in range(SIGN_INS)]
    with gunicorn(workers=1, threads=THREADS, log=tmp_path / "log") as server:
        with clients(server.url, 1) as [first]:
            assert first.ask("POST", URL, {"email": users[0].email, "password": PASSWORD}).status == 200
        before = server.peak_memory()

        with clients(server.url, SIGN_INS) as stream:
            bodies = [{"email": user.email, "password": PASSWORD} for user in users]
            calls = [partial(client.ask, "POST", URL, body) for client, body in zip(stream, bodies, strict=True)]
            answers = at_once(*calls)

        grown = server.peak_memory() - before
    # On a machine that is busy elsewhere some wait longer than two seconds for their turn, and are told so.
    statuses = Counter(answer.status for answer in answers)
    assert statuses.keys() <= {200, 503}
    assert statuses[200] >= SIGN_INS // 2
    assert grown <= BUDGET, f"{grown} MiB"


@pytest.mark.parametrize("hasher", [Argon2PasswordHasher, hashers.BCryptSHA256PasswordHasher])
def test_two_at_a_time_and_the_others_wait(hasher, monkeypatch):
    under_way, most, lock = 0, 0, threading.Lock()

    def slow(self, password, salt):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        threading.Event().wait(0.02)
        with lock:
            under_way -= 1
        return "hash"

    monkeypatch.setattr(hasher.__mro__[1], "encode", slow)

    at_once(*[partial(hasher().encode, "password", "salt")] * 8)

    assert most == hashers.AT_ONCE == 2


def test_who_waits_too_long_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(hashers, "PATIENCE", 0.01)

    with turn(), turn(), pytest.raises(Unavailable) as refused:
        Argon2PasswordHasher().encode("password", "saltsaltsalt")

    assert refused.value.retry_after == 1


def test_patience_is_two_seconds():
    assert hashers.PATIENCE == 2


def test_a_hash_that_fails_gives_its_turn_back():
    for _ in range(2 * hashers.AT_ONCE):
        with pytest.raises(HashingError):
            Argon2PasswordHasher().encode("password", "short")

    assert Argon2PasswordHasher().encode("password", "saltsaltsalt")
