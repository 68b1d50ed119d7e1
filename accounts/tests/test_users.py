"""The accounts, for those who keep them."""

import pytest

from accounts import personal_tokens, sessions
from accounts.factories import PASSWORD, UserFactory
from accounts.models import AuditEvent, Session, User
from accounts.models.personal_tokens import a_year_from_now
from common.testing.base import check_problem, fields_at_fault, ids

pytestmark = pytest.mark.django_db

URL = "/api/v1/users"
KEEPS = ("users:read", "users:write", "users:delete")


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com", name="Ada")


@pytest.fixture
def keeper(make_user, bearer):
    return bearer(make_user(*KEEPS, email="keeper@example.com"))


def of(user):
    return f"{URL}/{user.pk}"


def told(user):
    events = AuditEvent.objects.filter(subject=f"users/{user.pk}", actor__isnull=False).exclude(actor=user)
    return list(events.order_by("id").values_list("action", "actor__email"))


def test_an_account_is_shown_with_its_roles_and_without_secrets(keeper):
    user = UserFactory.create(roles=["user", "store_manager"])

    shown = keeper.get(of(user)).json()

    assert list(shown) == ["id", "email", "name", "role", "is_active", "is_superuser", "created_at", "roles"]
    assert (shown["role"], shown["roles"]) == ("store_manager", ["store_manager", "user"])


def test_its_owner_sees_it_and_nobody_elses(ada, make_user, bearer):
    own = bearer(make_user("users:read:self"))
    other = make_user("users:read:self")

    assert bearer(other).get(of(other)).json()["email"] == other.email
    check_problem(own.get(of(ada)), "Not authorized to access this user")


def test_a_list_is_not_for_one_s_own_account(make_user, bearer):
    client = bearer(make_user("users:read:self"))

    for response in (client.get(URL), client.post(f"{URL}/search", {}), client.get(f"{URL}/count")):
        assert response.status_code == 403
        check_problem(response, "Insufficient permissions. Required: users:read")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_one_s_own_account_is_changed_at_users_me_only(make_user, bearer, method):
    user = make_user("users:read:self", "users:write:self", "users:delete:self")

    assert getattr(bearer(user), method)(of(user), {"name": "Mine"}).status_code == 403
    assert bearer(user).patch(f"{URL}/me", {"name": "Mine"}).status_code == 200


@pytest.mark.parametrize("path", ["me", "me/sessions", "me/tokens"])
def test_what_is_spelt_out_is_no_id(keeper, make_user, bearer, path):
    assert bearer(make_user("users:read:self")).get(f"{URL}/{path}").status_code == 200


@pytest.mark.parametrize("path", ["login", "register", "refresh", "logout", "logout-all", "password-reset"])
def test_what_is_only_posted_to_is_405_and_no_account(keeper, path):
    assert keeper.get(f"{URL}/{path}").status_code == 405


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("post", "", 405),
        ("post", "/bulk", 405),
        ("patch", "/bulk", 404),
        ("post", "/bulk-delete", 405),
        ("patch", "/self", 404),
    ],
)
def test_there_is_no_create_no_bulk_and_no_self(keeper, method, path, status):
    assert getattr(keeper, method)(URL + path, {"email": "eve@example.com"}).status_code == status
    assert not User.objects.filter(email="eve@example.com").exists()


def test_accounts_are_filtered_by_role_and_address(keeper):
    manager = UserFactory.create(email="Manager@shop.example", roles=["user", "store_manager"])
    gone = UserFactory.create(is_active=False)

    assert ids(keeper.get(URL, {"role": "store_manager"})) == [manager.pk]
    assert ids(keeper.get(URL, {"role": "store"})) == []
    assert ids(keeper.get(URL, {"email": "@SHOP"})) == [manager.pk]
    assert ids(keeper.get(URL, {"is_active": "false"})) == [gone.pk]
    assert ids(keeper.post(f"{URL}/search", {"email": "shop", "is_active": True})) == [manager.pk]
    assert fields_at_fault(keeper.post(f"{URL}/search", {"password": "argon2"})) == ["body.password"]


def test_deactivating_ends_every_session_for_good(keeper, ada, bearer, api):
    client = bearer(ada)
    refresh = sessions.start(ada).refresh

    assert keeper.patch(of(ada), {"is_active": False}).json()["is_active"] is False

    assert client.get(f"{URL}/me").status_code == 401
    assert api.post(f"{URL}/refresh", {"refresh_token": refresh}).status_code == 401
    assert not Session.objects.live().filter(user=ada).exists()
    assert api.post(f"{URL}/login", {"email": ada.email, "password": PASSWORD}).status_code == 403
    keeper.patch(of(ada), {"is_active": True})
    assert client.get(f"{URL}/me").status_code == 401
    assert told(ada) == [("account_deactivated", "keeper@example.com"), ("account_activated", "keeper@example.com")]


def test_what_is_already_so_ends_nothing(keeper, make_user, bearer):
    user = make_user("users:read:self")
    keeper_too = bearer(make_user(*KEEPS, "users:read:self"))
    client = bearer(user)

    assert keeper_too.patch(of(user), {"is_active": True, "name": "Ada"}).status_code == 200

    assert client.get(f"{URL}/me").json()["name"] == "Ada"
    assert told(user) == []


def test_a_deleted_account_is_gone_with_its_sessions_and_the_audit_stays(keeper, ada, bearer):
    client, number = bearer(ada), ada.pk

    assert keeper.delete(of(ada)).status_code == 204

    assert not User.objects.filter(pk=number).exists()
    assert not Session.objects.filter(user=number).exists()
    assert client.get(f"{URL}/me").status_code == 401
    event = AuditEvent.objects.get(action=AuditEvent.Action.ACCOUNT_DELETED)
    assert event.subject == f"users/{number}"
    assert event.actor == User.objects.get(email="keeper@example.com")


def test_no_program_decides_over_the_account_it_belongs_to(make_user, api):
    user = make_user(*KEEPS, "roles:read", "roles:write")
    held = sorted(user.permission_strings)
    _, raw = personal_tokens.issue(user, name="script", permissions=held, expires_at=a_year_from_now())
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")

    for refused in (
        api.patch(of(user), {"name": "Mine"}),
        api.delete(of(user)),
        api.put(f"{of(user)}/roles", {"roles": []}),
        api.post(f"{of(user)}/roles", {"roles": []}),
        api.delete(f"{of(user)}/roles/{user.role}"),
    ):
        assert refused.status_code == 403
        assert refused.json()["code"] == "sign_in_required"
    assert api.patch(of(UserFactory.create()), {"name": "Theirs"}).status_code == 200
