from datetime import timedelta

import jwt
import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import sessions
from accounts.factories import UserFactory
from common.testing.base import check_problem, fields_at_fault
from stores.factories import StoreManagerFactory
from stores.services import MANAGER_TOKEN_LIFETIME

pytestmark = pytest.mark.django_db

URL = "/api/v1/store-managers/logout"
ME = "/api/v1/store-managers/me"


@pytest.fixture
def user():
    return StoreManagerFactory.create(user__roles=["user", "store_manager"]).user


@pytest.fixture
def token(user):
    return sessions.start_bearer(user, lifetime=MANAGER_TOKEN_LIFETIME).access


@pytest.fixture
def ask(api, token):
    return lambda method, url, raw=token, **more: getattr(api, method)(url, HTTP_AUTHORIZATION=f"Bearer {raw}", **more)


def said(raw, name):
    return jwt.decode(raw, options={"verify_signature": False})[name]


@pytest.mark.parametrize("method", ["post", "get"])
def test_the_token_is_refused_at_once_everywhere(ask, token, method):
    response = ask(method, URL)

    assert response.status_code == 200, response.content
    assert response.json() == {"message": "Logged out successfully"}
    for url in (ME, "/api/v1/users/me", "/api/v1/todos"):
        refused = ask("get", url)
        assert refused.status_code == 401
        check_problem(refused, "Invalid or expired token")
    assert ask(method, URL).status_code == 401


def test_stands_in_the_blacklist_by_its_id_and_never_by_itself(ask, token):
    ask("post", URL)

    row = BlacklistedToken.objects.get(token__jti=said(token, "jti")).token
    assert row.token == ""
    assert row.expires_at.timestamp() == said(token, "exp")


def test_ends_the_session_with_all_its_tokens(ask, api, user):
    pair = sessions.start(user)

    assert ask("post", URL, pair.access).status_code == 200

    assert api.post("/api/v1/users/refresh", {"refresh_token": pair.refresh}).status_code == 401


def test_other_sign_ins_go_on(ask, user):
    other = sessions.start_bearer(user).access

    ask("post", URL)

    assert ask("get", ME, other).status_code == 200


def test_stays_refused_when_expired_rows_are_cleared_away(ask, token):
    ask("post", URL)
    OutstandingToken.objects.filter(expires_at__lt=timezone.now() + MANAGER_TOKEN_LIFETIME).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )

    call_command("flushexpiredtokens")

    assert ask("get", ME).status_code == 401


def test_of_a_token_that_outlasts_every_refresh_token(ask, user):
    long = sessions.start_bearer(user, lifetime=timedelta(days=30)).access

    ask("post", URL, long)

    dead = OutstandingToken.objects.filter(blacklistedtoken__isnull=False)
    assert {row.expires_at.timestamp() for row in dead} == {said(long, "exp")}


def test_takes_any_account(ask):
    assert ask("post", URL, sessions.start_bearer(UserFactory.create()).access).status_code == 200


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Bearer", "Bearer x"])
@pytest.mark.parametrize("method", ["post", "get"])
def test_without_a_living_token_it_is_401(api, method, authorization):
    response = getattr(api, method)(URL, **({"HTTP_AUTHORIZATION": authorization} if authorization else {}))

    assert response.status_code == 401
    check_problem(response)


def test_a_field_that_it_does_not_know_is_refused_and_nothing_ends(ask):
    response = ask("post", URL, data={"everywhere": True})

    assert fields_at_fault(response) == ["body.everywhere"]
    assert ask("get", ME).status_code == 200
