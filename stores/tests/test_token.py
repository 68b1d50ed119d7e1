"""The OAuth2 password flow."""

from unittest.mock import Mock

import jwt
import pytest

from accounts import keys, sessions
from accounts.factories import PASSWORD, UserFactory
from accounts.models import Session
from common.testing.base import check_problem, fields_at_fault
from stores.factories import StoreManagerFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/store-managers/token"
FORM = "application/x-www-form-urlencoded"
DAY = 24 * 60 * 60


@pytest.fixture
def manager():
    return StoreManagerFactory.create(user__email="Ada@example.com", user__roles=["user", "store_manager"])


def sign_in(api, body, content_type=FORM, **headers):
    return api.generic("POST", URL, body, content_type=content_type, **headers)


def credentials(username="ada@example.com", password=PASSWORD):
    return f"username={username}&password={password.replace(' ', '+')}"


def claims(raw):
    return jwt.decode(raw, keys.current().verifying, ["HS256"], audience="stockroom")


def test_a_store_manager_gets_a_token_for_a_day(api, manager):
    response = sign_in(api, credentials())

    assert response.status_code == 200, response.content
    body = response.json()
    assert body == {"access_token": body["access_token"], "token_type": "bearer", "expires_in": DAY}
    assert response["Cache-Control"] == "no-store"
    said = claims(body["access_token"])
    assert (said["role"], said["email"], said["type"]) == ("store_manager", "Ada@example.com", "access")
    assert said["exp"] - said["iat"] == DAY
    assert len(response.cookies) == 0

    api.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access_token']}")
    assert api.get("/api/v1/store-managers/me").json()["id"] == str(manager.pk)


def test_any_other_account_gets_one_for_half_an_hour(api):
    user = UserFactory.create(roles=["user"])

    body = sign_in(api, credentials(user.email)).json()

    assert body["expires_in"] == 1800
    assert claims(body["access_token"])["exp"] - claims(body["access_token"])["iat"] == 1800


def test_the_session_lasts_as_long_as_its_token(api, manager):
    said = claims(sign_in(api, credentials()).json()["access_token"])

    session = Session.objects.get()
    assert (session.pk.hex, session.user) == (said["sid"], manager.user)
    assert (session.refresh_jti, session.previous_jti) == ("", "")
    assert int(session.expires_at.timestamp()) == said["exp"]


@pytest.mark.parametrize(
    "more",
    [
        "grant_type=password",
        "grant_type=",  # without a value it counts as left out (RFC 6749, 3.2)
        "grant_type=password&scope=&client_id=&client_secret=",
        "scope=items%3Aread+todos%3Aread&client_id=swagger&client_secret=s",
        "audience=elsewhere",
    ],
)
def test_what_oauth2_clients_send_besides_is_no_obstacle(api, manager, more):
    assert sign_in(api, f"{more}&{credentials()}", HTTP_AUTHORIZATION="Basic c3dhZ2dlcjo=").status_code == 200


@pytest.mark.parametrize("username", ["ada@example.com", "nobody@example.com", "nobody"])
def test_a_wrong_password_and_an_unknown_account_look_alike(api, manager, username):
    response = sign_in(api, credentials(username, "wrong horse battery"))

    assert response.status_code == 401
    problem = check_problem(response, "Incorrect email or password")
    assert (problem["error"], problem["code"]) == ("invalid_grant", "invalid_credentials")
    assert response["WWW-Authenticate"] == "Bearer"


def test_an_unknown_account_costs_a_hash_too(api, monkeypatch):
    hashed = Mock()
    monkeypatch.setattr("accounts.passwords.make_password", hashed)

    sign_in(api, credentials("nobody@example.com"))

    assert hashed.call_count == 1


def test_an_inactive_account_is_told_so_after_the_right_password_only(api, manager):
    manager.user.is_active = False
    manager.user.save()

    assert sign_in(api, credentials(password="wrong horse battery")).status_code == 401
    response = sign_in(api, credentials())
    assert response.status_code == 403
    check_problem(response, "Account is inactive")


LACKING = {
    "everything": ("", {"body.username", "body.password"}),
    "a password": ("username=ada@example.com", {"body.password"}),
    "a username": ("password=x", {"body.username"}),
    "values": ("username=&password=", {"body.username", "body.password"}),
    "text": ("username=a%00b&password=x", {"body.username"}),
    "text in the password": ("username=a&password=x%00", {"body.password"}),
    "text in a name": ("username=a&password=x&sco%07pe=1", {"body.sco\\u0007pe"}),
    "an end of the password": ("username=a&password=" + "x" * 129, {"body.password"}),
    "an end of the username": ("username=" + "a" * 255 + "&password=x", {"body.username"}),
    "this flow": ("grant_type=client_credentials&username=a&password=x", {"body.grant_type"}),
}


@pytest.mark.parametrize("name", LACKING)
def test_a_form_that_lacks_something_is_422(api, name):
    body, fields = LACKING[name]

    assert set(fields_at_fault(sign_in(api, body))) == fields


AMBIGUOUS = {
    "a name twice": "username=a&username=b&password=x",
    "an ignored name twice": "username=a&password=x&scope=&scope=",
    "not UTF-8": b"username=\xff&password=x",
    "escaped and not UTF-8": "username=%FF&password=x",
    "an escaped surrogate": "username=%ED%A0%80&password=x",
    "a byte order mark": "\ufeffusername=a&password=x",
    "too many fields": "&".join(f"p{number}=1" for number in range(1_001)),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_form_that_two_readers_could_understand_in_two_ways_is_400(api, name):
    response = sign_in(api, AMBIGUOUS[name])

    assert response.status_code == 400, response.content
    check_problem(response)


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("application/json", {}),
        ("multipart/form-data; boundary=x", {}),
        ("text/plain", {}),
        ("", {}),
        (f"{FORM}; charset=latin-1", {}),
        (FORM, {"HTTP_CONTENT_ENCODING": "gzip"}),
    ],
)
def test_what_is_no_form_is_415(api, manager, content_type, headers):
    response = sign_in(api, credentials(), content_type, **headers)

    assert response.status_code == 415
    check_problem(response)


@pytest.mark.parametrize("size", [2_621_441, 17_000_000])
def test_a_form_that_is_too_large_is_413(api, size):
    response = sign_in(api, "username=" + "a" * (size - 9))

    assert response.status_code == 413
    check_problem(response)


def test_a_form_may_be_as_large_as_any_body(api):
    assert fields_at_fault(sign_in(api, "username=" + "a" * (2_621_440 - 9)))


def test_a_dead_token_in_the_header_does_no_harm(api, manager):
    assert sign_in(api, credentials(), HTTP_AUTHORIZATION="Bearer nonsense").status_code == 200


def test_a_get_is_405(api):
    response = api.get(URL)

    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")


def test_logging_in_elsewhere_gives_the_usual_time(api, manager):
    assert sessions.start(manager.user).expires_in == 1800
