"""The end of an account, by its owner."""

import pytest

from accounts import lockout
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, Session, User
from common.testing.base import check_problem, fields_at_fault

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me"
BODY = {"current_password": PASSWORD}


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com", roles=["user"])


def test_it_is_gone_with_its_sessions(api, ada, bearer):
    client = bearer(ada)

    response = client.delete(URL, BODY)

    assert response.status_code == 204
    assert response.content == b""
    assert response.cookies["refresh_token"]["max-age"] == 0
    assert not User.objects.exists()
    assert not Session.objects.exists()
    assert client.get(URL).status_code == 401
    login = api.post("/api/v1/users/login", {"email": "ada@example.com", "password": PASSWORD})
    assert login.status_code == 401


def test_the_audit_stays(ada, bearer):
    number = ada.pk
    bearer(ada).delete(URL, BODY)

    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.subject) == ("account_deleted", number, f"users/{number}")


def test_the_address_is_free_again(api, ada, bearer):
    bearer(ada).delete(URL, BODY)

    again = {"email": "ada@example.com", "password": PASSWORD}
    assert api.post("/api/v1/users/register", again).status_code == 201


def test_a_wrong_password_deletes_nothing_and_counts(ada, bearer):
    client = bearer(ada)
    for _ in range(lockout.TOGETHER.failures):
        refused = client.delete(URL, {"current_password": "wrong"})
        assert refused.status_code == 400
        check_problem(refused, "Incorrect password")

    assert client.delete(URL, BODY).status_code == 429
    assert User.objects.exists()


def test_the_password_is_needed(ada, bearer):
    assert fields_at_fault(bearer(ada).delete(URL)) == ["body.current_password"]
    assert fields_at_fault(bearer(ada).delete(URL, {**BODY, "sure": True})) == ["body.sure"]


def test_the_permission_is_needed(api, make_user, bearer):
    refused = bearer(make_user("users:read:self")).delete(URL, BODY)

    assert refused.status_code == 403
    assert refused.json()["detail"] == "Insufficient permissions. Required: users:delete:self or users:write:self"
    assert api.delete(URL, BODY).status_code == 401
