"""Another address: with the password, and once it is verified."""

from functools import partial

import pytest
from django.utils import timezone

from accounts import emails, lockout
from accounts.emails import Purpose
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, EmailToken, User
from common.testing.base import check_problem, fields_at_fault

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me"
VERIFY = "/api/v1/users/verify-email"
BODY = {"email": "Ada.King@example.com", "current_password": PASSWORD}


@pytest.fixture
def ada(make_user):
    held = ("users:read:self", "users:write:self")
    return make_user(*held, email="ada@example.com", name="Ada", email_verified_at=timezone.now())


@pytest.fixture
def asked(ada, bearer, mails_of):
    """What is mailed when it is asked for, by its recipient."""
    client = bearer(ada)
    return {message.to[0]: message for message in mails_of(lambda: client.patch(URL, BODY))}


def email_of(user):
    return User.objects.get(pk=user.pk).email


def test_until_it_is_verified_the_old_one_counts(ada, bearer):
    response = bearer(ada).patch(URL, BODY)

    assert response.status_code == 200, response.content
    assert response.json()["email"] == email_of(ada) == "ada@example.com"


def test_the_new_one_gets_a_link_and_the_old_one_is_told(asked, link_of):
    assert set(asked) == {"Ada.King@example.com", "ada@example.com"}
    assert link_of(asked["Ada.King@example.com"])
    assert "#token=" not in asked["ada@example.com"].body
    assert "Ada.King" not in asked["ada@example.com"].body


def test_followed_it_counts(api, ada, asked, link_of, mails_of):
    token = link_of(asked["Ada.King@example.com"])

    [told] = mails_of(lambda: api.post(VERIFY, {"token": token}))

    assert told.to == ["ada@example.com"]
    assert email_of(ada) == "Ada.King@example.com"
    assert User.objects.get(pk=ada.pk).email_verified_at is not None
    login = {"email": "ada.king@example.com", "password": PASSWORD}
    assert api.post("/api/v1/users/login", login).status_code == 200
    assert api.post("/api/v1/users/login", {**login, "email": "ada@example.com"}).status_code == 401


def test_links_to_the_old_address_are_dead_then(api, ada, asked, link_of, mails_of):
    [reset] = mails_of(lambda: api.post("/api/v1/users/password-reset", {"email": "ada@example.com"}))
    api.post(VERIFY, {"token": link_of(asked["Ada.King@example.com"])})

    confirm = {"token": link_of(reset), "new_password": "another horse battery"}
    assert api.post("/api/v1/users/password-reset/confirm", confirm).status_code == 400


def test_the_last_one_asked_for_counts(api, ada, bearer, asked, mails_of, link_of):
    mails_of(lambda: bearer(ada).patch(URL, {**BODY, "email": "third@example.com"}))

    assert api.post(VERIFY, {"token": link_of(asked["Ada.King@example.com"])}).status_code == 400


def test_strangers_get_no_more_mails_than_there_may_be_links(ada, bearer, mails_of):
    """Whatever addresses are typed, and however often; of those that were mailed the last one works."""
    client, sent = bearer(ada), []

    def ask(number):
        assert client.patch(URL, {**BODY, "email": f"stranger{number}@example.com"}).status_code == 200

    for number in range(10):
        sent += mails_of(partial(ask, number))

    recipients = [f"stranger{number}@example.com" for number in range(emails.LINKS_AT_ONCE)]
    assert [message.to[0] for message in sent if message.to != ["ada@example.com"]] == recipients
    assert len(sent) == 2 * emails.LINKS_AT_ONCE
    assert [link.email for link in EmailToken.objects.live()] == recipients[-1:]
    assert AuditEvent.objects.filter(action="email_change_asked").count() == emails.LINKS_AT_ONCE


def test_with_another_password_in_between_too(ada, bearer, mails_of):
    sent = []
    for number in range(10):
        client = bearer(User.objects.get(pk=ada.pk))
        sent += mails_of(partial(client.patch, URL, {**BODY, "email": f"stranger{number}@example.com"}))
        client.post(f"{URL}/password", {"current_password": PASSWORD, "new_password": PASSWORD})

    assert sum("stranger" in message.to[0] for message in sent) == emails.LINKS_AT_ONCE


