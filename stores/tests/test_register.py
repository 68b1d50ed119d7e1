import pytest
from django.db import connection

from accounts.models import User
from stores.models import StoreManager

pytestmark = pytest.mark.django_db

URL = "/api/v1/store-managers"
BODY = {"name": "Corner Shop", "email": "ada@example.com", "password": "correct horse battery"}


def open_store(api, **fields):
    return api.post(URL, BODY | fields)


def test_opens_a_store_with_an_account_of_its_own(api):
    response = open_store(api)

    assert response.status_code == 201, response.content
    manager = StoreManager.objects.get()
    assert response.json() == {"id": str(manager.pk), "name": "Corner Shop", "email": "ada@example.com"}
    assert response["Location"] == f"{URL}/{manager.pk}"
    user = manager.user
    assert (user.name, user.role, sorted(user.role_names)) == (
        "Corner Shop",
        "store_manager",
        ["store_manager", "user"],
    )
    assert user.check_password(BODY["password"])


def test_gives_no_access_to_the_admin(api):
    open_store(api)

    user = User.objects.get()
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_the_answer_is_what_the_manager_reads_of_it(api, bearer):
    created = open_store(api)

    read = bearer(User.objects.get()).get(created["Location"])

    assert (read.json(), read["ETag"]) == (created.json(), created["ETag"])


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.com", " ada@example.com "])
@pytest.mark.parametrize("first", [URL, "/api/v1/users/register"])
def test_a_taken_address_is_refused_in_every_spelling(api, first, email):
    assert api.post(first, BODY).status_code == 201
    managers = StoreManager.objects.count()

    response = open_store(api, email=email)

    assert response.status_code == 400
    assert response.json()["code"] == "email_taken"
    assert [error["field"] for error in response.json()["errors"]] == ["body.email"]
    assert (User.objects.count(), StoreManager.objects.count()) == (1, managers)


def test_what_makes_no_store_makes_no_account(api):
    assert open_store(api, name="").status_code == 422
    assert not User.objects.exists()


def test_a_failure_leaves_no_account_behind(api, monkeypatch):
    def fail(**fields):
        raise RuntimeError("no store today")

    monkeypatch.setattr(StoreManager.objects, "create", fail)

    api.raise_request_exception = False
    assert open_store(api).status_code == 500
    assert not User.objects.exists()


def test_the_password_is_hashed_before_the_transaction(api, monkeypatch, transactional_db):
    """SQLite has one writer at a time, and hashing is slow on purpose."""
    inside = []
    set_password = User.set_password

    def watch(user, password):
        inside.append(connection.in_atomic_block)
        set_password(user, password)

    monkeypatch.setattr(User, "set_password", watch)

    assert open_store(api).status_code == 201
    assert inside == [False]
