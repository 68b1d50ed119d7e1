"""What is written down, in which transaction, and what is never."""

import json
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from accounts import audit, lockout
from accounts.audit import Action
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, User
from accounts.models.audit import AppendOnly

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/users/login"


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com", roles=["user"])


def signed_in():
    return list(AuditEvent.objects.filter(action=Action.SIGNED_IN).values_list("actor", flat=True))


def actions():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_who_did_what_and_from_where(api, ada):
    headers = {"User-Agent": "curl/8", "X-Request-ID": "mine"}
    api.post(LOGIN, {"email": ada.email, "password": PASSWORD}, headers=headers, REMOTE_ADDR="192.0.2.7")

    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.subject) == (Action.SIGNED_IN, ada, f"users/{ada.pk}")
    assert (event.ip, event.user_agent, event.request_id) == ("192.0.2.7", "curl/8", "mine")


def test_what_a_client_writes_is_clipped_and_cannot_break_a_line(api, ada):
    headers = {"User-Agent": "a\tb\x7f" + "x" * 5_000}
    api.post(LOGIN, {"email": ada.email, "password": PASSWORD}, headers=headers)

    agent = AuditEvent.objects.get().user_agent
    assert len(agent) == 255
    assert agent.isprintable()


@pytest.mark.parametrize(
    ("address", "recorded"),
    [("", None), ("not an address", None), ("fe80::1%eth0", "fe80::1"), ("::ffff:192.0.2.1", "192.0.2.1")],
)
def test_an_address_is_one_or_none(api, ada, address, recorded):
    api.post(LOGIN, {"email": ada.email, "password": PASSWORD}, REMOTE_ADDR=address)

    assert AuditEvent.objects.get().ip == recorded


class TestSignedIn:
    """By whichever door, once it has opened."""

    @pytest.mark.parametrize("url", [LOGIN, "/api/v1/token"])
    def test_once(self, ada, api, url):
        api.post(url, {"email": ada.email, "password": PASSWORD})

        assert signed_in() == [ada.pk]

    @pytest.mark.parametrize("url", ["/api/v1/store-managers/token", "/api/v1/auth/login"])
    def test_by_a_form_too(self, ada, client, url):
        form = urlencode({"username": ada.email, "password": PASSWORD, "grant_type": "password"})
        client.post(url, form, content_type="application/x-www-form-urlencoded")

        assert signed_in() == [ada.pk]

    def test_not_where_the_admin_is_not_for_them(self, ada, client):
        refused = client.post("/admin/login/", {"username": ada.email, "password": PASSWORD})

        assert "_auth_user_id" not in client.session
        assert refused.status_code == 200
        assert actions() == []

    def test_but_for_whom_it_is(self, ada, client):
        User.objects.update(is_staff=True)
        client.post("/admin/login/", {"username": ada.email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")

        [event] = AuditEvent.objects.all()
        assert (event.action, event.actor_id, event.ip) == (Action.SIGNED_IN, ada.pk, "192.0.2.7")


def test_a_failure_names_the_account_and_no_actor(api, ada):
    api.post(LOGIN, {"email": ada.email, "password": "wrong horse battery"})
    api.post(LOGIN, {"email": "nobody@example.com", "password": "wrong horse battery"})

    known, unknown = AuditEvent.objects.order_by("id")
    assert {known.action, unknown.action} == {Action.SIGN_IN_FAILED}
    assert (known.actor_id, known.subject) == (None, f"users/{ada.pk}")
    assert (unknown.actor_id, unknown.subject) == (None, "")


def test_an_inactive_account_s_right_password_is_no_sign_in(api, make_user):
    make_user(email="ada@example.com", is_active=False)

    api.post(LOGIN, {"email": "ada@example.com", "password": PASSWORD})

    event = AuditEvent.objects.get(action=Action.SIGN_IN_FAILED)
    assert (event.action, event.data) == (Action.SIGN_IN_FAILED, {"reason": "account_inactive"})


def test_lockouts_make_one_row_a_minute(api, ada):
    for _ in range(lockout.TOGETHER.failures):
        api.post(LOGIN, {"email": ada.email, "password": "wrong horse battery"})

    for _ in range(20):
        assert api.post(LOGIN, {"email": ada.email, "password": PASSWORD}).status_code == 429

    assert actions() == [Action.SIGN_IN_FAILED] * 5 + [Action.LOCKED_OUT]


def test_what_is_rolled_back_was_never_recorded(ada):
    with transaction.atomic():
        audit.record(Action.ROLES_CHANGED, actor=ada)
        transaction.set_rollback(True)

    assert actions() == []


def test_without_its_row_nothing_happens(api, ada, monkeypatch):
    """The change and its record are one transaction: a session that nobody recorded does not start."""

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("accounts.audit.record", fail)
    api.raise_request_exception = False

    body = {"email": "eve@example.com", "password": PASSWORD}
    assert api.post("/api/v1/users/register", body).status_code == 500
    assert not User.objects.filter(email="eve@example.com").exists()


def test_rows_are_neither_changed_nor_deleted(ada):
    audit.record(Action.SIGNED_OUT, actor=ada)
    event = AuditEvent.objects.get()

    event.action = Action.SIGNED_IN
    forbidden: list[Callable[[], object]] = [
        event.save,
        event.delete,
        lambda: AuditEvent.objects.update(action="x"),
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.bulk_update([event], ["action"]),
        lambda: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"action": "x"}),
    ]
    for change in forbidden:
        with pytest.raises(AppendOnly):
            change()

    assert actions() == [Action.SIGNED_OUT]


