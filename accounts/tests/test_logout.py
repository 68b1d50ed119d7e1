from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts import sessions
from accounts.models import AuditEvent

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/logout"
REFRESH = "/api/v1/users/refresh"


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self")


@pytest.fixture
def pair(ada):
    return sessions.start(ada)


def assert_logged_out(response):
    assert response.status_code == 200, response.content
    assert response.json() == {"message": "Successfully logged out"}
    cookie = response.cookies["refresh_token"]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", 0, "/api/v1/users")


def assert_dead(api, pair):
    api.cookies.clear()
    assert api.get("/api/v1/users/me", HTTP_AUTHORIZATION=f"Bearer {pair.access}").status_code == 401
    assert api.post(REFRESH, {"refresh_token": pair.refresh}).status_code == 401


def assert_alive(api, pair):
    api.cookies.clear()
    assert api.get("/api/v1/users/me", HTTP_AUTHORIZATION=f"Bearer {pair.access}").status_code == 200
    assert api.post(REFRESH, {"refresh_token": pair.refresh}).status_code == 200


def test_by_cookie(api, pair):
    api.cookies["refresh_token"] = pair.refresh

    assert_logged_out(api.post(URL))

    assert_dead(api, pair)


def test_by_body(api, pair):
    assert_logged_out(api.post(URL, {"refresh_token": pair.refresh}))

    assert_dead(api, pair)


def test_by_bearer_token(api, pair):
    assert_logged_out(api.post(URL, HTTP_AUTHORIZATION=f"Bearer {pair.access}"))

    assert_dead(api, pair)


def test_no_content_type_is_needed(client, api, pair):
    client.cookies["refresh_token"] = pair.refresh

    assert_logged_out(client.generic("POST", URL, b"", content_type=""))

    assert_dead(api, pair)


def test_ends_the_tokens_that_were_traded_in_the_session_too(api, pair):
    later = sessions.rotate(pair.refresh)

    assert_logged_out(api.post(URL, {"refresh_token": pair.refresh}))

    assert_dead(api, later)


def test_other_sessions_go_on(api, ada, pair):
    other = sessions.start(ada)

    api.post(URL, {"refresh_token": pair.refresh})

    assert_alive(api, other)


def test_twice(api, pair):
    for _ in range(2):
        assert_logged_out(api.post(URL, {"refresh_token": pair.refresh}))


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Bearer", "Bearer x", "Bearer \x00"])
@pytest.mark.parametrize("cookie", ["", "x", "é"])
@pytest.mark.parametrize("body", [None, {}, {"refresh_token": ""}, {"refresh_token": "a.b.c"}])
def test_without_a_living_token_it_only_clears_the_cookie(api, authorization, cookie, body):
    api.cookies["refresh_token"] = cookie

    assert_logged_out(api.post(URL, body, HTTP_AUTHORIZATION=authorization))


def test_of_a_deleted_account(api, ada, pair):
    ada.delete()

    assert_logged_out(api.post(URL, {"refresh_token": pair.refresh}))


def test_the_session_stays_ended_when_expired_rows_are_cleared_away(api, pair):
    api.post(URL, {"refresh_token": pair.refresh})
    OutstandingToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    call_command("flushexpiredtokens")

    assert not OutstandingToken.objects.exists()
    assert_dead(api, pair)


def test_is_recorded_once(api, ada, pair):
    for _ in range(2):
        api.post(URL, {"refresh_token": pair.refresh})

    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id) == (AuditEvent.Action.SIGNED_OUT, ada.pk)
