from unittest.mock import Mock

import pytest

from accounts.factories import PASSWORD
from accounts.hashers import Argon2PasswordHasher

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/login"


def login(api, email, password=PASSWORD):
    return api.post(URL, {"email": email, "password": password})


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self", email="Ada@example.com")


def test_answers_with_tokens(api, ada):
    response = login(api, "ada@EXAMPLE.com")

    assert response.status_code == 200
    assert response.json() == {
        "access_token": response.json()["access_token"],
        "token_type": "bearer",
        "expires_in": 1800,
    }
    assert "no-store" in response["Cache-Control"]

    api.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['access_token']}")
    assert api.get("/api/v1/users/me").json()["email"] == "Ada@example.com"


def test_the_refresh_token_travels_in_a_cookie_that_scripts_cannot_read(api, ada):
    response = login(api, ada.email)

    cookie = response.cookies["refresh_token"]
    assert cookie.value not in response.content.decode()
    assert cookie["httponly"] is True
    assert cookie["path"] == "/api/v1/users"
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 7 * 24 * 60 * 60
    assert cookie["secure"] == ""


def test_the_cookie_follows_its_setting(api, ada, settings):
    settings.REFRESH_COOKIE = {"name": "r", "path": "/", "samesite": "Strict", "secure": True, "max_age": 60}

    cookie = login(api, ada.email).cookies["r"]

    assert (cookie["path"], cookie["samesite"], cookie["secure"], cookie["max-age"]) == ("/", "Strict", True, 60)


def test_a_wrong_password_and_an_unknown_address_look_alike(api, ada):
    wrong = login(api, ada.email, "wrong horse battery")
    unknown = login(api, "nobody@example.com")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong["WWW-Authenticate"] == unknown["WWW-Authenticate"] == "Bearer"
    differ_anyway = {"request_id"}
    bodies = [{k: v for k, v in r.json().items() if k not in differ_anyway} for r in (wrong, unknown)]
    assert bodies[0] == bodies[1]
    assert bodies[0]["detail"] == "Incorrect email or password"


@pytest.mark.parametrize("kind", ["unknown", "wrong", "without password"])
def test_each_failure_costs_one_hash(api, ada, make_user, monkeypatch, kind):
    hashes = Mock()
    hashes.encode.side_effect = Argon2PasswordHasher().encode
    hashes.verify.side_effect = Argon2PasswordHasher().verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", hashes.encode)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", hashes.verify)
    address = {
        "unknown": "nobody@example.com",
        "wrong": ada.email,
        "without password": make_user(password=None).email,
    }[kind]

    assert login(api, address, "wrong horse battery").status_code == 401

    assert len(hashes.method_calls) == 1


def test_that_an_account_is_inactive_is_told_to_its_owner_only(api, make_user):
    user = make_user(is_active=False)

    assert login(api, user.email, "wrong horse battery").status_code == 401
    response = login(api, user.email)
    assert response.status_code == 403
    assert response.json()["detail"] == "Account is inactive"
    assert "refresh_token" not in response.cookies


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.com"},
        {"email": "ada@example.com", "password": "x" * 129},
        {"email": "ada", "password": PASSWORD},
        {"email": {}, "password": []},
        {"email": "ada@example.com", "password": PASSWORD, "remember": True},
        [],
    ],
)
def test_a_malformed_body_is_refused(api, body):
    assert api.post(URL, body).status_code == 422


def test_an_old_password_shorter_than_todays_rule_still_works(api, make_user):
    user = make_user(password="old")

    assert login(api, user.email, "old").status_code == 200
