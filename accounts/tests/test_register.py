import pytest
from django.contrib.auth.hashers import identify_hasher

from accounts.models import User

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/register"
PASSWORD = "correct horse battery"


def register(api, **fields):
    return api.post(URL, {"email": "ada@example.com", "password": PASSWORD, **fields})


def errors(response):
    assert response.status_code == 422, response.content
    return {error["field"] for error in response.json()["errors"]}


def test_creates_an_account_with_the_role_of_every_account(api):
    response = register(api, name="Ada")

    assert response.status_code == 201
    user = User.objects.get()
    body = response.json()
    assert body.pop("created_at").endswith("Z")
    assert body == {
        "id": user.pk,
        "email": "ada@example.com",
        "name": "Ada",
        "role": "user",
        "is_active": True,
        "is_superuser": False,
    }
    assert response["Location"].endswith("/api/v1/users/me")


def test_password_is_kept_as_argon2id_of_19_mib(api):
    register(api)

    user = User.objects.get()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert identify_hasher(user.password).algorithm == "argon2"
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    "again",
    ["ada@example.com", "ADA@Example.COM", " ada@example.com ", "ada@EXAMPLE.com", "ada@\uff45xample.com"],
)
def test_a_taken_address_is_refused_in_every_spelling(api, again):
    register(api)

    response = register(api, email=again)

    assert response.status_code == 400
    assert response.json()["code"] == "email_taken"
    assert response.json()["detail"] == f"User with email {again.strip()} already registered"
    assert [error["field"] for error in response.json()["errors"]] == ["body.email"]
    assert User.objects.count() == 1


def test_the_address_is_kept_as_typed_but_for_spaces_around_it(api):
    assert register(api, email=" Ada.Lovelace@Example.com ").json()["email"] == "Ada.Lovelace@Example.com"


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada@",
        "",
        None,
        1,
        ["ada@example.com"],
        "ada@example.com\r\nBcc: eve@example.com",
        "ada\u0000@example.com",
        "ada\u202e@example.com",
        "a" * 250 + "@example.com",
        # Within 254 characters as typed, 18 times as long after NFKC.
        "ada@" + "\ufdfa" * 60 + ".com",
    ],
)
def test_a_malformed_address_is_refused(api, email):
    assert "body.email" in errors(register(api, email=email))


@pytest.mark.parametrize(
    "password",
    ["short", "1234567", "x" * 129, "password123", "password", "", None, 12345678, "with\u0000nul-inside"],
)
def test_a_bad_password_is_refused(api, password):
    assert errors(register(api, password=password)) == {"body.password"}
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["8 charss", "x" * 127 + "!", " spaces around ", "пароль-和密码-🔑"])
def test_any_characters_make_a_password(api, password):
    assert register(api, password=password).status_code == 201
    assert User.objects.get().check_password(password)


def test_length_is_checked_before_hashing(api, monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("hashed")

    monkeypatch.setattr("accounts.models.User.set_password", fail)

    assert errors(register(api, password="x" * 1_000_000)) == {"body.password"}


@pytest.mark.parametrize("field", ["role", "is_superuser", "is_staff", "id", "roles"])
def test_nobody_chooses_their_own_rights(api, field):
    assert errors(register(api, **{field: "admin"})) == {f"body.{field}"}


def test_a_long_name_is_refused(api):
    assert errors(register(api, name="x" * 65)) == {"body.name"}
    assert register(api, name="x" * 64).status_code == 201
