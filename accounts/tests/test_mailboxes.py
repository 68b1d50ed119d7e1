"""Strangers' mailboxes: whoever types their address, by however many accounts, is not heard there often."""

from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import emails, services
from accounts.factories import PASSWORD
from accounts.models import EmailToken, User
from common.models import RateWindow
from common.tasks import backends
from common.testing.tasks import IN_DATABASE, IN_THREAD

pytestmark = pytest.mark.django_db

VICTIM = "victim@example.com"
SPELLINGS = [VICTIM, "Victim@example.com", "VICTIM@EXAMPLE.COM", " victim@example.com", "victim@ｅxample.com"]
REGISTER, ME = "/api/v1/users/register", "/api/v1/users/me"
RESET = "/api/v1/users/password-reset"


@pytest.fixture
def mallory(make_user):
    return make_user(email=VICTIM)


def register(api, email=VICTIM):
    assert api.post(REGISTER, {"email": email, "password": PASSWORD}).status_code == 201


def test_registering_and_leaving_again(api, bearer, mails_of):
    """The rows that count for an account go with it."""

    sent = []
    for email in SPELLINGS:
        sent += mails_of(partial(register, api, email))
        assert bearer(User.objects.get()).delete(ME, {"current_password": PASSWORD}).status_code == 204

    assert len(sent) == emails.LINKS_AT_ONCE
    assert not EmailToken.objects.exists()


def test_many_accounts_that_want_the_address(make_user, bearer, mails_of):
    def ask(number):
        account = make_user("users:read:self", "users:write:self", email=f"mallory{number}@example.com")
        body = {"email": SPELLINGS[number], "current_password": PASSWORD}
        assert bearer(account).patch(ME, body).status_code == 200

    assert len(mails_of(lambda: [ask(number) for number in range(5)])) == emails.LINKS_AT_ONCE


def test_another_password_again_and_again(mallory, bearer, mails_of):
    """Nobody has verified the address: what becomes of the account is none of its owner's business."""

    def change():
        body = {"current_password": PASSWORD, "new_password": PASSWORD}
        assert bearer(User.objects.get()).post(f"{ME}/password", body).status_code == 200

    assert mails_of(lambda: [change() for _ in range(3)]) == []


def test_another_address_instead(mallory, mails_of):
    assert mails_of(lambda: services.change_email(mallory, "mallory@example.com", by=mallory)) == []


def test_who_verified_it_is_told(mallory, bearer, mails_of):
    User.objects.update(email_verified_at=timezone.now())
    body = {"current_password": PASSWORD, "new_password": PASSWORD}

    assert [message.to for message in mails_of(lambda: bearer(mallory).post(f"{ME}/password", body))] == [[VICTIM]]


def test_a_link_of_one_kind_uses_up_none_of_another(api, mails_of):
    """Or a stranger who asks for one would keep the owner from registering."""
    for _ in range(emails.LINKS_AT_ONCE):
        assert api.post(RESET, {"email": VICTIM}).status_code == 202

    assert [message.subject for message in mails_of(partial(register, api))] == ["Verify your address"]


def test_after_an_hour_there_is_room_again(api, mallory, mails_of):
    for _ in range(emails.LINKS_AT_ONCE):
        api.post(RESET, {"email": VICTIM})
    assert mails_of(lambda: api.post(RESET, {"email": VICTIM})) == []

    RateWindow.objects.update(ends_at=0)
    EmailToken.objects.update(expires_at=timezone.now())

    assert len(mails_of(lambda: api.post(RESET, {"email": VICTIM}))) == 1


def test_what_is_refused_for_another_reason_uses_nothing_up(api, mallory, mails_of):
    for _ in range(emails.LINKS_AT_ONCE):
        assert api.post(REGISTER, {"email": VICTIM, "password": PASSWORD}).status_code == 400
    mallory.delete()

    assert len(mails_of(partial(register, api))) == 1


def test_who_was_mailed_cannot_be_read_from_the_counter(api, mallory):
    api.post(RESET, {"email": VICTIM})

    [window] = RateWindow.objects.filter(key__startswith="mail:")
    assert "victim" not in window.key


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tasks", [IN_THREAD, IN_DATABASE])
@pytest.mark.parametrize("times", [1, emails.LINKS_AT_ONCE, emails.LINKS_AT_ONCE + 2])
def test_after_so_many_a_known_address_costs_the_same_statements_as_an_unknown_one(
    api, mallory, settings, tasks, times
):
    settings.TASKS = tasks
    seen = []
    for email in (VICTIM, "nobody@example.com"):
        for _ in range(times):
            api.post(RESET, {"email": email})
        with CaptureQueriesContext(connection) as captured:
            assert api.post(RESET, {"email": email}).status_code == 202
        verbs = [query["sql"].split()[0] for query in captured]
        seen.append([verb for verb in verbs if verb in ("SELECT", "INSERT", "UPDATE", "DELETE")])
    backends.flush()

    assert seen[0] == seen[1]
