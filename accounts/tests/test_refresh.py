import time

import jwt
import pytest

from accounts import keys, sessions
from accounts.models import User

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/refresh"


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self")


@pytest.fixture
def pair(ada):
    return sessions.start(ada)


def with_cookie(api, token):
    api.cookies["refresh_token"] = token
    return api


def in_body(api, token):
    return api.post(URL, {"refresh_token": token})


def assert_refused(response, detail, code="refresh_token_invalid"):
    assert response.status_code == 401, response.content
    assert response.json()["code"] == code
    assert response.json()["detail"] == detail
    assert response["WWW-Authenticate"] == "Bearer"
    assert "refresh_token" not in response.cookies


def works(api, access):
    return api.get("/api/v1/users/me", HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 200


def test_the_cookie_is_traded_for_new_tokens(api, pair):
    response = with_cookie(api, pair.refresh).post(URL)

    assert response.status_code == 200
    assert response.json().keys() == {"access_token", "token_type", "expires_in"}
    assert response.cookies["refresh_token"].value != pair.refresh
    assert response.cookies["refresh_token"]["httponly"] is True
    assert "no-store" in response["Cache-Control"]
    assert works(api, response.json()["access_token"])


@pytest.mark.parametrize("body", [None, {}])
def test_the_body_may_be_missing_or_empty(api, pair, body):
    assert with_cookie(api, pair.refresh).post(URL, body).status_code == 200


def test_no_content_type_is_needed(client, pair):
    client.cookies["refresh_token"] = pair.refresh

    assert client.generic("POST", URL, b"", content_type="").status_code == 200


def test_sent_in_the_body_it_comes_back_in_the_body(api, pair):
    response = in_body(api, pair.refresh)

    assert response.status_code == 200
    assert "refresh_token" not in response.cookies
    again = in_body(api, response.json()["refresh_token"])
    assert again.status_code == 200
    assert works(api, again.json()["access_token"])


def test_sent_both_ways_it_is_refused_and_not_spent(api, pair):
    response = with_cookie(api, pair.refresh).post(URL, {"refresh_token": pair.refresh})

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "body.refresh_token"
    assert with_cookie(api, pair.refresh).post(URL).status_code == 200


def test_the_session_goes_on_with_the_next_token(api, pair):
    def session(raw):
        return jwt.decode(raw, options={"verify_signature": False})["sid"]

    body = in_body(api, pair.refresh).json()

    assert session(body["access_token"]) == session(body["refresh_token"]) == session(pair.access)


@pytest.mark.parametrize("token", ["", None])
def test_without_a_token(api, token):
    if token is not None:
        with_cookie(api, token)
    assert_refused(api.post(URL), "Refresh token not found", "refresh_token_missing")


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "🔑", "x" * 4000])
def test_garbage(api, token):
    assert_refused(in_body(api, token), "Invalid refresh token")


def test_an_access_token_is_no_refresh_token(api, pair):
    assert_refused(in_body(api, pair.access), "Invalid refresh token")


def changed(raw, **claims):
    key, payload = keys.current(), jwt.decode(raw, options={"verify_signature": False}) | claims
    return jwt.encode(payload, key.signing, key.algorithm, {"kid": key.kid})


def test_an_expired_token(api, pair):
    assert_refused(
        in_body(api, changed(pair.refresh, exp=int(time.time()) - 1)), "Refresh token expired", "refresh_token_expired"
    )


@pytest.mark.parametrize(
    "claims", [{"sid": "0" * 32}, {"jti": "\x00"}, {"jti": {}}, {"sid": 1}, {"exp": 10**20}, {"sub": "7"}]
)
def test_odd_claims_however_well_signed(api, pair, claims):
    assert_refused(in_body(api, changed(pair.refresh, **claims)), "Invalid refresh token")


def test_a_deleted_account(api, ada, pair):
    ada.delete()

    assert_refused(in_body(api, pair.refresh), "Invalid refresh token")


def test_an_account_that_may_not(api, ada, pair):
    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert_refused(in_body(api, pair.refresh), "Invalid refresh token")


def test_a_token_from_before_everything_was_ended_says_so(api, ada, pair):
    User.objects.filter(pk=ada.pk).update(token_version=1)

    assert_refused(in_body(api, pair.refresh), "Invalid refresh token", "token_stale")


def test_a_token_that_may_not_be_traded_is_not_spent(api, ada, pair):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    in_body(api, pair.refresh)
    User.objects.filter(pk=ada.pk).update(is_active=True)

    assert in_body(api, pair.refresh).status_code == 200


@pytest.mark.parametrize("body", [[], {"refresh_token": 1}, {"token": "x"}, {"refresh_token": "x" * 5000}])
def test_a_malformed_body_is_refused(api, body):
    assert api.post(URL, body).status_code == 422
