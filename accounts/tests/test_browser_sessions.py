"""The sessions of browsers, in the admin and on the pages of the API, end with every token of the account."""

import pytest
from django.test import Client

from accounts import emails, passwords, sessions
from accounts.emails import Purpose
from accounts.factories import PASSWORD
from accounts.models import User
from common.exceptions import Missing

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self", email="ada@example.com", is_staff=True)


@pytest.fixture(params=["/admin/login/", "/api/v1/auth/login/"], ids=["admin", "browsable API"])
def browser(request, ada):
    found = Client()
    found.post(request.param, {"username": "ada@example.com", "password": PASSWORD})
    assert is_signed_in(found)
    return found


def is_signed_in(browser):
    of_the_api, of_the_admin = browser.get("/api/v1/users/me"), browser.get("/admin/")
    answers = (of_the_api.status_code, of_the_admin.status_code)
    assert answers in ((200, 200), (401, 302))
    return answers == (200, 200)


def test_logging_out_everywhere(browser, ada, bearer):
    assert bearer(ada).post("/api/v1/users/logout-all").status_code == 200

    assert not is_signed_in(browser)


def test_an_account_that_was_deactivated_and_is_active_again(browser, ada, make_user, client):
    root = make_user(is_staff=True, is_superuser=True)
    client.force_login(root, backend="accounts.backends.AccountBackend")
    body = {"email": "ada@example.com", "is_staff": "on", "roles": [role.pk for role in ada.roles.all()]}
    url = f"/admin/accounts/user/{ada.pk}/change/"

    assert client.post(url, body).status_code == 302
    assert client.post(url, {**body, "is_active": "on"}).status_code == 302

    assert User.objects.get(pk=ada.pk).is_active
    assert not is_signed_in(browser)


def test_another_password_by_the_api(browser, ada, bearer):
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    assert bearer(ada).post("/api/v1/users/me/password", body).status_code == 200

    assert not is_signed_in(browser)


def test_a_reset(browser, ada, monkeypatch):
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: "followed")
    emails.send_link(Purpose.RESET, ada, to="ada@example.com")
    passwords.reset(token="followed", new_password=PASSWORD)

    assert not is_signed_in(browser)


def test_logging_out_of_one_browser_ends_no_other(browser, ada):
    other = Client()
    other.force_login(ada, backend="accounts.backends.AccountBackend")
    other.post("/admin/logout/")

    assert is_signed_in(browser)


def test_a_key_that_was_replaced_still_opens_them_and_no_ended_one(browser, ada, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "k" * 64
    assert is_signed_in(browser)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "l" * 64
    sessions.end_all(ada)
    assert not is_signed_in(browser)


def test_an_account_that_is_gone_meanwhile_is_said_to_be(ada):
    gone = User.objects.get(pk=ada.pk)
    ada.delete()

    for end in (sessions.end_all, sessions.log_out_everywhere):
        with pytest.raises(Missing):
            end(gone)


def test_logging_out_everywhere_of_an_account_that_is_gone_meanwhile(api, ada):
    """The request was authenticated while there was an account."""
    api.force_authenticate(User.objects.get(pk=ada.pk))
    ada.delete()

    assert api.post("/api/v1/users/logout-all").status_code == 404
