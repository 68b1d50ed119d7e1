"""Whether an address is the account's."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import personal_tokens
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, EmailToken, User
from common.testing.base import check_problem

pytestmark = pytest.mark.django_db

VERIFY = "/api/v1/users/verify-email"
RESEND = f"{VERIFY}/resend"
REGISTER = "/api/v1/users/register"
BODY = {"email": "ada@example.com", "password": PASSWORD}


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self", email="ada@example.com")


def register(api):
    assert api.post(REGISTER, BODY).status_code == 201


def test_registering_mails_a_link_that_verifies(api, mails_of, link_of):
    [message] = mails_of(lambda: register(api))
    assert (message.to, message.subject) == (["ada@example.com"], "Verify your address")
    assert "/verify-email#token=" in message.body
    assert User.objects.get().email_verified_at is None

    assert api.post(VERIFY, {"token": link_of(message)}).status_code == 200

    assert User.objects.get().email_verified_at is not None


def test_opening_a_store_does_too(api, mails_of):
    [message] = mails_of(lambda: api.post("/api/v1/store-managers", {**BODY, "name": "Corner Shop"}))

    assert message.to == ["ada@example.com"]


def test_a_registration_that_is_refused_mails_nothing(api, ada, mails_of):
    assert mails_of(lambda: api.post(REGISTER, BODY)) == []


def test_it_works_once(api, mails_of, link_of):
    [message] = mails_of(lambda: register(api))
    token = link_of(message)

    assert [api.post(VERIFY, {"token": token}).status_code for _ in range(2)] == [200, 400]


def test_it_works_for_an_hour(api, mails_of, link_of):
    [message] = mails_of(lambda: register(api))
    EmailToken.objects.update(expires_at=timezone.now())

    assert api.post(VERIFY, {"token": link_of(message)}).status_code == 400


def test_it_verifies_the_address_that_it_was_sent_to(api, mails_of, link_of):
    [message] = mails_of(lambda: register(api))
    user = User.objects.get()
    user.email = "other@example.com"
    user.save()

    assert api.post(VERIFY, {"token": link_of(message)}).status_code == 400
    assert User.objects.get().email_verified_at is None


def test_another_link_can_be_asked_for(api, ada, bearer, mails_of, link_of):
    client = bearer(ada)
    [message] = mails_of(lambda: client.post(RESEND))

    assert api.post(VERIFY, {"token": link_of(message)}).status_code == 200
    assert mails_of(lambda: client.post(RESEND)) == [], "it is verified"
    assert client.post(RESEND).status_code == 202


def test_not_without_authentication_nor_with_a_body(api, ada, bearer):
    assert api.post(RESEND).status_code == 401
    assert bearer(ada).post(RESEND, {"email": "x@example.com"}).status_code == 422


def test_a_program_does_not_ask_for_one(api, ada):
    soon = timezone.now() + timedelta(days=1)
    _, raw = personal_tokens.issue(ada, name="backup", permissions=["users:read:self"], expires_at=soon)

    refused = api.post(RESEND, headers={"Authorization": f"Bearer {raw}"})

    assert (refused.status_code, check_problem(refused)["code"]) == (403, "sign_in_required")
    assert not EmailToken.objects.exists()


def test_an_account_without_an_address_has_none_to_verify(make_user, bearer, mails_of):
    client = bearer(make_user(email=None))

    assert mails_of(lambda: client.post(RESEND)) == []


def test_it_is_recorded(api, mails_of, link_of):
    [message] = mails_of(lambda: register(api))
    api.post(VERIFY, {"token": link_of(message)})

    user = User.objects.get()
    events = list(AuditEvent.objects.order_by("id").values_list("action", "actor"))
    assert events == [("registered", user.pk), ("email_verified", user.pk)]


class TestRequired:
    LOGIN = "/api/v1/users/login"
    FORM = "application/x-www-form-urlencoded"

    def test_by_default_an_unverified_account_signs_in(self, api, ada):
        assert api.post(self.LOGIN, BODY).status_code == 200

    def test_if_it_is_sign_in_waits_at_every_door(self, api, make_user, settings):
        settings.REQUIRE_VERIFIED_EMAIL = True
        make_user(email="ada@example.com", is_staff=True)

        refused = api.post(self.LOGIN, BODY)
        assert (refused.status_code, refused.json()["code"]) == (403, "email_unverified")
        form = "username=ada@example.com&password=correct+horse+battery"
        assert api.generic("POST", "/api/v1/store-managers/token", form, self.FORM).status_code == 403
        admin = api.post("/admin/login/", {"username": "ada@example.com", "password": PASSWORD}, format="multipart")
        assert admin.status_code == 200
        assert "sessionid" not in api.cookies

    def test_that_is_told_after_the_right_password_only(self, api, ada, settings):
        settings.REQUIRE_VERIFIED_EMAIL = True

        assert api.post(self.LOGIN, {**BODY, "password": "wrong horse battery"}).status_code == 401

    def test_who_is_verified_signs_in(self, api, settings, mails_of, link_of):
        settings.REQUIRE_VERIFIED_EMAIL = True
        [message] = mails_of(lambda: register(api))
        api.post(VERIFY, {"token": link_of(message)})

        assert api.post(self.LOGIN, BODY).status_code == 200

    def test_who_made_it_with_a_command_or_a_seed_answered_for_the_address(self, settings):
        root = User.objects.create_superuser("root@example.com", PASSWORD)

        assert root.email_verified_at is not None
