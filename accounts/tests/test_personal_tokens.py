"""Personal access tokens: what they may do, where they are taken, and what ends them."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.core import serializers
from django.db import IntegrityError
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import sessions
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, PersonalAccessToken, Role, User

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me/tokens"
ME = "/api/v1/users/me"
HELD = ("todos:read:self", "todos:write:self", "users:read:self", "users:write:self", "items:read")


class Program(APIClient):
    """A client that sends a personal access token, and knows what it was told of it."""

    def __init__(self, made):
        super().__init__()
        self.made = made
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {made['token']}")


@pytest.fixture
def ada(make_user):
    return make_user(*HELD, email="ada@example.com")


@pytest.fixture
def signed_in(bearer, ada):
    return bearer(ada)


@pytest.fixture
def make(signed_in):
    """A client with a new token of Ada's, made as she would."""

    def make(*permissions, **fields):
        made = signed_in.post(URL, {"name": "backup", "permissions": list(permissions or HELD), **fields})
        assert made.status_code == 201, made.content
        return Program(made.json())

    return make


def refused(response):
    return (response.status_code, response.json()["code"]) == (401, "invalid_token")


class TestMaking:
    def test_it_is_shown_once(self, signed_in):
        made = signed_in.post(URL, {"name": "backup", "permissions": ["todos:read:self", "items:read"]})

        assert made.status_code == 201
        assert made["Cache-Control"] == "no-store"
        body = made.json()
        assert re.fullmatch(r"srp_[A-Za-z0-9_-]{43}", body.pop("token"))
        assert made["Location"] == f"{URL}/{body['id']}"
        assert (body["name"], body["permissions"]) == ("backup", ["items:read", "todos:read:self"])
        assert body["last_used_at"] is None
        assert signed_in.get(URL).json() == [body]

    def test_only_its_hash_is_kept(self, make):
        raw = make().made["token"]

        assert PersonalAccessToken.objects.get().digest == hashlib.sha256(raw.encode()).hexdigest()
        stored = serializers.serialize("json", [*PersonalAccessToken.objects.all(), *AuditEvent.objects.all()])
        assert raw not in stored
        assert raw.removeprefix("srp_") not in stored

    def test_no_two_are_the_same(self, make):
        assert make().made["token"] != make().made["token"]

    @pytest.mark.parametrize("wanted", [["todos:read"], ["*"], ["items:read", "items:write:self"]])
    def test_of_no_more_than_the_account_holds(self, signed_in, wanted):
        response = signed_in.post(URL, {"name": "backup", "permissions": wanted})

        assert (response.status_code, response.json()["code"]) == (403, "permission_not_held")
        assert not PersonalAccessToken.objects.exists()

    def test_the_permission_on_every_row_holds_the_one_on_ones_own(self, make_user, bearer):
        response = bearer(make_user("todos:read")).post(URL, {"name": "backup", "permissions": ["todos:read:self"]})

        assert response.status_code == 201

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"permissions": ["items:read"]}, "name"),
            ({"name": "", "permissions": ["items:read"]}, "name"),
            ({"name": "n" * 65, "permissions": ["items:read"]}, "name"),
            ({"name": "a\nb", "permissions": ["items:read"]}, "name"),
            ({"name": None, "permissions": ["items:read"]}, "name"),
            ({"name": "backup"}, "permissions"),
            ({"name": "backup", "permissions": []}, "permissions"),
            ({"name": "backup", "permissions": None}, "permissions"),
            ({"name": "backup", "permissions": "items:read"}, "permissions"),
            ({"name": "backup", "permissions": [1]}, "permissions.0"),
            ({"name": "backup", "permissions": ["items:readx"]}, "permissions"),
            ({"name": "backup", "permissions": ["items:read"], "scope": "all"}, "scope"),
            ({"name": "backup", "permissions": ["items:read"], "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
            ({"name": "backup", "permissions": ["items:read"], "expires_at": "2999-01-01T00:00:00Z"}, "expires_at"),
            ({"name": "backup", "permissions": ["items:read"], "expires_at": 7}, "expires_at"),
        ],
    )
    def test_a_body_that_does_not_validate(self, signed_in, body, field):
        response = signed_in.post(URL, body)

        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [f"body.{field}"]

    def test_it_expires_within_a_year_if_nobody_says_when(self, make):
        for fields in ({}, {"expires_at": None}):
            make(**fields)
        for row in PersonalAccessToken.objects.all():
            assert timedelta(days=365) < row.expires_at - timezone.now() <= timedelta(days=366)

    def test_a_name_is_a_rule_of_the_database_too(self, make):
        make()
        with pytest.raises(IntegrityError):
            PersonalAccessToken.objects.update(name="")

    def test_it_needs_an_account(self, api):
        for method in ("get", "post"):
            assert getattr(api, method)(URL).status_code == 401


