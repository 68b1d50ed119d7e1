"""Twenty requests at the same moment, twenty times: one effect each, and no 500."""

from collections import Counter
from functools import partial

import pytest
from django.core.servers.basehttp import WSGIRequestHandler

from accounts import emails, sessions
from accounts.emails import Purpose
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, EmailToken, Session, User
from common.models import RateWindow
from common.testing.races import at_once, clients

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 20
# Where each request evaluates a password, of which a few are at a time.
FEWER_ROUNDS = 5
AT_ONCE = 20


@pytest.fixture
def stream(live_server, monkeypatch):
    # The server sends head and body apart, for which Nagle's algorithm would make each answer wait 40 ms.
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    with clients(live_server.url, AT_ONCE) as stream:
        yield stream


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    """Whose turn it is to hash is another test's; here hundreds would wait for theirs."""
    monkeypatch.setattr("accounts.hashers.Argon2PasswordHasher.time_cost", 1)
    monkeypatch.setattr("accounts.hashers.Argon2PasswordHasher.memory_cost", 8)


def ask(stream, method, url, bodies, token=""):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    calls = [partial(client.ask, method, url, body, headers) for client, body in zip(stream, bodies, strict=True)]
    return at_once(*calls)


def statuses(answers):
    return Counter(answer.status for answer in answers)


def link(user, purpose, email, link_of, mailoutbox):
    del mailoutbox[:]
    RateWindow.objects.all().delete()  # as if the last one to this mailbox were an hour ago
    emails.send_link(purpose, user, to=email)
    return link_of(mailoutbox[-1])


def new_passwords():
    return [f"another horse battery {number}" for number in range(AT_ONCE)]


def test_an_address_is_registered_once(stream):
    for number in range(ROUNDS):
        spellings = [f"ada{number}@example.com", f"Ada{number}@Example.com"] * (AT_ONCE // 2)
        bodies = [{"email": email, "password": PASSWORD} for email in spellings]

        answers = ask(stream, "POST", "/api/v1/users/register", bodies)

        assert statuses(answers) == {201: 1, 400: AT_ONCE - 1}
        user = User.objects.get(email_key=f"ada{number}@example.com")
        assert EmailToken.objects.filter(user=user).count() == 1
        assert AuditEvent.objects.filter(action="registered", actor=user).count() == 1


def test_a_link_resets_a_password_once(stream, make_user, link_of, mailoutbox):
    for number in range(ROUNDS):
        user = make_user(email=f"ada{number}@example.com")
        token = link(user, Purpose.RESET, user.email, link_of, mailoutbox)
        bodies = [{"token": token, "new_password": password} for password in new_passwords()]

        answers = ask(stream, "POST", "/api/v1/users/password-reset/confirm", bodies)

        assert statuses(answers) == {200: 1, 400: AT_ONCE - 1}
        winner = next(index for index, answer in enumerate(answers) if answer.status == 200)
        user.refresh_from_db()
        assert user.check_password(bodies[winner]["new_password"])
        assert user.token_version == 1
        assert AuditEvent.objects.filter(action="password_reset", actor=user).count() == 1


def test_an_address_is_verified_once(stream, make_user, link_of, mailoutbox):
    for number in range(ROUNDS):
        user = make_user(email=f"ada{number}@example.com")
        token = link(user, Purpose.VERIFY, user.email, link_of, mailoutbox)

        answers = ask(stream, "POST", "/api/v1/users/verify-email", [{"token": token}] * AT_ONCE)

        assert statuses(answers) == {200: 1, 400: AT_ONCE - 1}
        assert AuditEvent.objects.filter(action="email_verified", actor=user).count() == 1


def test_of_those_who_want_one_address_one_gets_it(stream, make_user, link_of, mailoutbox):
    for number in range(ROUNDS):
        users = [make_user() for _ in range(AT_ONCE)]
        wanted = f"ada{number}@example.com"
        bodies = [{"token": link(user, Purpose.CHANGE, wanted, link_of, mailoutbox)} for user in users]

        answers = ask(stream, "POST", "/api/v1/users/verify-email", bodies)

        assert statuses(answers) == {200: 1, 400: AT_ONCE - 1}
        assert {answer.body["code"] for answer in answers if answer.status == 400} == {"email_taken"}
        assert User.objects.filter(email=wanted).count() == 1


def test_a_password_is_changed_once(stream, make_user):
    """Whoever comes second brings a password that is no longer the current one, or a token that is dead."""
    for number in range(FEWER_ROUNDS):
        user = make_user(email=f"ada{number}@example.com")
        token = sessions.start(user).access
        bodies = [{"current_password": PASSWORD, "new_password": password} for password in new_passwords()]

        answers = ask(stream, "POST", "/api/v1/users/me/password", bodies, token)

        assert statuses(answers)[200] == 1
        assert set(statuses(answers)) <= {200, 400, 401, 429, 503}  # a machine that is busy hashing says so
        winner = next(index for index, answer in enumerate(answers) if answer.status == 200)
        user.refresh_from_db()
        assert user.check_password(bodies[winner]["new_password"])
        assert user.token_version == 1
        assert Session.objects.filter(user=user, version=1).count() == 1


def test_an_account_is_deleted_once(stream, make_user):
    for number in range(FEWER_ROUNDS):
        user = make_user("users:write:self", email=f"ada{number}@example.com")
        token = sessions.start(user).access

        answers = ask(stream, "DELETE", "/api/v1/users/me", [{"current_password": PASSWORD}] * AT_ONCE, token)

        assert statuses(answers)[204] == 1
        assert set(statuses(answers)) <= {204, 400, 401, 429, 503}
        assert AuditEvent.objects.filter(action="account_deleted", actor_id=user.pk).count() == 1
