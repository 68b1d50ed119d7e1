"""What is too long for an address is never normalised, at whichever door: NFKC makes eighteen characters of one."""

import unicodedata

import pytest
from django.contrib.auth import authenticate

from accounts.factories import PASSWORD
from accounts.managers import EMAIL_MAX_LENGTH, email_key
from accounts.models import User
from common.testing.base import fields_at_fault

pytestmark = pytest.mark.django_db

# In compatibility decomposition each becomes a sentence.
LONG = "a@" + "\ufdfa" * 2_000 + ".com"


@pytest.fixture(autouse=True)
def _short_ones_only(monkeypatch):
    normalize = unicodedata.normalize

    def checked(form, text):
        assert len(text) <= EMAIL_MAX_LENGTH, "normalised"
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", checked)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users/register", {"password": PASSWORD}),
        ("store-managers", {"password": PASSWORD, "name": "Corner Shop"}),
        ("users/login", {"password": PASSWORD}),
        ("token", {"password": PASSWORD}),
        ("users/password-reset", {}),
    ],
)
def test_in_a_body(api, path, body):
    assert fields_at_fault(api.post(f"/api/v1/{path}", {**body, "email": LONG}))[0] == "body.email"


def test_as_another_address(make_user, bearer):
    client = bearer(make_user("users:read:self", "users:write:self"))

    body = {"email": LONG, "current_password": PASSWORD}
    assert fields_at_fault(client.patch("/api/v1/users/me", body))[0] == "body.email"


def test_in_a_form(api, client):
    form = {"username": LONG, "password": PASSWORD}

    assert api.post("/api/v1/store-managers/token", form, format="multipart").status_code in range(400, 500)
    assert client.post("/admin/login/", form).status_code == 200


def test_by_whoever_asks_django():
    assert authenticate(None, username=LONG, password=PASSWORD) is None
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(LONG)


def test_the_longest_are(settings):
    longest = "ａ" * EMAIL_MAX_LENGTH

    assert email_key(f" {longest} ") == "a" * EMAIL_MAX_LENGTH
    assert email_key(longest + "ａ") == longest + "ａ"
