"""Requests at the same moment to a running server, each on a database connection of its own."""

from collections import Counter
from functools import partial

import jwt
import pytest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from accounts import sessions
from accounts.models import AuditEvent, Session, User
from common.testing.races import at_once, clients

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 8
CROWD = 20
ROUNDS = 50


def jti(raw):
    return jwt.decode(raw, options={"verify_signature": False})["jti"]


@pytest.fixture
def post_at_once(live_server):
    """Post these bodies all at the same moment; returns pairs of status and answer."""

    def post_at_once(url, bodies):
        with clients(live_server.url, len(bodies)) as posters:
            calls = [partial(client.ask, "POST", url, body) for client, body in zip(posters, bodies, strict=True)]
            return [(answer.status, answer.body) for answer in at_once(*calls)]

    return post_at_once


def test_a_refresh_token_has_one_child_however_many_ask(live_server, make_user):
    """Round after round, with the child of the last: each makes one new generation, and all are told the same."""
    raw = sessions.start(make_user()).refresh
    jtis = [jti(raw)]
    with clients(live_server.url, CROWD) as crowd:
        for _ in range(ROUNDS):
            asks = [partial(client.ask, "POST", "/api/v1/users/refresh", {"refresh_token": raw}) for client in crowd]
            answers = at_once(*asks)
            assert Counter(answer.status for answer in answers) == {200: CROWD}
            (raw,) = {answer.body["refresh_token"] for answer in answers}
            jtis.append(jti(raw))
            assert len({jti(answer.body["access_token"]) for answer in answers}) == CROWD
            session = Session.objects.get()
            assert [session.previous_jti, session.refresh_jti] == jtis[-2:]
    assert len(set(jtis)) == ROUNDS + 1


def test_a_stolen_token_ends_the_session_once_however_often_it_is_sent(post_at_once, make_user):
    pair = sessions.start(make_user())
    sessions.rotate(sessions.rotate(pair.refresh).refresh)

    answers = post_at_once("/api/v1/users/refresh", [{"refresh_token": pair.refresh}] * AT_ONCE)

    assert Counter((status, body["code"]) for status, body in answers) == {(401, "reuse_detected"): AT_ONCE}
    assert Session.objects.get().ended_at is not None
    assert AuditEvent.objects.filter(action=AuditEvent.Action.REFRESH_REUSED).count() == 1


def test_no_token_survives_that_was_made_while_everything_was_ended(live_server, make_user):
    """Trading goes on while the account logs out everywhere: whoever comes first, nothing is left that works."""
    for _ in range(ROUNDS // 5):
        user = make_user()
        access, pairs = sessions.start(user).access, [sessions.start(user) for _ in range(AT_ONCE - 1)]
        with clients(live_server.url, AT_ONCE) as (leaver, *traders):
            header = {"Authorization": f"Bearer {access}"}
            calls = [partial(leaver.ask, "POST", "/api/v1/users/logout-all", headers=header)]
            for client, pair in zip(traders, pairs, strict=True):
                body = {"refresh_token": pair.refresh}
                calls.append(partial(client.ask, "POST", "/api/v1/users/refresh", body))
            left, *traded = at_once(*calls)
            assert left.status == 200
            assert {answer.status for answer in traded} <= {200, 401}
            alive = [answer.body["access_token"] for answer in traded if answer.status == 200]
            assert {
                leaver.ask("GET", "/api/v1/users/me", headers={"Authorization": f"Bearer {raw}"}).status
                for raw in [access, *alive]
            } == {401}
        assert not Session.objects.live().exists()


def test_an_address_is_registered_once(post_at_once):
    spellings = ["ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM", "aDa@example.com"] * (AT_ONCE // 4)
    bodies = [{"email": email, "password": "correct horse battery"} for email in spellings]

    answers = post_at_once("/api/v1/users/register", bodies)

    assert Counter(status for status, _ in answers) == {201: 1, 400: AT_ONCE - 1}
    assert {body["code"] for status, body in answers if status == 400} == {"email_taken"}
    assert User.objects.get().role == "user"


def test_a_session_is_ended_once_however_often_it_is_asked(post_at_once, make_user):
    pair = sessions.start(make_user())

    answers = post_at_once("/api/v1/users/logout", [{"refresh_token": pair.refresh}] * AT_ONCE)

    assert {status for status, _ in answers} == {200}
    assert BlacklistedToken.objects.count() == 1
    assert Session.objects.get().ended_at is not None
    assert AuditEvent.objects.count() == 1
