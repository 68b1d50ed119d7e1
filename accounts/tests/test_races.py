"""Requests at the same moment to a running server, each on a database connection of its own."""

from collections import Counter
from functools import partial

import pytest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from accounts import tokens
from accounts.models import User
from common.testing.races import at_once, clients

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 8


@pytest.fixture
def post_at_once(live_server):
    """Post these bodies all at the same moment; returns pairs of status and answer."""

    def post_at_once(url, bodies):
        with clients(live_server.url, len(bodies)) as posters:
            calls = [partial(client.ask, "POST", url, body) for client, body in zip(posters, bodies, strict=True)]
            return [(answer.status, answer.body) for answer in at_once(*calls)]

    return post_at_once


def test_a_refresh_token_is_spent_once(post_at_once, make_user):
    pair = tokens.issue(make_user())

    answers = post_at_once("/api/v1/users/refresh", [{"refresh_token": pair.refresh}] * AT_ONCE)

    assert Counter(status for status, _ in answers) == {200: 1, 401: AT_ONCE - 1}
    assert {body["detail"] for status, body in answers if status == 401} == {"Invalid refresh token"}
    assert BlacklistedToken.objects.count() == 1


def test_an_address_is_registered_once(post_at_once):
    spellings = ["ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM", "aDa@example.com"] * (AT_ONCE // 4)
    bodies = [{"email": email, "password": "correct horse battery"} for email in spellings]

    answers = post_at_once("/api/v1/users/register", bodies)

    assert Counter(status for status, _ in answers) == {201: 1, 400: AT_ONCE - 1}
    assert {body["code"] for status, body in answers if status == 400} == {"email_taken"}
    assert User.objects.get().role == "user"


def test_a_session_is_ended_once_however_often_it_is_asked(post_at_once, make_user):
    pair = tokens.issue(make_user())

    answers = post_at_once("/api/v1/users/logout", [{"refresh_token": pair.refresh}] * AT_ONCE)

    assert {status for status, _ in answers} == {200}
    assert BlacklistedToken.objects.count() == 2  # the session and the token
