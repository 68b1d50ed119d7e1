"""What a sign-in asks of the database beside the hash, and that what is kept of it is none of its values."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import lockout, sessions
from accounts.factories import PASSWORD
from accounts.models import PasswordTry, Session

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/users/login"
FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


def login(api, user, **more):
    return api.post(LOGIN, {"email": user.email, "password": PASSWORD}, **more)


def test_it_takes_fourteen_statements(api, make_user):
    user = make_user()
    assert login(api, user).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        assert login(api, user).status_code == 200

    asked = [query["sql"] for query in queries if not query["sql"].startswith(FRAME)]
    assert len(asked) <= 14, asked


def test_of_tries_that_passed_one_is_kept_for_an_account_and_a_network(api, make_user):
    ada, bob = make_user(), make_user()
    for user, network in ((ada, "192.0.2.1"), (ada, "192.0.2.1"), (ada, "192.0.2.2"), (bob, "192.0.2.1")):
        assert login(api, user, REMOTE_ADDR=network).status_code == 200

    kept = PasswordTry.objects.values_list("account", "network", "state")
    assert sorted(kept) == sorted(
        (lockout.account_key(str(user.email)), network, "passed")
        for user, network in ((ada, "192.0.2.1"), (ada, "192.0.2.2"), (bob, "192.0.2.1"))
    )


def test_whose_tries_count_is_asked_each_time(api, make_user):
    ada, bob = make_user(), make_user()
    for _ in range(lockout.TOGETHER.failures):
        api.post(LOGIN, {"email": ada.email, "password": "wrong horse battery"})

    assert login(api, ada).status_code == 429
    assert login(api, bob).status_code == 200
    assert Session.objects.get().user == bob


def test_sessions_of_others_do_not_end(make_user, monkeypatch):
    monkeypatch.setattr(sessions, "MOST", 2)
    ada, bob = make_user(), make_user()
    for user in (bob, bob, ada, ada, ada):
        sessions.start(user)

    live = Session.objects.live().values_list("user", flat=True)
    assert sorted(live) == sorted([ada.pk] * 2 + [bob.pk] * 2)
