"""What stands in a token, and what is kept of it."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts import keys, sessions, tokens
from accounts.models import Session

pytestmark = pytest.mark.django_db

COMMON = {"sub", "sid", "ver", "jti", "iat", "exp", "iss", "aud", "type"}


def payload(raw):
    options: Any = {"require": ["iss", "aud"]}
    return jwt.decode(raw, keys.current().verifying, ["HS256"], audience="stockroom", options=options)


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com", roles=["user", "admin"])


@pytest.fixture
def pair(ada):
    return sessions.start(ada)


def test_an_access_token_says_who_it_is_for(ada):
    claims = payload(sessions.start(ada).access)

    assert claims.keys() == {*COMMON, "user_id", "email", "role"}
    assert (claims["sub"], claims["user_id"], claims["email"]) == (str(ada.pk), ada.pk, "ada@example.com")
    assert (claims["role"], claims["type"], claims["ver"]) == ("admin", "access", 0)
    assert (claims["iss"], claims["aud"]) == ("stockroom", "stockroom")
    assert claims["exp"] - claims["iat"] == 1800


def test_a_refresh_token_says_no_more_than_it_needs(ada):
    claims = payload(sessions.start(ada).refresh)

    assert claims.keys() == COMMON
    assert claims["type"] == "refresh"
    assert claims["exp"] - claims["iat"] == 7 * 24 * 60 * 60


def test_the_tokens_of_one_sign_in_share_their_session_and_nothing_else(ada):
    one, other = sessions.start(ada), sessions.start(ada)
    access, refresh = payload(one.access), payload(one.refresh)

    assert access["sid"] == refresh["sid"] != payload(other.access)["sid"]
    assert len({access["jti"], refresh["jti"], access["sid"]}) == 3


def test_nothing_that_is_kept_can_be_used_as_a_token(ada, pair):
    sessions.end(tokens.read(pair.access, tokens.AccessToken))

    session, refused = Session.objects.get(), OutstandingToken.objects.get()
    assert refused.token == ""
    for kept in [*vars(session).values(), *vars(refused).values()]:
        assert not isinstance(kept, str) or "." not in kept or kept == session.ip


def test_a_token_names_its_key(pair):
    for raw in (pair.access, pair.refresh):
        assert jwt.get_unverified_header(raw) == {"alg": "HS256", "kid": keys.current().kid, "typ": "JWT"}


def test_a_token_outlasts_its_session_by_no_means(ada):
    bearer = sessions.start_bearer(ada, lifetime=timedelta(minutes=5))

    assert bearer.expires_in == 300
    assert payload(bearer.access)["exp"] == int(Session.objects.get().expires_at.timestamp())
