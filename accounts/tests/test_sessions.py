"""Where one is signed in, and signing out there."""

from datetime import timedelta

import jwt
import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import sessions
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, Session
from common.testing.races import at_once

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me/sessions"
EVERYWHERE = "/api/v1/users/logout-all"
NOBODYS = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com")


def signed_in(user):
    """A client with a session of its own, and its tokens."""
    client, pair = APIClient(), sessions.start(user)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    return client, pair


def session_of(pair):
    return Session.objects.get(pk=jwt.decode(pair.access, options={"verify_signature": False})["sid"])


def assert_dead(pair):
    client = APIClient()
    assert client.get(URL, HTTP_AUTHORIZATION=f"Bearer {pair.access}").status_code == 401
    assert client.post("/api/v1/users/refresh", {"refresh_token": pair.refresh}).status_code == 401


def assert_alive(pair):
    client = APIClient()
    assert client.get(URL, HTTP_AUTHORIZATION=f"Bearer {pair.access}").status_code == 200
    assert client.post("/api/v1/users/refresh", {"refresh_token": pair.refresh}).status_code == 200


class TestList:
    @pytest.mark.parametrize("url", [URL, f"{URL}/"])
    def test_says_where_one_is_signed_in(self, ada, api, url):
        body = {"email": ada.email, "password": PASSWORD}
        access = api.post(
            "/api/v1/users/login", body, HTTP_USER_AGENT="Firefox on Ada's", REMOTE_ADDR="192.0.2.7"
        ).json()["access_token"]

        found = api.get(url, HTTP_AUTHORIZATION=f"Bearer {access}")

        assert found.status_code == 200, found.content
        (one,) = found.json()
        session = Session.objects.get()
        assert one == {
            "id": str(session.pk),
            "created_at": one["created_at"],
            "last_used_at": one["created_at"],
            "ip": "192.0.2.7",
            "user_agent": "Firefox on Ada's",
            "current": True,
        }
        assert one["created_at"].endswith("Z")

    def test_the_one_used_last_comes_first(self, ada):
        client, mine = signed_in(ada)
        _, used = signed_in(ada)
        _, other = signed_in(ada)
        sessions.rotate(used.refresh)

        found = client.get(URL).json()

        assert [one["id"] for one in found] == [str(session_of(pair).pk) for pair in (used, other, mine)]
        assert [one["current"] for one in found] == [False, False, True]
        assert found[0]["last_used_at"] > found[0]["created_at"]

    def test_shows_neither_those_of_others_nor_those_that_are_over(self, ada, make_user):
        client, mine = signed_in(ada)
        signed_in(make_user())
        now = timezone.now()
        for over in (
            {"ended_at": now},
            {"expires_at": now},
            {"rotated_at": now - timedelta(days=7)},
            {"version": 7},
        ):
            Session.objects.filter(pk=session_of(signed_in(ada)[1]).pk).update(**over)

        assert [one["id"] for one in client.get(URL).json()] == [str(session_of(mine).pk)]

    def test_one_that_nothing_prolongs_is_there_until_it_expires(self, ada):
        client, _ = signed_in(ada)
        sessions.start_bearer(ada, lifetime=timedelta(days=300))
        Session.objects.filter(refresh_jti="").update(rotated_at=timezone.now() - timedelta(days=100))

        assert len(client.get(URL).json()) == 2

    def test_costs_two_queries_however_many_there_are(self, ada, django_assert_num_queries):
        client, _ = signed_in(ada)
        for _ in range(5):
            signed_in(ada)

        with django_assert_num_queries(2):
            assert len(client.get(URL).json()) == 6

    @pytest.mark.parametrize("sent", ["x" * 1000, "a\x07b\x9fc", "", "\xe9"])
    def test_what_a_client_calls_itself_is_clipped_and_free_of_control_characters(self, ada, api, sent):
        api.post("/api/v1/users/login", {"email": ada.email, "password": PASSWORD}, HTTP_USER_AGENT=sent)

        kept = Session.objects.get().user_agent
        assert kept[:1] == sent[:1]
        assert len(kept) <= 200
        assert kept.isprintable()

    def test_a_forged_address_has_no_effect(self, ada, api):
        body = {"email": ada.email, "password": PASSWORD}
        api.post("/api/v1/users/login", body, HTTP_X_FORWARDED_FOR="203.0.113.9", HTTP_FORWARDED="for=203.0.113.9")

        assert Session.objects.get().ip == "127.0.0.1"

    def test_without_an_address(self, ada):
        sessions.start(ada)

        assert Session.objects.get().ip is None


