"""Tries at the same moment, against running servers."""

from collections import Counter
from functools import partial
from threading import Lock

import pytest
from django.core.servers.basehttp import WSGIRequestHandler

from accounts import lockout
from accounts.factories import PASSWORD
from accounts.hashers import Argon2PasswordHasher
from accounts.models import PasswordTry, User
from accounts.tests.server import gunicorn
from common.testing.races import at_once, clients

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/users/login"
LIMIT = lockout.TOGETHER.failures
ROUNDS = 5


@pytest.fixture
def race(make_user):
    """Wrong passwords for an account, all at the same moment, round after round; then what was counted."""

    def race(address, count):
        with clients(address, count) as stream:
            for number in range(ROUNDS):
                # The network's limit would be used up by the other rounds.
                PasswordTry.objects.all().delete()
                user = make_user(email=f"ada{number}@example.com")
                body = {"email": user.email, "password": "wrong horse battery"}

                answers = at_once(*(partial(client.ask, "POST", URL, body) for client in stream))

                assert Counter(answer.status for answer in answers) == {401: LIMIT, 429: count - LIMIT}
                refused = [answer for answer in answers if answer.status == 429]
                assert {answer.body["code"] for answer in refused} == {"locked_out"}
                assert all(800 < int(answer.headers["Retry-After"]) <= 900 for answer in refused)
                assert PasswordTry.objects.filter(state="failed").count() == LIMIT

    return race


def test_of_a_hundred_wrong_passwords_at_once_five_are_evaluated(race, tmp_path):
    with gunicorn(workers=2, threads=12, log=tmp_path / "log") as server:
        race(server.url, 100)


def test_what_is_refused_is_not_hashed(race, live_server, monkeypatch):
    lock, seen = Lock(), Counter[str]()
    verify = Argon2PasswordHasher.verify

    def counted(*args):
        with lock:
            seen["hashes"] += 1
        return verify(*args)

    monkeypatch.setattr(Argon2PasswordHasher, "verify", counted)
    # The server sends head and body apart, for which Nagle's algorithm would make each answer wait 40 ms.
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)

    race(live_server.url, 20)

    assert seen["hashes"] == ROUNDS * LIMIT


def test_right_passwords_at_once_are_all_let_in(live_server, make_user):
    """More than the limit are being evaluated at a time: those beyond wait for the result, and are not locked out."""
    user = make_user()
    body = {"email": user.email, "password": PASSWORD}

    with clients(live_server.url, 3 * LIMIT) as stream:
        answers = at_once(*(partial(client.ask, "POST", URL, body) for client in stream))

    assert Counter(answer.status for answer in answers) == {200: 3 * LIMIT}
    assert User.objects.get(pk=user.pk).sessions.count() == 3 * LIMIT
