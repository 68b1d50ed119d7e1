"""The accounts behind the tenant's tokens: made on first sight, by issuer and subject, once."""

from collections import Counter
from functools import partial

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth import get_user as get_session_user
from django.db import IntegrityError

from accounts.models import AuditEvent, ExternalIdentity, Role, User
from common.testing.races import at_once, clients

URL = "/api/v1/users/me"
ADDRESS = {"email": "ada@example.com", "email_verified": True}


@pytest.fixture
def me(api, tenant, db):
    """What the tenant's token with these claims says about its account."""

    def me(**claims):
        response = api.get(URL, HTTP_AUTHORIZATION=f"Bearer {tenant.token(**claims)}")
        assert response.status_code == 200, response.content
        return response.json()

    return me


class TestFirstSight:
    def test_it_makes_an_account_that_nobody_has_the_password_of(self, me, tenant):
        found = me(**ADDRESS)

        identity = ExternalIdentity.objects.get()
        assert (identity.issuer, identity.subject, identity.user_id) == (tenant.issuer, "auth0|ada", found["id"])
        user = User.objects.get()
        assert not user.has_usable_password()
        assert user.email == "ada@example.com"
        assert user.email_verified_at
        assert authenticate(None, username="ada@example.com", password="") is None

    def test_it_is_told_to_the_audit(self, me, tenant):
        found = me()
        me()

        event = AuditEvent.objects.get()
        assert (event.action, event.actor_id) == (AuditEvent.Action.REGISTERED, found["id"])
        assert event.data == {"issuer": tenant.issuer, "roles": ["store_manager"]}

    def test_the_same_subject_is_the_same_account_whatever_its_address(self, me):
        assert me()["id"] == me(**ADDRESS)["id"] == me(email="other@example.com", email_verified=True)["id"]

    def test_another_subject_is_another_account_whatever_its_case(self, me):
        assert me()["id"] != me(sub="auth0|Ada")["id"]

    def test_the_same_subject_of_another_issuer_is_another_account(self, me, tenant, make_user):
        other = make_user()
        ExternalIdentity.objects.create(user=other, issuer="https://other.example.com/", subject="auth0|ada")

        assert me()["id"] != other.pk

    @pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com", "ａda@example.com"])
    def test_it_is_never_joined_by_an_address(self, me, make_user, email):
        local = make_user(email="ada@example.com")

        found = me(email=email, email_verified=True)

        assert (found["id"] != local.pk, found["email"]) == (True, None)
        assert User.objects.count() == 2

    @pytest.mark.parametrize(
        "claims",
        [
            {"email": "ada@example.com"},
            {"email": "ada@example.com", "email_verified": False},
            {"email": "ada@example.com", "email_verified": "true"},
            {"email": "ada", "email_verified": True},
            {"email": {}, "email_verified": True},
            {"email": "ada@example.com\x00", "email_verified": True},
            {"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 30}.com", "email_verified": True},
        ],
    )
    def test_an_address_that_nobody_vouches_for_is_not_taken(self, me, claims):
        assert me(**claims)["email"] is None

    def test_a_subject_may_have_every_length_that_is_allowed(self, me):
        assert me(sub="s" * 255)["id"]

    def test_the_database_holds_one_row_for_issuer_and_subject(self, make_user):
        rows = [ExternalIdentity(user=make_user(), issuer="i", subject="s") for _ in range(2)]
        with pytest.raises(IntegrityError):
            ExternalIdentity.objects.bulk_create(rows)


class TestLocally:
    def test_an_account_that_was_deactivated_stays_out(self, me, api, tenant):
        User.objects.filter(pk=me()["id"]).update(is_active=False)

        refused = api.get(URL, HTTP_AUTHORIZATION=f"Bearer {tenant.token()}")

        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
        assert User.objects.count() == 1

    def test_a_role_that_is_taken_away_is_gone_and_one_that_is_given_counts(self, me):
        user = User.objects.get(pk=me()["id"])
        user.roles.set([Role.objects.get(name=Role.USER)])

        assert me()["roles"] == ["user"]

    def test_the_role_of_new_accounts_is_a_setting(self, me, settings):
        settings.AUTH0_DEFAULT_ROLE = "user"

        assert me()["roles"] == ["user"]

    def test_what_the_token_claims_counts_for_nothing(self, me):
        assert me(permissions=["*"], roles=["admin"])["roles"] == ["store_manager"]
        assert "*" not in me(permissions=["*"])["permissions"]