def test_it_outlives_its_account(ada):
    audit.record(Action.SIGNED_OUT, actor=ada)
    number = ada.pk

    ada.delete()

    event = AuditEvent.objects.get()
    assert (event.actor_id, event.subject) == (number, f"users/{number}")


class TestAdmin:
    @pytest.fixture
    def event(self, ada):
        audit.record(Action.SIGNED_OUT, actor=ada)
        return AuditEvent.objects.get(action=Action.SIGNED_OUT)

    @pytest.fixture
    def root(self, client, make_user):
        client.force_login(make_user(is_staff=True, is_superuser=True))
        return client

    def test_it_can_be_read(self, root, event):
        assert root.get(reverse("admin:accounts_auditevent_changelist")).status_code == 200
        assert root.get(reverse("admin:accounts_auditevent_change", args=[event.pk])).status_code == 200

    def test_also_when_its_account_is_gone(self, root, event, ada):
        ada.delete()

        assert root.get(reverse("admin:accounts_auditevent_changelist")).status_code == 200
        assert root.get(reverse("admin:accounts_auditevent_change", args=[event.pk])).status_code == 200

    def test_and_not_written(self, root, event):
        assert root.get(reverse("admin:accounts_auditevent_add")).status_code == 403
        assert root.post(reverse("admin:accounts_auditevent_delete", args=[event.pk])).status_code == 403
        change = reverse("admin:accounts_auditevent_change", args=[event.pk])
        assert root.post(change, {"action": "signed_in"}).status_code == 403
        body = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
        root.post(reverse("admin:accounts_auditevent_changelist"), body)
        assert AuditEvent.objects.filter(pk=event.pk, action=Action.SIGNED_OUT).exists()

    def test_by_nobody_without_its_permission(self, client, make_user, event):
        client.force_login(make_user("users:read", "users:write", is_staff=True))

        assert client.get(reverse("admin:accounts_auditevent_changelist")).status_code == 403

    def test_a_change_of_roles_is_recorded(self, root, ada):
        page = reverse("admin:accounts_user_change", args=[ada.pk])
        manager = ada.roles.model.objects.get(name="store_manager")

        root.post(page, {"email": ada.email, "name": ada.name, "is_active": "on", "roles": [manager.pk]})

        event = AuditEvent.objects.get(action=Action.ROLES_CHANGED)
        assert event.subject == f"users/{ada.pk}"
        assert event.actor_id != ada.pk
        assert event.data == {"roles": ["store_manager"], "before": ["user"]}


