"""Accounts of the tenant that were deleted here: who had a token before does not come back with it."""

import time
from collections import Counter
from functools import partial

import pytest

from accounts import auth0, identities, keys, sessions
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, ExternalIdentity, User
from accounts.retention import refuse_what_was_issued
from accounts.tokens import InvalidToken
from common.testing.races import at_once, clients

URL = "/api/v1/users/me"
ADDRESS = {"email": "ada@example.com", "email_verified": True}


def later(**claims):
    """Of a token that was issued after everything so far."""
    return {"iat": int(time.time()) + 2, **claims}


@pytest.fixture
def me(api, tenant, db):
    def me(token, method="get", body=None):
        return getattr(api, method)(URL, body, HTTP_AUTHORIZATION=f"Bearer {token}")

    return me


@pytest.fixture
def ada(me, tenant):
    """With an address, and a token that has not expired."""
    token = tenant.token(**ADDRESS)
    assert me(token).status_code == 200
    return User.objects.get(), token


def by_its_owner(ada, client):
    response = client.delete(URL, headers={"Authorization": f"Bearer {ada[1]}"}, content_type="application/json")
    assert response.status_code == 204


def by_an_administrator(ada, client):
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    client.post(f"/admin/accounts/user/{ada[0].pk}/delete/", {"post": "yes"})


def among_others(ada, client):
    User.objects.filter(pk__in=[ada[0].pk, User.objects.create_user(None).pk]).delete()


def by_itself(ada, client):
    ada[0].delete()


@pytest.mark.parametrize("delete", [by_its_owner, by_an_administrator, among_others, by_itself])
def test_whichever_way_its_tokens_are_dead(ada, client, me, delete):
    delete(ada, client)
    assert not User.objects.filter(pk=ada[0].pk).exists()
    before = User.objects.count()

    refused = me(ada[1])

    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert User.objects.count() == before
    assert ExternalIdentity.objects.get().user is None


def test_a_later_token_makes_a_fresh_account(ada, me, tenant):
    old, token = ada
    old.delete()
    tenant.a_minute_passes()

    found = me(tenant.token(**later(), **ADDRESS)).json()

    assert (found["id"] != old.pk, found["email"], found["role"]) == (True, "ada@example.com", "store_manager")
    assert ExternalIdentity.objects.get().user_id == found["id"]
    assert me(token).status_code == 401


def test_an_account_that_came_and_went_meanwhile_is_not_made_anew(tenant, db, monkeypatch):
    """Between the look at the identity and the account: another request made one, and its owner deleted it."""
    claims = auth0.read(tenant.token())
    enrol = identities._enrol

    def late(claims, email):
        enrol(claims, email)
        User.objects.get().delete()
        monkeypatch.setattr(identities, "_enrol", enrol)
        return enrol(claims, email)

    monkeypatch.setattr(identities, "_enrol", late)
    with pytest.raises(InvalidToken):
        identities.account(claims)

    assert not User.objects.exists()


def test_a_token_that_was_revoked_before_it_was_seen_makes_none(api, me, tenant, db):
    token = tenant.token()
    assert api.post("/api/v1/users/logout", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200

    assert me(token).status_code == 401
    assert not User.objects.exists()


@pytest.mark.parametrize("end", [sessions.end_all, lambda user: user.delete()])
def test_of_a_clock_that_is_ahead_they_are_dead_too(me, tenant, end):
    """What the tenant issued a moment ago says that it will be issued in a moment."""
    token = tenant.token(iat=int(time.time()) + auth0.CLOCK_SKEW)
    assert me(token).status_code == 200

    end(User.objects.get())

    assert me(token).status_code == 401


class TestAfterARestore:
    """The backup does not know who came, and who was deleted, since."""

    def test_a_token_of_before_makes_no_account(self, me, tenant):
        tokens = [tenant.token(), tenant.token(iat=int(time.time()) + auth0.CLOCK_SKEW)]
        refuse_what_was_issued(None)

        assert [me(token).status_code for token in tokens] == [401, 401]
        assert not User.objects.exists()

    def test_one_of_later_does(self, me, tenant):
        refuse_what_was_issued(None)
        tenant.a_minute_passes()

        assert me(tenant.token(**later())).status_code == 200

    def test_another_key_alone_refuses_nobody(self, me, tenant):
        keys.rotate("HS256")

        assert me(tenant.token()).status_code == 200

    def test_who_is_known_is_not_asked_about(self, me, tenant, django_assert_num_queries):
        assert me(tenant.token()).status_code == 200

        with django_assert_num_queries(2):
            me(tenant.token())


@pytest.mark.django_db(transaction=True)
def test_however_many_come_again_there_is_one_account(live_server, tenant):
    identities.account(auth0.read(tenant.token())).delete()
    tenant.a_minute_passes()
    token = tenant.token(**later())
    with clients(live_server.url, 12, token) as visitors:
        answers = at_once(*(partial(visitor.ask, "GET", URL) for visitor in visitors))

    assert Counter(answer.status for answer in answers) == {200: 12}
    assert {answer.body["id"] for answer in answers} == {User.objects.get().pk}
    assert ExternalIdentity.objects.get().user_id == User.objects.get().pk


class TestLeaving:
    """The owner has no password to give, and shows that it is them by having signed in a moment ago."""

    @pytest.mark.parametrize("ago", [{}, {"iat": -290}, {"iat": -60, "auth_time": -290}])
    def test_with_a_recent_token(self, me, tenant, ago):
        now = int(time.time())
        token = tenant.token(**{name: now + seconds for name, seconds in ago.items()})
        number = me(token).json()["id"]

        assert me(token, "delete").status_code == 204
        assert not User.objects.exists()
        event = AuditEvent.objects.get(action="account_deleted")
        assert (event.actor_id, event.subject) == (number, f"users/{number}")

    @pytest.mark.parametrize("ago", [{"iat": -310}, {"iat": -10, "auth_time": -310}])
    def test_not_with_an_old_one(self, me, tenant, ago):
        now = int(time.time())
        token = tenant.token(**{name: now + seconds for name, seconds in ago.items()})

        refused = me(token, "delete")

        assert (refused.status_code, refused.json()["code"]) == (403, "recent_sign_in_required")
        assert "sign in again" in refused.json()["detail"]
        assert User.objects.exists()

    @pytest.mark.parametrize("auth_time", ["1", None, True, -1, 1.5, 10**12, {}])
    def test_a_time_that_is_none_is_no_token(self, me, tenant, auth_time):
        assert me(tenant.token(auth_time=auth_time)).status_code == 401

    def test_who_has_a_password_gives_it(self, me, tenant):
        token = tenant.token()
        me(token)
        user = User.objects.get()
        user.set_password(PASSWORD)
        user.save()

        assert me(token, "delete").status_code == 422
        assert me(token, "delete", {"current_password": "wrong"}).status_code == 400
        assert me(token, "delete", {"current_password": PASSWORD}).status_code == 204

    def test_a_token_of_ours_does_not_say_that_somebody_signed_in(self, bearer, make_user):
        user = make_user("users:delete:self", email=None)
        user.set_unusable_password()
        user.save()

        refused = bearer(user).delete(URL)

        assert (refused.status_code, refused.json()["code"]) == (403, "recent_sign_in_required")
