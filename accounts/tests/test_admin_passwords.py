"""Passwords by the pages of the admin: one's own, and those of others."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import emails, lockout, passwords, personal_tokens, sessions
from accounts.emails import Purpose
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, EmailToken, PasswordTry, Permission, Role, User

pytestmark = pytest.mark.django_db

OWN = "/admin/password_change/"
NEW = "another horse battery"
BODY = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self", email="ada@example.com", is_staff=True, email_verified_at=timezone.now())


@pytest.fixture
def page(client, ada):
    client.force_login(ada, backend="accounts.backends.AccountBackend")
    return client


@pytest.fixture
def root(client, make_user):
    root = make_user("users:read:self", email="root@example.com", is_staff=True, is_superuser=True)
    client.force_login(root, backend="accounts.backends.AccountBackend")
    client.account = root
    return client


def password_is(user, password):
    return User.objects.get(pk=user.pk).check_password(password)


def every_credential(user, bearer):
    """Of each kind one that works, and how to ask."""
    _, raw = personal_tokens.issue(
        user, name="backup", permissions=["users:read:self"], expires_at=timezone.now() + timedelta(days=1)
    )
    browser = Client()
    browser.force_login(user, backend="accounts.backends.AccountBackend")
    api, refresh = bearer(user), sessions.start(user).refresh
    return {
        "bearer": lambda: api.get("/api/v1/users/me").status_code,
        "personal": lambda: Client().get("/api/v1/users/me", headers={"Authorization": f"Bearer {raw}"}).status_code,
        "refresh": lambda: APIClient().post("/api/v1/token/refresh", {"refresh": refresh}).status_code,
        "browser": lambda: browser.get("/admin/").status_code,
    }


DEAD = {"bearer": 401, "personal": 401, "refresh": 401, "browser": 302}


class TestOwn:
    def test_it_is_changed_and_the_page_stays_signed_in(self, page, ada):
        response = page.post(OWN, BODY)

        assert (response.status_code, response["Location"]) == (302, "/admin/password_change/done/")
        assert password_is(ada, NEW)
        assert page.get(response["Location"]).status_code == 200

    def test_every_other_way_in_is_dead(self, page, ada, bearer):
        ways = every_credential(ada, bearer)

        page.post(OWN, BODY)

        assert {kind: ask() for kind, ask in ways.items()} == DEAD

    def test_links_are_dead_and_the_owner_is_told(self, page, ada, mails_of):
        emails.send_link(Purpose.RESET, ada, to="ada@example.com")

        [told] = mails_of(lambda: page.post(OWN, BODY))

        assert (told.to, told.subject) == (["ada@example.com"], "Your password was changed")
        assert not EmailToken.objects.live().exists()

    def test_it_is_recorded(self, page, ada):
        page.post(OWN, {**BODY, "old_password": "wrong"})
        page.post(OWN, BODY)

        events = list(AuditEvent.objects.order_by("id").values_list("action", "actor", "subject"))
        recorded = ("signed_in", "password_refused", "password_changed")
        assert events == [(action, ada.pk, f"users/{ada.pk}") for action in recorded]

    def test_a_wrong_one_is_told_beside_its_field_and_counts_with_every_door(self, page, ada, api):
        for _ in range(lockout.TOGETHER.failures):
            response = page.post(OWN, {**BODY, "old_password": "wrong"})
            assert response.status_code == 200
            assert response.context["form"].errors == {"old_password": ["Incorrect password"]}

        refused = page.post(OWN, BODY)
        assert refused.status_code == 429
        assert int(refused["Retry-After"]) > 0
        login = {"email": "ada@example.com", "password": PASSWORD}
        assert api.post("/api/v1/users/login", login).status_code == 429
        assert password_is(ada, PASSWORD)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"old_password": "x" * 129}, "old_password"),
            ({"old_password": ""}, "old_password"),
            ({"new_password2": "different horse"}, "new_password2"),
            ({"new_password1": "password123", "new_password2": "password123"}, "new_password2"),
            ({"new_password1": "x" * 129, "new_password2": "x" * 129}, "new_password2"),
        ],
    )
    def test_a_form_that_is_wrong_anyway_hashes_nothing(self, page, wrong, field, monkeypatch):
        monkeypatch.setattr("accounts.hashers.in_turn", lambda _: pytest.fail("hashed"))

        response = page.post(OWN, {**BODY, **wrong})

        assert list(response.context["form"].errors) == [field]
        assert not PasswordTry.objects.exists()

    def test_one_that_was_changed_meanwhile_is_no_longer_right(self, page, ada, monkeypatch):
        """Between its comparison and the change."""
        change = passwords.change

        def late(confirmed, new_password):
            change(confirmed, "the other was first")
            return change(confirmed, new_password)

        monkeypatch.setattr(passwords, "change", late)
        response = page.post(OWN, BODY)

        assert response.status_code == 200
        assert response.context["form"].errors == {"old_password": ["Incorrect password"]}
        assert password_is(ada, "the other was first")


class TestOfOthers:
    BODY = {"usable_password": "true", "password1": NEW, "password2": NEW}

    def url(self, user):
        return reverse("admin:auth_user_password_change", args=[user.pk])

    def test_every_way_in_is_dead(self, root, ada, bearer):
        ways = every_credential(ada, bearer)

        assert root.post(self.url(ada), self.BODY).status_code == 302

        assert password_is(ada, NEW)
        assert {kind: ask() for kind, ask in ways.items()} == DEAD

    def test_it_is_told_and_recorded_with_who_did_it(self, root, ada, mails_of):
        [told] = mails_of(lambda: root.post(self.url(ada), self.BODY))

        assert told.to == ["ada@example.com"]
        event = AuditEvent.objects.get(action="password_changed")
        assert (event.actor_id, event.subject) == (root.account.pk, f"users/{ada.pk}")

    def test_an_account_may_be_left_without_one(self, root, ada, bearer):
        ways = every_credential(ada, bearer)

        root.post(self.url(ada), {"usable_password": "false", "unset-password": ""})

        assert not User.objects.get(pk=ada.pk).has_usable_password()
        assert {kind: ask() for kind, ask in ways.items()} == DEAD

    def test_ones_own_keeps_the_page_signed_in_and_nothing_else(self, root, bearer):
        ways = every_credential(root.account, bearer)

        response = root.post(self.url(root.account), self.BODY)

        assert root.get(response["Location"]).status_code == 200
        assert {kind: ask() for kind, ask in ways.items()} == DEAD

    def test_nothing_else_of_the_account_is_written(self, root, ada, monkeypatch):
        """What others changed since the page read it stays: a version that comes back would revive tokens."""
        set_for = passwords.set_for

        def late(user, new_password, *, by):
            User.objects.filter(pk=user.pk).update(token_version=7, name="Ada King")
            return set_for(user, new_password, by=by)

        monkeypatch.setattr(passwords, "set_for", late)
        root.post(self.url(ada), self.BODY)

        ada.refresh_from_db()
        assert (ada.token_version, ada.name) == (8, "Ada King")

    def test_whose_account_is_gone_is_told(self, root, ada, monkeypatch):
        set_for = passwords.set_for

        def late(user, new_password, *, by):
            User.objects.filter(pk=user.pk).delete()
            return set_for(user, new_password, by=by)

        monkeypatch.setattr(passwords, "set_for", late)
        response = root.post(self.url(ada), self.BODY)

        assert response.status_code == 302
        assert not AuditEvent.objects.filter(action="password_changed").exists()

    def test_who_holds_more_meanwhile_keeps_theirs(self, page, ada, make_user, monkeypatch):
        """Between the look at what the account holds and the lock on it."""
        ada.roles.get().permissions.add(*Permission.objects.filter(codename__in=["users:read", "users:write"]))
        other, set_for = make_user(email="other@example.com"), passwords.set_for

        def late(user, new_password, *, by):
            other.roles.add(Role.objects.get(name="admin"))
            return set_for(user, new_password, by=by)

        monkeypatch.setattr(passwords, "set_for", late)
        response = page.post(self.url(other), self.BODY)

        assert response.status_code == 302
        assert [str(one) for one in get_messages(response.wsgi_request)] == ["This account holds more than you do."]
        assert password_is(other, PASSWORD)
