"""What stands in a token, and what is kept of it."""

import jwt
import pytest
from django.conf import settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts import tokens

pytestmark = pytest.mark.django_db

COMMON = {"sub", "sid", "ver", "jti", "iat", "exp", "iss", "aud", "type"}


def payload(raw):
    return jwt.decode(
        raw, settings.SIMPLE_JWT["SIGNING_KEY"], ["HS256"], audience="stockroom", options={"require": ["iss", "aud"]}
    )


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com", roles=["user", "admin"])


def test_an_access_token_says_who_it_is_for(ada):
    claims = payload(tokens.issue(ada).access)

    assert claims.keys() == {*COMMON, "user_id", "email", "role"}
    assert (claims["sub"], claims["user_id"], claims["email"]) == (str(ada.pk), ada.pk, "ada@example.com")
    assert (claims["role"], claims["type"], claims["ver"]) == ("admin", "access", 0)
    assert (claims["iss"], claims["aud"]) == ("stockroom", "stockroom")
    assert claims["exp"] - claims["iat"] == 1800


def test_a_refresh_token_says_no_more_than_it_needs(ada):
    claims = payload(tokens.issue(ada).refresh)

    assert claims.keys() == COMMON
    assert claims["type"] == "refresh"
    assert claims["exp"] - claims["iat"] == 7 * 24 * 60 * 60


def test_the_tokens_of_one_sign_in_share_their_session_and_nothing_else(ada):
    one, other = tokens.issue(ada), tokens.issue(ada)
    access, refresh = payload(one.access), payload(one.refresh)

    assert access["sid"] == refresh["sid"] != payload(other.access)["sid"]
    assert len({access["jti"], refresh["jti"], access["sid"]}) == 3


def test_nothing_that_is_kept_can_be_used_as_a_token(ada):
    pair = tokens.issue(ada)

    rows = OutstandingToken.objects.all()
    assert {row.jti for row in rows} == {payload(pair.refresh)["jti"], payload(pair.refresh)["sid"]}
    assert {row.token for row in rows} == {""}
    assert {row.user_id for row in rows} == {ada.pk}