def test_no_secret_is_in_any_row_or_line(api, ada, mails_of, link_of, bearer, caplog):
    """A walk through everything that takes or gives a secret; then each secret is looked for in what was kept."""
    secrets = {name: f"{name}-{uuid4().hex}" for name in ("wrong", "new", "typed-as-address")}
    caplog.set_level("DEBUG")
    login = api.post(LOGIN, {"email": ada.email, "password": PASSWORD})
    api.post(LOGIN, {"email": ada.email, "password": secrets["wrong"]})
    api.post(
        "/api/v1/store-managers/token",
        f"username={secrets['typed-as-address']}&password=x",
        content_type="application/x-www-form-urlencoded",
    )
    secrets |= {"refresh": api.cookies["refresh_token"].value, "access": login.json()["access_token"]}
    api.post("/api/v1/users/refresh")
    api.post("/api/v1/users/refresh", headers={"Cookie": f"refresh_token={secrets['refresh']}"})
    secrets["cookie"] = api.cookies["refresh_token"].value
    [reset] = mails_of(lambda: api.post("/api/v1/users/password-reset", {"email": ada.email}))
    secrets["link"] = link_of(reset)
    confirm = {"token": secrets["link"], "new_password": secrets["new"]}
    assert api.post("/api/v1/users/password-reset/confirm", confirm).status_code == 200
    ada.refresh_from_db()
    bearer(ada).delete("/api/v1/users/me", {"current_password": secrets["wrong"]})
    api.post("/api/v1/users/logout")

    assert len(actions()) >= 5
    kept = json.dumps(list(AuditEvent.objects.values()), default=str)
    logged = caplog.text + "".join(json.dumps(vars(record), default=repr) for record in caplog.records)
    for name, secret in {**secrets, "old": PASSWORD}.items():
        assert secret, name
        assert secret not in kept, name
        assert secret not in logged, name


class TestWhatAdministratorsDo:
    @pytest.fixture
    def root(self, client, make_user):
        client.force_login(make_user(is_staff=True, is_superuser=True))
        return client

    @staticmethod
    def about(user):
        events = AuditEvent.objects.filter(subject=f"users/{user.pk}").exclude(actor=user)
        return list(events.order_by("id").values_list("action", flat=True))

    def change(self, root, user, **fields):
        roles = [role.pk for role in user.roles.all()]
        body = {"email": user.email, "name": user.name, "is_active": "on", "roles": roles} | fields
        body = {name: value for name, value in body.items() if value is not None}
        assert root.post(reverse("admin:accounts_user_change", args=[user.pk]), body).status_code == 302

    def test_an_account_that_is_made(self, root):
        body = {"email": "eve@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        assert root.post(reverse("admin:accounts_user_add"), body).status_code == 302

        eve = User.objects.get(email="eve@example.com")
        assert self.about(eve) == ["registered"]
        assert eve.email_verified_at is not None

    def test_a_password_that_is_set_ends_every_session(self, root, ada, bearer):
        client = bearer(ada)
        body = {"usable_password": "true", "password1": "another horse battery", "password2": "another horse battery"}
        url = reverse("admin:auth_user_password_change", args=[ada.pk])

        assert root.post(url, {**body, "password2": "different"}).status_code == 200
        assert client.get("/api/v1/users/me").status_code == 200
        assert root.post(url, body).status_code == 302

        assert self.about(ada) == ["password_changed"]
        assert client.get("/api/v1/users/me").json()["code"] == "token_stale"

    def test_a_deactivation_ends_every_session_for_good(self, root, ada, bearer):
        client = bearer(ada)

        self.change(root, ada, is_active=None)
        assert client.get("/api/v1/users/me").status_code == 401
        ada.refresh_from_db()
        self.change(root, ada, is_active="on")

        assert client.get("/api/v1/users/me").status_code == 401
        assert self.about(ada) == ["account_deactivated", "account_activated"]

    def test_an_address_that_is_changed(self, root, ada):
        self.change(root, ada, email="ada.king@example.com")

        assert self.about(ada) == ["email_changed"]

    def test_a_name_that_is_changed_is_nobody_s_concern(self, root, ada):
        self.change(root, ada, name="Ada King")

        assert self.about(ada) == []

    @pytest.mark.parametrize("action", [False, True])
    def test_an_account_that_is_deleted(self, root, ada, action):
        if action:
            body = {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"}
            root.post(reverse("admin:accounts_user_changelist"), body)
        else:
            root.post(reverse("admin:accounts_user_delete", args=[ada.pk]), {"post": "yes"})

        assert not User.objects.filter(pk=ada.pk).exists()
        assert self.about(ada) == ["account_deleted"]

    def test_a_browser_that_logs_out(self, client, make_user):
        client.force_login(make_user(is_staff=True))
        client.post("/admin/logout/")

        assert actions() == [Action.SIGNED_IN, Action.SIGNED_OUT]