class TestHowMany:
    def test_beyond_them_the_one_that_was_used_least_lately_ends(self, ada, monkeypatch):
        monkeypatch.setattr(sessions, "MOST", 3)
        _, first = signed_in(ada)
        _, second = signed_in(ada)
        first = sessions.rotate(first.refresh)
        _, third = signed_in(ada)
        _, last = signed_in(ada)

        assert_dead(second)
        for pair in (first, third, last):
            assert_alive(pair)

    def test_those_that_are_over_and_those_of_others_take_no_room(self, ada, make_user, monkeypatch):
        monkeypatch.setattr(sessions, "MOST", 2)
        _, mine = signed_in(ada)
        for _ in range(3):
            signed_in(make_user())
            pk = session_of(signed_in(ada)[1]).pk
            Session.objects.filter(pk=pk).update(expires_at=timezone.now())

        assert_alive(mine)

    def test_no_more_are_shown(self, ada, monkeypatch):
        """There may be, from before there was a limit."""
        client, _ = signed_in(ada)
        for _ in range(3):
            signed_in(ada)
        monkeypatch.setattr(sessions, "MOST", 2)

        assert len(client.get(URL).json()) == 2


@pytest.mark.django_db(transaction=True)
def test_however_many_sign_in_at_once_there_are_no_more(make_user, monkeypatch):
    monkeypatch.setattr(sessions, "MOST", 3)
    user = make_user()

    def sign_in():
        sessions.start(user)
        connection.close()

    at_once(*[sign_in] * 12)

    assert Session.objects.live().count() == 3


class TestEndingOne:
    def test_its_tokens_are_dead(self, ada):
        client, mine = signed_in(ada)
        _, other = signed_in(ada)

        response = client.delete(f"{URL}/{session_of(other).pk}")

        assert (response.status_code, response.content) == (204, b"")
        assert_dead(other)
        assert_alive(mine)

    def test_also_ones_own(self, ada):
        client, mine = signed_in(ada)

        assert client.delete(f"{URL}/{session_of(mine).pk}").status_code == 204

        assert_dead(mine)

    def test_is_recorded(self, ada):
        client, mine = signed_in(ada)

        client.delete(f"{URL}/{session_of(mine).pk}")

        event = AuditEvent.objects.get()
        assert (event.action, event.actor_id) == (AuditEvent.Action.SIGNED_OUT, ada.pk)
        assert event.data == {"session": str(session_of(mine).pk)}

    def test_twice_is_404(self, ada):
        client, _ = signed_in(ada)
        url = f"{URL}/{session_of(signed_in(ada)[1]).pk}"

        assert client.delete(url).status_code == 204
        response = client.delete(url)

        assert response.status_code == 404
        assert response.json()["detail"] == "Session not found"

    def test_that_of_somebody_else_is_none(self, ada, make_user):
        client, _ = signed_in(ada)
        _, theirs = signed_in(make_user())

        assert client.delete(f"{URL}/{session_of(theirs).pk}").status_code == 404

        assert_alive(theirs)

    @pytest.mark.parametrize("name", ["abc", "1", "%00", f"urn:uuid:{NOBODYS}", NOBODYS.replace("-", ""), NOBODYS])
    def test_what_names_none_is_404(self, ada, name):
        assert signed_in(ada)[0].delete(f"{URL}/{name}").status_code == 404


class TestEverywhere:
    def test_every_token_is_dead(self, ada, make_user):
        client, mine = signed_in(ada)
        _, other = signed_in(ada)
        alone = sessions.start_bearer(ada).access
        _, stranger = signed_in(make_user())

        response = client.post(EVERYWHERE)

        assert response.status_code == 200, response.content
        assert response.json() == {"message": "Successfully logged out everywhere"}
        assert response.cookies["refresh_token"]["max-age"] == 0
        for pair in (mine, other):
            assert_dead(pair)
        refused = client.get(URL, HTTP_AUTHORIZATION=f"Bearer {alone}")
        assert (refused.status_code, refused.json()["code"]) == (401, "token_stale")
        assert_alive(stranger)
        assert not Session.objects.filter(user=ada, ended_at=None).exists()

    def test_is_recorded(self, ada):
        signed_in(ada)[0].post(EVERYWHERE)

        event = AuditEvent.objects.get()
        assert (event.action, event.actor_id) == (AuditEvent.Action.SIGNED_OUT_EVERYWHERE, ada.pk)

    def test_signing_in_again_works(self, ada):
        signed_in(ada)[0].post(EVERYWHERE)
        ada.refresh_from_db()

        assert_alive(signed_in(ada)[1])

    def test_a_field_that_it_does_not_know_is_refused_and_nothing_ends(self, ada):
        client, mine = signed_in(ada)

        assert client.post(EVERYWHERE, {"except": "me"}).status_code == 422

        assert_alive(mine)


@pytest.mark.parametrize(("method", "url"), [("get", URL), ("delete", f"{URL}/{NOBODYS}"), ("post", EVERYWHERE)])
@pytest.mark.parametrize("authorization", ["Bearer x", ""])
def test_without_a_token_it_is_401(api, method, url, authorization):
    assert getattr(api, method)(url, HTTP_AUTHORIZATION=authorization).status_code == 401
