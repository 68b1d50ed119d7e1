"""Another password, for who knows the current one."""

import pytest
from django.utils import timezone

from accounts import emails, lockout, sessions
from accounts.emails import Purpose
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, EmailToken, PasswordTry
from common.testing.base import check_problem, fields_at_fault

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me/password"
NEW = "another horse battery"
BODY = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self", email="ada@example.com", email_verified_at=timezone.now())


def login(api, password):
    return api.post("/api/v1/users/login", {"email": "ada@example.com", "password": password})


@pytest.mark.parametrize("url", [URL, f"{URL}/"])
def test_answers_as_a_login_does(api, bearer, ada, url):
    response = bearer(ada).post(url, BODY)

    assert response.status_code == 200, response.content
    assert response.json() == {
        "access_token": response.json()["access_token"],
        "token_type": "bearer",
        "expires_in": 1800,
    }
    assert response["Cache-Control"] == "no-store"
    assert response.cookies["refresh_token"]["httponly"] is True
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['access_token']}")
    assert api.get("/api/v1/users/me").status_code == 200
    api.cookies = response.cookies
    assert api.post("/api/v1/users/refresh").status_code == 200


def test_the_new_one_counts_and_the_old_one_does_not(api, bearer, ada):
    bearer(ada).post(URL, BODY)

    assert login(api, PASSWORD).status_code == 401
    assert login(api, NEW).status_code == 200


def test_every_earlier_token_is_dead(api, bearer, ada):
    mine, other, refresh = bearer(ada), bearer(ada), sessions.start(ada).refresh

    mine.post(URL, BODY)

    for client in (mine, other):
        refused = client.get("/api/v1/users/me")
        assert (refused.status_code, refused.json()["code"]) == (401, "token_stale")
    assert api.post("/api/v1/users/refresh", {"refresh_token": refresh}).status_code == 401


def test_links_that_were_mailed_before_are_dead(bearer, ada):
    emails.send_link(Purpose.RESET, ada, to="ada@example.com")
    emails.send_link(Purpose.CHANGE, ada, to="eve@example.com")

    bearer(ada).post(URL, BODY)

    assert not EmailToken.objects.live().exists()


def test_a_wrong_one_changes_nothing_and_counts(bearer, ada):
    client = bearer(ada)
    for _ in range(lockout.TOGETHER.failures):
        refused = client.post(URL, {**BODY, "current_password": "wrong"})
        assert refused.status_code == 400
        problem = check_problem(refused, "Incorrect password")
        assert problem["errors"][0]["field"] == "body.current_password"

    assert client.post(URL, BODY).status_code == 429
    assert client.get("/api/v1/users/me").status_code == 200
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_it_counts_together_with_the_login(api, bearer, ada):
    for _ in range(lockout.TOGETHER.failures):
        login(api, "wrong")

    assert bearer(ada).post(URL, BODY).status_code == 429


def test_an_account_without_an_address_has_its_own_count(bearer, make_user):
    nobody = make_user(email=None)
    client = bearer(nobody)

    assert client.post(URL, {**BODY, "current_password": "wrong"}).status_code == 400
    assert client.post(URL, BODY).status_code == 200
    assert PasswordTry.objects.filter(state="failed").count() == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["body.current_password", "body.new_password"]),
        ({**BODY, "new_password": "short"}, ["body.new_password"]),
        ({**BODY, "new_password": "x" * 129}, ["body.new_password"]),
        ({**BODY, "new_password": "password123"}, ["body.new_password"]),
        ({**BODY, "current_password": "x" * 129}, ["body.current_password"]),
        ({**BODY, "email": "ada@example.com"}, ["body.email"]),
    ],
)
def test_a_malformed_body_is_refused_before_anything_is_hashed(bearer, ada, body, fields, monkeypatch):
    monkeypatch.setattr("accounts.hashers.in_turn", lambda _: pytest.fail("hashed"))

    assert fields_at_fault(bearer(ada).post(URL, body)) == fields


def test_needs_authentication(api):
    assert api.post(URL, BODY).status_code == 401


def test_it_is_recorded_and_told(bearer, ada, mails_of):
    client = bearer(ada)
    client.post(URL, {**BODY, "current_password": "wrong"})
    [told] = mails_of(lambda: client.post(URL, BODY))

    actions = list(AuditEvent.objects.order_by("id").values_list("action", "actor"))
    assert actions == [("password_refused", ada.pk), ("password_changed", ada.pk)]
    assert told.to == ["ada@example.com"]
    assert told.subject == "Your password was changed"
