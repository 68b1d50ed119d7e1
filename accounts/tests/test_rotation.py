"""The generations of a session's refresh tokens: each is traded for the next, and an old one gives a copy away."""

from datetime import timedelta

import jwt
import pytest
from django.db.models import F
from django.utils import timezone

from accounts import keys, sessions
from accounts.models import AuditEvent, Session
from accounts.models.sessions import IDLE_LIFETIME, LIFETIME

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/refresh"
REUSED = AuditEvent.Action.REFRESH_REUSED


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self")


@pytest.fixture
def first(ada):
    return sessions.start(ada)


@pytest.fixture
def trade(api):
    """The next pair for this refresh token."""

    def trade(raw):
        response = api.post(URL, {"refresh_token": raw})
        assert response.status_code == 200, response.content
        return response.json()

    return trade


def claims(raw):
    return jwt.decode(raw, options={"verify_signature": False})


def earlier(**passed):
    """As if all that has happened had happened this much earlier."""
    Session.objects.update(
        **{name: F(name) - timedelta(**passed) for name in ("rotated_at", "created_at", "last_used_at", "expires_at")}
    )


def aged(raw, **passed):
    """The token that it would have been, had it been issued this much earlier."""
    key, said = keys.current(), claims(raw)
    seconds = int(timedelta(**passed).total_seconds())
    said |= {"iat": said["iat"] - seconds, "exp": said["exp"] - seconds}
    return jwt.encode(said, key.signing, key.algorithm, {"kid": key.kid})


def is_let_in(api, access):
    return api.get("/api/v1/users/me", HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 200


def assert_refused(response, code):
    assert response.status_code == 401, response.content
    assert response.json()["code"] == code


def assert_reused(api, raw):
    assert_refused(api.post(URL, {"refresh_token": raw}), "reuse_detected")


def test_a_dropped_answer_can_be_asked_for_again(trade, first):
    lost = trade(first.refresh)

    again = [trade(first.refresh) for _ in range(3)]

    assert {answer["refresh_token"] for answer in again} == {lost["refresh_token"]}
    trade(lost["refresh_token"])


def test_the_session_goes_on_after_an_answer_was_asked_for_again(api, trade, first):
    second = trade(first.refresh)
    trade(first.refresh)
    third = trade(second["refresh_token"])
    trade(second["refresh_token"])

    assert claims(third["refresh_token"])["sid"] == claims(first.refresh)["sid"]
    assert all(is_let_in(api, access) for access in (first.access, second["access_token"], third["access_token"]))


def test_up_to_ten_seconds_later(trade, first):
    second = trade(first.refresh)
    earlier(seconds=9)

    assert claims(trade(first.refresh)["refresh_token"])["jti"] == claims(second["refresh_token"])["jti"]


def test_later_the_parent_ends_the_session(api, trade, first):
    second = trade(first.refresh)
    earlier(seconds=10)

    assert_reused(api, first.refresh)

    assert_refused(api.post(URL, {"refresh_token": second["refresh_token"]}), "refresh_token_invalid")
    assert not is_let_in(api, first.access)
    assert not is_let_in(api, second["access_token"])


def test_an_older_one_ends_the_session_at_once(api, trade, first):
    second = trade(first.refresh)
    third = trade(second["refresh_token"])

    assert_reused(api, first.refresh)

    for raw in (second["refresh_token"], third["refresh_token"]):
        assert api.post(URL, {"refresh_token": raw}).status_code == 401
    assert not any(is_let_in(api, access) for access in (first.access, second["access_token"], third["access_token"]))


@pytest.mark.parametrize("replayed", [0, 1, 2])
def test_a_walk_through_four_generations(api, trade, first, replayed):
    walk = [first.refresh]
    for _ in range(3):
        walk.append(trade(walk[-1])["refresh_token"])

    if replayed == 2:
        assert trade(walk[2])["refresh_token"] == walk[3]
        trade(walk[3])
    else:
        assert_reused(api, walk[replayed])
        assert_refused(api.post(URL, {"refresh_token": walk[3]}), "refresh_token_invalid")


def test_also_one_that_has_expired_since(api, trade, first):
    second = trade(trade(first.refresh)["refresh_token"])

    assert_reused(api, aged(first.refresh, days=8))

    assert not is_let_in(api, second["access_token"])


def test_and_again_when_the_session_is_over(api, trade, first):
    trade(trade(first.refresh)["refresh_token"])

    for _ in range(3):
        assert_reused(api, first.refresh)

    assert AuditEvent.objects.filter(action=REUSED).count() == 1


def test_it_is_recorded(api, ada, trade, first):
    trade(trade(first.refresh)["refresh_token"])
    assert not AuditEvent.objects.filter(action=REUSED).exists()

    assert_reused(api, first.refresh)

    event = AuditEvent.objects.get(action=REUSED)
    assert (event.actor_id, event.subject) == (None, f"users/{ada.pk}")
    assert event.data == {"session": str(Session.objects.get().pk)}


def test_the_cookie_is_taken_back(api, trade, first):
    trade(trade(first.refresh)["refresh_token"])
    api.cookies["refresh_token"] = first.refresh

    response = api.post(URL)

    assert_refused(response, "reuse_detected")
    assert response["WWW-Authenticate"] == "Bearer"
    cookie = response.cookies["refresh_token"]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", 0, "/api/v1/users")


def test_other_sessions_of_the_account_go_on(api, ada, trade, first):
    other = sessions.start(ada)
    trade(trade(first.refresh)["refresh_token"])

    assert_reused(api, first.refresh)

    assert is_let_in(api, other.access)
    trade(other.refresh)


@pytest.mark.parametrize("days", [7, 40])
def test_unused_for_a_week_it_expires(api, first, days):
    earlier(days=days)

    assert_refused(api.post(URL, {"refresh_token": aged(first.refresh, days=days)}), "refresh_token_expired")


def test_used_every_six_days_it_lasts_thirty_days_and_no_longer(api, trade, first):
    end = Session.objects.get().expires_at
    raw = first.refresh
    for _ in range(4):
        earlier(days=6)
        raw = trade(aged(raw, days=6))["refresh_token"]
    earlier(days=5, hours=23, minutes=50)
    last = trade(aged(raw, days=5, hours=23, minutes=50))

    session = Session.objects.get()
    assert session.expires_at == end - timedelta(days=29, hours=23, minutes=50)
    assert claims(last["refresh_token"])["exp"] == int(session.expires_at.timestamp())
    assert claims(last["access_token"])["exp"] == int(session.expires_at.timestamp())
    assert 590 <= last["expires_in"] <= 600

    Session.objects.update(expires_at=timezone.now())
    assert_refused(api.post(URL, {"refresh_token": last["refresh_token"]}), "refresh_token_expired")
    assert not is_let_in(api, last["access_token"])


def test_the_limits(first):
    session = Session.objects.get()

    assert (timedelta(days=30), timedelta(days=7)) == (LIFETIME, IDLE_LIFETIME)
    assert session.expires_at - session.created_at == LIFETIME
    assert claims(first.refresh)["exp"] == int((session.created_at + IDLE_LIFETIME).timestamp())
