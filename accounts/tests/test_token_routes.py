"""simplejwt's own routes, which clients know by convention."""

import jwt
import pytest

from accounts import sessions
from accounts.factories import PASSWORD
from accounts.models import Session, User

pytestmark = pytest.mark.django_db

URL = "/api/v1/token"


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self", email="ada@example.com")


@pytest.fixture
def pair(ada):
    return sessions.start(ada)


def verify(api, token):
    return api.post(f"{URL}/verify", {"token": token})


def assert_dead(response):
    assert response.status_code == 401, response.content
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["detail"] == "Invalid or expired token"


@pytest.mark.parametrize("url", [URL, f"{URL}/"])
def test_a_password_is_traded_for_a_pair(api, ada, url):
    response = api.post(url, {"email": "ADA@example.com", "password": PASSWORD})

    assert response.status_code == 200, response.content
    body = response.json()
    assert body.keys() == {"access", "refresh"}
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert api.get("/api/v1/users/me", HTTP_AUTHORIZATION=f"Bearer {body['access']}").status_code == 200


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_a_wrong_password(api, ada, email):
    response = api.post(URL, {"email": email, "password": "wrong horse battery"})

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_credentials"


def test_an_inactive_account(api, make_user):
    response = api.post(URL, {"email": make_user(is_active=False).email, "password": PASSWORD})

    assert response.status_code == 403


def test_a_pair_is_traded_for_the_next_on_the_same_session(api, pair):
    response = api.post(f"{URL}/refresh", {"refresh": pair.refresh})

    assert response.status_code == 200, response.content
    body = response.json()
    assert body.keys() == {"access", "refresh"}
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    sid = {jwt.decode(raw, options={"verify_signature": False})["sid"] for raw in (*body.values(), pair.refresh)}
    assert sid == {Session.objects.get().pk.hex}
    assert api.post("/api/v1/users/refresh", {"refresh_token": body["refresh"]}).status_code == 200


def test_the_answer_can_be_asked_for_again(api, pair):
    first, second = (api.post(f"{URL}/refresh", {"refresh": pair.refresh}).json()["refresh"] for _ in range(2))

    assert first == second


def test_a_token_that_was_traded_long_ago_ends_the_session(api, pair):
    last = sessions.rotate(sessions.rotate(pair.refresh).refresh)

    response = api.post(f"{URL}/refresh", {"refresh": pair.refresh})

    assert (response.status_code, response.json()["code"]) == (401, "reuse_detected")
    assert_dead(verify(api, last.access))


@pytest.mark.parametrize("token", ["x", "a.b.c", "é"])
def test_garbage_is_no_refresh_token(api, token):
    response = api.post(f"{URL}/refresh", {"refresh": token})

    assert (response.status_code, response.json()["code"]) == (401, "refresh_token_invalid")


def test_both_kinds_of_token_are_found_to_work(api, pair):
    for token in (pair.access, pair.refresh):
        response = verify(api, token)
        assert (response.status_code, response.json()) == (200, {})


def test_a_refresh_token_that_was_traded_does_not(api, pair):
    child = sessions.rotate(pair.refresh).refresh

    assert_dead(verify(api, pair.refresh))
    assert verify(api, child).status_code == 200


@pytest.mark.parametrize("changed", [{"is_active": False}, {"token_version": 3}])
def test_nothing_works_of_an_account_that_may_not(api, ada, pair, changed):
    User.objects.filter(pk=ada.pk).update(**changed)

    for token in (pair.access, pair.refresh):
        assert_dead(verify(api, token))


@pytest.mark.parametrize("token", ["x", "a.b.c", "é"])
def test_garbage_does_not_work(api, token):
    assert_dead(verify(api, token))


def test_logging_out_ends_the_session(api, pair):
    response = api.post(f"{URL}/blacklist", {"refresh": pair.refresh})

    assert (response.status_code, response.json()) == (200, {})
    for token in (pair.access, pair.refresh):
        assert_dead(verify(api, token))
    assert_dead(api.post(f"{URL}/blacklist", {"refresh": pair.refresh}))


def test_an_access_token_logs_nobody_out(api, pair):
    assert_dead(api.post(f"{URL}/blacklist", {"refresh": pair.access}))

    assert verify(api, pair.access).status_code == 200


@pytest.mark.parametrize("path", ["", "/refresh", "/verify", "/blacklist"])
@pytest.mark.parametrize("body", [{}, [], {"refresh": 1, "token": 1, "email": 1}, {"refresh": "x" * 5000}, {"x": 1}])
def test_a_malformed_body_is_422(api, path, body):
    assert api.post(f"{URL}{path}", body).status_code == 422


@pytest.mark.parametrize("path", ["", "/refresh", "/verify", "/blacklist"])
def test_there_is_no_get(api, path):
    assert api.get(f"{URL}{path}").status_code == 405