def test_every_other_link_is_dead_once_it_is_followed(api, ada, asked, link_of, mails_of):
    for purpose in Purpose:
        emails.send_link(purpose, ada, to="ada@example.com")

    assert api.post(VERIFY, {"token": link_of(asked["Ada.King@example.com"])}).status_code == 200

    assert not EmailToken.objects.live().exists()


def test_a_link_that_is_void_meanwhile_does_not_work(api, ada, asked, link_of, monkeypatch):
    """Between the look at it and the lock on its account."""
    redeem = emails.redeem

    def late(found):
        emails.revoke_links(ada, *Purpose)
        return redeem(found)

    monkeypatch.setattr(emails, "redeem", late)

    assert api.post(VERIFY, {"token": link_of(asked["Ada.King@example.com"])}).status_code == 400
    assert email_of(ada) == "ada@example.com"


def test_a_reset_stops_it(api, ada, asked, link_of, mails_of):
    """A thief with the password asks for it; the owner, who is told, resets the password."""
    [reset] = mails_of(lambda: api.post("/api/v1/users/password-reset", {"email": "ada@example.com"}))
    confirm = {"token": link_of(reset), "new_password": "another horse battery"}
    assert api.post("/api/v1/users/password-reset/confirm", confirm).status_code == 200

    assert api.post(VERIFY, {"token": link_of(asked["Ada.King@example.com"])}).status_code == 400


def test_one_that_has_an_account_is_refused(ada, bearer, make_user):
    make_user(email="ada.king@example.com")

    refused = bearer(ada).patch(URL, BODY)

    assert refused.status_code == 400
    assert check_problem(refused)["code"] == "email_taken"


def test_one_that_was_registered_meanwhile_too(api, ada, asked, link_of, make_user):
    make_user(email="ada.king@example.com")

    refused = api.post(VERIFY, {"token": link_of(asked["Ada.King@example.com"])})

    assert (refused.status_code, refused.json()["code"]) == (400, "email_taken")
    assert email_of(ada) == "ada@example.com"


def test_needs_the_password(ada, bearer, mails_of):
    client = bearer(ada)

    assert fields_at_fault(client.patch(URL, {"email": BODY["email"]})) == ["body.current_password"]
    assert mails_of(lambda: client.patch(URL, {**BODY, "current_password": "wrong"})) == []
    assert client.patch(URL, {**BODY, "current_password": "wrong"}).status_code == 400


def test_a_wrong_password_changes_nothing_else_either(ada, bearer):
    bearer(ada).patch(URL, {**BODY, "current_password": "wrong", "name": "Eve"})

    assert User.objects.get(pk=ada.pk).name == "Ada"


def test_wrong_passwords_count(ada, bearer):
    client = bearer(ada)
    for _ in range(lockout.TOGETHER.failures):
        assert client.patch(URL, {**BODY, "current_password": "wrong"}).status_code == 400

    assert client.patch(URL, BODY).status_code == 429


@pytest.mark.parametrize("email", ["ada", "a b@example.com", "a\nb@example.com", 1])
def test_it_is_an_address(ada, bearer, email):
    assert fields_at_fault(bearer(ada).patch(URL, {**BODY, "email": email})) == ["body.email"]


def test_with_the_name_in_one_request(ada, bearer):
    assert bearer(ada).patch(URL, {**BODY, "name": "Ada King"}).json()["name"] == "Ada King"


def test_two_editors_still_do_not_overwrite_each_other(ada, bearer, mails_of):
    client = bearer(ada)
    stale = {"If-Match": '"stale"'}

    assert mails_of(lambda: client.patch(URL, BODY, headers=stale)) == []
    assert client.patch(URL, BODY, headers=stale).status_code == 412


def test_it_is_recorded_without_the_addresses(api, ada, asked, link_of):
    api.post(VERIFY, {"token": link_of(asked["Ada.King@example.com"])})

    events = list(AuditEvent.objects.order_by("id").values_list("action", "actor", "data"))
    assert events == [("email_change_asked", ada.pk, {}), ("email_changed", ada.pk, {})]
