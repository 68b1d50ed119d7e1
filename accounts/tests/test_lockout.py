"""How often a password may be tried, at every door."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import lockout
from accounts.factories import PASSWORD
from accounts.hashers import Argon2PasswordHasher
from accounts.models import AuditEvent, PasswordTry
from common.testing.base import check_problem

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/users/login"
TOKEN = "/api/v1/store-managers/token"
FORM = "application/x-www-form-urlencoded"
WRONG = "wrong horse battery"


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com", roles=["user"], is_staff=True)


@pytest.fixture
def hashes(monkeypatch):
    """The hashes that were made, one entry each."""
    made = []
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)

        def counted(*args, real=real):
            made.append(1)
            return real(*args)

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)
    return made


def login(api, email="ada@example.com", password=WRONG, **more):
    return api.post(LOGIN, {"email": email, "password": password}, **more)


def use_up(limit, api, **more):
    for _ in range(limit.failures):
        assert login(api, **more).status_code == 401


def put_in(count, *, account="ada@example.com", network="192.0.2.9", ago=timedelta(0), state="failed"):
    at = timezone.now() - ago
    row = PasswordTry(account=lockout.account_key(account), network=network, state=state, created_at=at)
    row.expires_at = at + timedelta(days=1)
    PasswordTry.objects.bulk_create([PasswordTry(**{**vars_of(row), "id": None}) for _ in range(count)])


def vars_of(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_five_wrong_ones_and_then_not_even_the_right_one(api, ada, hashes):
    use_up(lockout.TOGETHER, api)
    assert len(hashes) == 5

    refused = login(api, password=PASSWORD)

    assert refused.status_code == 429
    assert check_problem(refused)["code"] == "locked_out"
    assert 14 * 60 < int(refused["Retry-After"]) <= 15 * 60
    assert len(hashes) == 5, "what is locked is not even evaluated"


def test_it_ends_when_it_says(api, ada):
    put_in(4, network="127.0.0.1", ago=timedelta(minutes=5))
    put_in(1, network="127.0.0.1", ago=timedelta(minutes=14, seconds=50))

    refused = login(api, password=PASSWORD)

    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 10
    PasswordTry.objects.filter(created_at__lt=timezone.now() - timedelta(minutes=14)).update(
        created_at=timezone.now() - timedelta(minutes=15, seconds=1)
    )
    assert login(api, password=PASSWORD).status_code == 200


def test_what_is_refused_does_not_prolong_it(api, ada):
    use_up(lockout.TOGETHER, api)
    for _ in range(3):
        assert login(api).status_code == 429

    assert PasswordTry.objects.count() == 5


def test_a_stranger_does_not_lock_the_owner_out(api, ada):
    use_up(lockout.TOGETHER, api, REMOTE_ADDR="192.0.2.1")

    assert login(api, password=PASSWORD, REMOTE_ADDR="192.0.2.1").status_code == 429
    assert login(api, password=PASSWORD, REMOTE_ADDR="192.0.2.2").status_code == 200


def test_nor_who_signs_in_as_another_from_there(api, ada, make_user):
    bob = make_user(email="bob@example.com")
    use_up(lockout.TOGETHER, api)

    assert login(api, bob.email, PASSWORD).status_code == 200


def test_an_account_locks_after_a_hundred_a_day_from_anywhere(api, ada):
    for number in range(50):
        put_in(2, network=f"192.0.2.{number}", ago=timedelta(hours=23))

    refused = login(api, password=PASSWORD, REMOTE_ADDR="198.51.100.1")

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 3600


def test_not_for_who_has_signed_in_from_there_before(api, ada):
    """Else a stranger with time could lock the owner out after all, five tries at a time."""
    assert login(api, password=PASSWORD).status_code == 200
    put_in(100)

    assert login(api, password=PASSWORD).status_code == 200
    assert login(api, password=PASSWORD, REMOTE_ADDR="198.51.100.1").status_code == 429


def test_an_address_locks_after_a_hundred_whatever_it_tries(api, ada):
    for number in range(100):
        put_in(1, account=f"user{number}@example.com", network="127.0.0.1")

    assert login(api, password=PASSWORD).status_code == 429
    assert login(api, password=PASSWORD, REMOTE_ADDR="198.51.100.1").status_code == 200


def test_ipv6_counts_by_subscriber(api, ada):
    for number in range(5):
        assert login(api, REMOTE_ADDR=f"2001:db8:0:1::{number}").status_code == 401

    assert login(api, password=PASSWORD, REMOTE_ADDR="2001:db8:0:1:ffff::1").status_code == 429
    assert login(api, password=PASSWORD, REMOTE_ADDR="2001:db8:0:2::1").status_code == 200


def test_what_a_client_says_about_its_address_has_no_effect(api, ada):
    for number in range(5):
        assert login(api, headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code == 401

    forged = {"X-Forwarded-For": "192.0.2.99", "X-Real-IP": "192.0.2.99", "Forwarded": "for=192.0.2.99"}
    assert login(api, password=PASSWORD, headers=forged).status_code == 429


def test_a_right_password_does_not_count(api, ada):
    for _ in range(lockout.TOGETHER.failures + 2):
        assert login(api, password=PASSWORD).status_code == 200

    assert PasswordTry.objects.count() == 1


def test_a_right_password_does_not_wipe_out_wrong_ones(api, ada):
    for _ in range(4):
        login(api)
    assert login(api, password=PASSWORD).status_code == 200

    assert login(api).status_code == 401
    assert login(api).status_code == 429


def test_an_unknown_address_locks_alike(api, ada):
    for email in ("ada@example.com", "nobody@example.com"):
        use_up(lockout.TOGETHER, api, email=email)

    known, unknown = login(api), login(api, "nobody@example.com")

    differ_anyway = ("request_id",)
    bodies = [{name: value for name, value in r.json().items() if name not in differ_anyway} for r in (known, unknown)]
    assert known.status_code == unknown.status_code == 429
    assert bodies[0] == bodies[1]
    assert abs(int(known["Retry-After"]) - int(unknown["Retry-After"])) <= 2


def test_spellings_of_one_address_are_one(api, ada):
    for email in ("ada@example.com", "ADA@example.com", "Ada@Example.com", "aDa@example.com", "adA@example.com"):
        assert login(api, email).status_code == 401

    assert login(api, password=PASSWORD).status_code == 429


def oauth(api):
    return api.generic("POST", TOKEN, f"username=ada@example.com&password={WRONG}", content_type=FORM)


def admin(api):
    return api.post("/admin/login/", {"username": "ada@example.com", "password": WRONG}, format="multipart")


def browsable(api):
    return api.post("/api/v1/auth/login", {"username": "ada@example.com", "password": WRONG}, format="multipart")


@pytest.mark.parametrize("door", [login, oauth, admin, browsable])
def test_every_door_counts_and_is_shut(api, ada, door):
    for _ in range(5):
        door(api)
    assert PasswordTry.objects.filter(state="failed").count() == 5

    refused = [one(api) for one in (login, oauth, admin, browsable)]

    assert [response.status_code for response in refused] == [429] * 4
    assert all(int(response["Retry-After"]) > 800 for response in refused)


@pytest.mark.parametrize("door", [admin, browsable])
def test_a_browser_is_shown_a_page(api, ada, door):
    use_up(lockout.TOGETHER, api)
    api.credentials(HTTP_ACCEPT="text/html")

    refused = door(api)

    assert (refused.status_code, refused["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert "Too many wrong passwords" in refused.content.decode()


def test_what_was_not_evaluated_is_given_back(api, ada, monkeypatch):
    """No turn at hashing came: that is nobody's wrong password."""
    monkeypatch.setattr("accounts.hashers.PATIENCE", 0)
    from accounts.hashers import turn

    with turn(), turn():
        refused = login(api)

    assert refused.status_code == 503
    assert check_problem(refused)["code"] == "busy"
    assert refused["Retry-After"] == "1"
    assert not PasswordTry.objects.exists()


def test_a_try_whose_process_died_counts(api, ada):
    put_in(5, network="127.0.0.1", ago=timedelta(minutes=1), state="pending")

    assert login(api, password=PASSWORD).status_code == 429


def test_who_must_wait_for_others_too_long_is_told_to_come_back(api, ada, monkeypatch):
    monkeypatch.setattr(lockout, "PATIENCE", 0)
    put_in(5, network="127.0.0.1", state="pending")

    refused = login(api, password=PASSWORD)

    assert (refused.status_code, refused.json()["code"]) == (503, "busy")


def test_old_rows_are_cleared_away(api, ada):
    put_in(3, ago=timedelta(days=2))

    login(api)

    assert PasswordTry.objects.count() == 1


def test_the_table_says_nothing_about_who_was_tried(api, ada):
    login(api)

    assert "ada" not in str(vars_of(PasswordTry.objects.get()))


def test_a_lockout_is_recorded(api, ada):
    use_up(lockout.TOGETHER, api)
    login(api)

    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.subject, event.ip) == ("locked_out", f"users/{ada.pk}", "127.0.0.1")
