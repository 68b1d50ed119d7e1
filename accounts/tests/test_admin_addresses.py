"""Another address by the admin: as when its owner changes it, but that an administrator answers for it."""

import pytest
from django.utils import timezone

from accounts import emails
from accounts.emails import Purpose
from accounts.models import AuditEvent, EmailToken, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client, make_user):
    root = make_user(email="root@example.com", is_staff=True, is_superuser=True)
    client.force_login(root, backend="accounts.backends.AccountBackend")
    client.account = root
    return client


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com", name="Ada")


@pytest.fixture
def change(root, ada):
    def change(email, **fields):
        body = {"email": email, "name": "Ada", "is_active": "on", **fields}
        response = root.post(f"/admin/accounts/user/{ada.pk}/change/", body)
        assert response.status_code == 302, response.context["errors"]
        return User.objects.get(pk=ada.pk)

    return change


def test_every_link_that_was_mailed_is_dead(change, ada):
    for purpose in Purpose:
        emails.send_link(purpose, ada, to="ada@example.com")

    change("ada.king@example.com")

    assert not EmailToken.objects.live().exists()


def test_the_old_address_is_told_if_it_was_verified(change, ada, mails_of):
    assert mails_of(lambda: change("ada@example.org")) == []
    User.objects.filter(pk=ada.pk).update(email="ada@example.com", email_verified_at=timezone.now())

    [told] = mails_of(lambda: change("ada.king@example.com"))

    assert told.to == ["ada@example.com"]
    assert "ada.king" not in told.body


def test_the_administrator_answers_for_it(change, ada):
    assert ada.email_verified_at is None
    assert change("ada.king@example.com").email_verified_at is not None


def test_an_account_without_one_has_none_that_is_verified(change):
    changed = change("")

    assert (changed.email, changed.email_key, changed.email_verified_at) == (None, None, None)


def test_it_is_recorded_once(change, root, ada):
    change("ada.king@example.com", name="Ada King")

    event = AuditEvent.objects.get(action="email_changed")
    assert (event.actor_id, event.subject) == (root.account.pk, f"users/{ada.pk}")


def test_what_is_saved_with_the_same_address_is_no_change_of_it(change, ada, mails_of):
    emails.send_link(Purpose.RESET, ada, to="ada@example.com")

    assert mails_of(lambda: change("ada@example.com", name="Ada King")) == []
    assert EmailToken.objects.live().exists()
    assert User.objects.get(pk=ada.pk).email_verified_at is None