class TestRBAC:
    @pytest.fixture(autouse=True)
    def rbac(self, settings):
        settings.AUTH0_RBAC = True

    def test_the_token_says_what_it_may_do(self, me):
        found = me(permissions=["users:read:self", "items:read"])

        assert (found["roles"], found["permissions"]) == ([], ["items:read", "users:read:self"])
        assert not User.objects.get().roles.exists()

    def test_a_role_adds_what_it_grants_here(self, me):
        found = me(permissions=["todos:delete"], roles=["user", "nobody's role"])

        assert found["roles"] == ["user"]
        assert {"todos:delete", "todos:read:self", "users:read:self"} <= set(found["permissions"])

    @pytest.mark.parametrize(
        "claims", [{}, {"permissions": []}, {"roles": ["nobody's role"]}, {"scope": "users:read:self"}]
    )
    def test_without_them_it_may_do_nothing(self, api, tenant, db, claims):
        refused = api.get(URL, HTTP_AUTHORIZATION=f"Bearer {tenant.token(**claims)}")

        assert refused.status_code == 403

    def test_what_is_held_locally_counts_for_nothing(self, me, api, tenant):
        user = User.objects.get(pk=me(permissions=["users:read:self"])["id"])
        user.roles.add(Role.objects.get(name=Role.ADMIN))
        User.objects.update(is_superuser=True)

        assert me(permissions=["users:read:self"])["permissions"] == ["users:read:self"]
        assert api.get(URL, HTTP_AUTHORIZATION=f"Bearer {tenant.token()}").status_code == 403

    def test_one_reads_the_same_after_a_change(self, api, tenant, db):
        token = tenant.token(permissions=["users:read:self", "users:write:self"])
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        read = api.get(URL)

        changed = api.patch(URL, {"name": "Ada"}, HTTP_IF_MATCH=read["ETag"])

        assert changed.json() == {**read.json(), "name": "Ada"}

    def test_the_next_token_may_say_something_else(self, me, api, tenant):
        me(permissions=["users:read:self"])

        assert api.get(URL, HTTP_AUTHORIZATION=f"Bearer {tenant.token(permissions=['items:read'])}").status_code == 403

    def test_the_names_of_the_claims_are_settings(self, me, settings):
        settings.AUTH0_PERMISSIONS_CLAIM = "https://example.com/may"
        settings.AUTH0_ROLES_CLAIM = "https://example.com/is"
        found = me(**{"https://example.com/may": ["todos:delete"], "https://example.com/is": ["user"]})

        assert found["roles"] == ["user"]
        assert "todos:delete" in found["permissions"]

    def test_whose_permissions_open_the_first_item_gets_a_store_manager(self, api, tenant, db):
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {tenant.token(permissions=['items:write:self', 'items:read'])}")

        assert api.post("/api/v1/items", {"name": "Pen"}).status_code == 201
        assert api.post("/api/v1/todos", {"title": "Pen"}).status_code == 403
        assert api.get("/api/v1/store-managers/me").json()["name"] == f"Store manager {User.objects.get().pk}"


class TestBackend:
    def test_it_is_a_way_in_for_whatever_asks_django(self, tenant, db):
        user = authenticate(None, token=tenant.token())

        assert user == User.objects.get()
        assert user.backend == "accounts.backends.Auth0Backend"
        assert authenticate(None, token=tenant.token(exp=1)) is None
        assert authenticate(None, token="x") is None

    def test_its_sessions_end_with_the_account(self, tenant, client, db, rf):
        client.force_login(authenticate(None, token=tenant.token()))
        request = rf.get("/")
        request.session = client.session
        assert get_session_user(request).is_authenticated

        User.objects.update(is_active=False)
        assert not get_session_user(request).is_authenticated


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("claims", [{}, ADDRESS])
def test_whoever_comes_first_there_is_one_account(live_server, tenant, claims):
    token = tenant.token(**claims)
    with clients(live_server.url, 20, token) as visitors:
        answers = at_once(*(partial(visitor.ask, "GET", URL) for visitor in visitors))

    assert Counter(answer.status for answer in answers) == {200: 20}
    assert {answer.body["id"] for answer in answers} == {User.objects.get().pk}
    assert (ExternalIdentity.objects.count(), AuditEvent.objects.count()) == (1, 1)
    assert tenant.hits == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_bring_one_address_one_has_it(live_server, tenant):
    tokens = [tenant.token(sub=f"auth0|{number}", **ADDRESS) for number in range(8)]
    with clients(live_server.url, len(tokens)) as visitors:
        calls = [
            partial(visitor.ask, "GET", URL, headers={"Authorization": f"Bearer {token}"})
            for visitor, token in zip(visitors, tokens, strict=True)
        ]
        answers = at_once(*calls)

    assert Counter(answer.status for answer in answers) == {200: 8}
    assert Counter(answer.body["email"] for answer in answers) == {"ada@example.com": 1, None: 7}
