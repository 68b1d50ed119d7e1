"""Hashes that were brought along: they verify, and become Argon2id at the next sign-in."""

import bcrypt
import pytest

from accounts.hashers import BCryptPasswordHasher, BCryptSHA256PasswordHasher
from accounts.models import User

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/users/login"
PASSWORD = "correct horse battery"


def plain(password):
    """As passlib and most others wrote it."""
    return "bcrypt$" + bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()


def hashed_first(password):
    hasher = BCryptSHA256PasswordHasher()
    hasher.rounds = 4
    return hasher.encode(password, hasher.salt())


def account(encoded):
    return User.objects.create(email="ada@example.com", password=encoded)


def login(api, password):
    return api.post(LOGIN, {"email": "ada@example.com", "password": password})


@pytest.mark.parametrize("encode", [plain, hashed_first])
def test_it_verifies_and_is_replaced(api, encode):
    user = account(encode(PASSWORD))

    assert login(api, "wrong").status_code == 401
    assert login(api, PASSWORD).status_code == 200

    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert login(api, PASSWORD).status_code == 200


@pytest.mark.parametrize("password", ["x" * 128, "\U0001f511" * 128])
def test_bytes_past_the_72nd_are_no_error(api, password):
    account(plain(password))

    assert login(api, password).status_code == 200


def test_a_wrong_password_replaces_nothing(api):
    user = account(plain(PASSWORD))
    login(api, "wrong")

    user.refresh_from_db()
    assert user.password.startswith("bcrypt$")


def test_a_password_that_was_changed_meanwhile_stays(monkeypatch):
    """It is read, compared, and replaced: what another request writes in between must not be lost."""
    user = account(plain(PASSWORD))
    verify = BCryptPasswordHasher.verify

    def raced(*args):
        right = verify(*args)
        User.objects.filter(pk=user.pk).update(password="changed")
        return right

    monkeypatch.setattr(BCryptPasswordHasher, "verify", raced)

    assert user.check_password(PASSWORD)

    assert User.objects.get(pk=user.pk).password == "changed"