class TestUsing:
    def test_it_is_taken_wherever_a_bearer_is(self, make):
        client = make()

        assert client.get(ME).json()["email"] == "ada@example.com"
        made = client.post("/api/v1/todos", {"title": "Feed the cat"})
        assert made.status_code == 201
        assert client.get(f"/api/v1/todos/{made.json()['id']}").status_code == 200

    def test_it_may_do_what_it_says_and_nothing_else_of_what_the_account_may(self, make):
        client = make("items:read")

        assert client.get("/api/v1/items").status_code == 200
        for url in ("/api/v1/todos", ME):
            assert client.get(url).status_code == 403

    def test_what_the_account_loses_it_loses_too(self, make, ada):
        client = make("items:read")
        ada.roles.clear()

        assert client.get("/api/v1/items").status_code == 403

    def test_it_says_what_it_may_do_itself(self, make):
        assert make("users:read:self").get(ME).json()["permissions"] == ["users:read:self"]

    def test_a_role_is_not_what_it_was_given(self, make_user, bearer):
        admin = make_user(roles=[Role.ADMIN])
        for permissions, roles in ((["users:read:self"], []), (["*"], ["admin"])):
            made = bearer(admin).post(URL, {"name": "backup", "permissions": permissions}).json()
            me = APIClient().get(ME, HTTP_AUTHORIZATION=f"Bearer {made['token']}").json()
            assert (me["permissions"], me["roles"]) == (permissions, roles)

    def test_its_last_use_is_noted_once_a_minute(self, make, django_assert_num_queries):
        client = make()
        with django_assert_num_queries(3):
            client.get(ME)
        first = PersonalAccessToken.objects.get().last_used_at
        assert first is not None
        with django_assert_num_queries(2):
            client.get(ME)

        PersonalAccessToken.objects.update(last_used_at=first - timedelta(seconds=61))
        client.get(ME)
        assert PersonalAccessToken.objects.filter(last_used_at__gt=first).exists()

    @pytest.mark.parametrize(
        ("method", "url", "body"),
        [
            ("get", URL, None),
            ("post", URL, {"name": "child", "permissions": ["items:read"]}),
            ("delete", f"{URL}/{{own}}", None),
            ("post", f"{ME}/password", {"current_password": PASSWORD, "new_password": "another horse battery"}),
            ("patch", ME, {"name": "Eve"}),
            ("patch", ME, {"email": "eve@example.com", "current_password": PASSWORD}),
            ("delete", ME, {"current_password": PASSWORD}),
            ("get", f"{ME}/sessions", None),
            ("delete", f"{ME}/sessions/{{own}}", None),
            ("post", "/api/v1/users/logout-all", None),
        ],
    )
    def test_it_decides_nothing_about_its_account(self, make, ada, method, url, body):
        client = make()
        before = User.objects.values().get(pk=ada.pk)

        response = getattr(client, method)(url.format(own=client.made["id"]), body)

        assert (response.status_code, response.json()["code"]) == (403, "sign_in_required")
        assert User.objects.values().get(pk=ada.pk) == before
        assert PersonalAccessToken.objects.get().revoked_at is None


class TestEnding:
    def test_it_can_be_revoked(self, make, signed_in):
        client, other = make(), make()
        own = f"{URL}/{client.made['id']}"

        assert signed_in.delete(own).status_code == 204
        assert refused(client.get(ME))
        assert other.get(ME).status_code == 200
        assert [row["id"] for row in signed_in.get(URL).json()] == [other.made["id"]]
        assert signed_in.delete(own).status_code == 404

    def test_somebody_elses_is_not_there(self, make, make_user, bearer):
        client, stranger = make(), bearer(make_user("*"))

        assert stranger.get(URL).json() == []
        answer = stranger.delete(f"{URL}/{client.made['id']}")
        assert (answer.status_code, answer.json()["detail"]) == (404, "Token not found")
        assert client.get(ME).status_code == 200

    @pytest.mark.parametrize("id", ["abc", "7", "%00", "0190163d-8694-739b-aea5-966c26f8ad91"])
    def test_what_is_no_token_of_ones_own_is_404(self, signed_in, id):
        assert signed_in.delete(f"{URL}/{id}").status_code == 404

    def test_it_expires(self, make):
        client = make()
        PersonalAccessToken.objects.update(expires_at=timezone.now())

        assert refused(client.get(ME))

    def test_an_account_that_is_deactivated(self, make):
        client = make()
        User.objects.update(is_active=False)

        assert refused(client.get(ME))

    def test_an_account_that_is_deleted(self, make, ada):
        client = make()
        ada.delete()

        assert refused(client.get(ME))

    def test_logging_out_everywhere_ends_it_like_every_token(self, make, ada, bearer):
        client = make()
        sessions.end_all(ada)

        response = client.get(ME)
        assert (response.status_code, response.json()["code"]) == (401, "token_stale")
        assert bearer(ada).get(URL).json() == []

    @pytest.mark.parametrize("url", ["/api/v1/users/logout", "/api/v1/store-managers/logout"])
    def test_logging_out_with_it_revokes_it(self, make, url):
        client = make()

        assert client.post(url).status_code == 200
        assert refused(client.get(ME))

    def test_the_audit_is_told(self, make, signed_in, ada):
        made = make("items:read").made
        signed_in.delete(f"{URL}/{made['id']}")

        events = AuditEvent.objects.filter(action__startswith="token_").order_by("id")
        assert [(event.action, event.actor_id) for event in events] == [
            ("token_created", ada.pk),
            ("token_revoked", ada.pk),
        ]
        assert events[0].data == {"token": made["id"], "permissions": ["items:read"]}


@pytest.mark.parametrize(
    "change", [str.upper, lambda raw: raw[:-1], lambda raw: raw + "A", lambda raw: "srp_", str.title]
)
def test_what_is_nearly_one_is_none(api, make, change):
    raw = make().made["token"]

    assert refused(api.get(ME, HTTP_AUTHORIZATION=f"Bearer {change(raw)}"))


def test_it_is_asked_of_no_other_verifier(make, tenant, monkeypatch):
    client = make()
    monkeypatch.setattr("accounts.tokens.read", lambda *args: pytest.fail("asked the other verifier"))

    assert client.get(ME).status_code == 200
    assert tenant.hits == 0
