import pytest

from accounts.models import User

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me"


@pytest.fixture
def ada(make_user):
    return make_user(email="ada@example.com", name="Ada", roles=["user"])


@pytest.mark.parametrize("url", [URL, f"{URL}/"])
def test_shows_the_account_and_what_it_may_do(bearer, ada, url):
    body = bearer(ada).get(url).json()

    assert body.pop("created_at").endswith("Z")
    permissions = body.pop("permissions")
    assert permissions == sorted(permissions)
    assert {"users:read:self", "users:write:self"} <= set(permissions)
    assert body == {
        "id": ada.pk,
        "email": "ada@example.com",
        "name": "Ada",
        "role": "user",
        "is_active": True,
        "is_superuser": False,
        "roles": ["user"],
    }


def test_the_highest_role_is_the_role(bearer, make_user):
    body = bearer(make_user(roles=["user", "admin"])).get(URL).json()

    assert (body["role"], body["roles"]) == ("admin", ["admin", "user"])
    assert "*" in body["permissions"]


def test_a_superuser_may_do_everything_without_a_role(bearer, make_user):
    body = bearer(make_user(is_superuser=True)).get(URL).json()

    assert (body["role"], body["roles"], body["permissions"]) == ("", [], ["*"])


def test_needs_authentication(api):
    assert api.get(URL).status_code == 401
    assert api.patch(URL, {"name": "x"}).status_code == 401


def test_reading_needs_its_permission(bearer, make_user):
    response = bearer(make_user("users:write:self")).get(URL)

    assert response.status_code == 403
    assert response.json()["detail"] == "Insufficient permissions. Required: users:read:self"


def test_changing_needs_its_permission(bearer, make_user):
    response = bearer(make_user("users:read:self", "users:read")).patch(URL, {"name": "x"})

    assert response.status_code == 403
    assert response.json()["detail"] == "Insufficient permissions. Required: users:write:self"


def test_the_name_can_be_changed(bearer, ada):
    response = bearer(ada).patch(URL, {"name": "Ada King"})

    assert response.status_code == 200
    assert response.json()["name"] == "Ada King"
    before = ada.updated_at
    ada.refresh_from_db()
    assert ada.name == "Ada King"
    assert ada.updated_at > before


def test_what_was_read_can_be_sent_back(bearer, ada):
    client = bearer(ada)
    body = client.get(URL).json()

    response = client.patch(URL, {**body, "name": "Ada King", "is_superuser": True})

    assert response.json() == {**body, "name": "Ada King"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nmae": "x"}, "body.nmae"),
        ({"password": "x"}, "body.password"),
        ({"token_version": 1}, "body.token_version"),
        ({"name": "x" * 65}, "body.name"),
        ({"name": 1}, "body.name"),
        ({"name": "a\nb"}, "body.name"),
        ({"name": "a\u202eb"}, "body.name"),
    ],
)
def test_what_cannot_be_set_is_refused(bearer, ada, body, field):
    response = bearer(ada).patch(URL, body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_null_leaves_the_name_as_it_is(bearer, ada):
    assert bearer(ada).patch(URL, {"name": None}).json()["name"] == "Ada"


def test_a_change_of_the_name_writes_nothing_else(bearer, ada, monkeypatch):
    """The account was read when the request was authenticated; whatever has changed since then stays changed."""
    client = bearer(ada)
    save = User.save

    def raced(user, *args, **kwargs):
        User.objects.filter(pk=user.pk).update(token_version=7, is_active=False)
        save(user, *args, **kwargs)

    monkeypatch.setattr(User, "save", raced)
    client.patch(URL, {"name": "Ada King"})

    ada.refresh_from_db()
    assert (ada.name, ada.token_version, ada.is_active) == ("Ada King", 7, False)


@pytest.mark.parametrize("method", ["post", "put"])
def test_other_methods(bearer, ada, method):
    assert getattr(bearer(ada), method)(URL).status_code == 405


def test_two_editors_of_one_account_do_not_overwrite_each_other(make_user, bearer):
    client = bearer(make_user("users:read:self", "users:write:self"))
    read = client.get("/api/v1/users/me")
    assert client.get("/api/v1/users/me", headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    match = {"If-Match": read.headers["ETag"]}
    changed = client.patch("/api/v1/users/me", {"name": "One"}, headers=match)
    assert changed.status_code == 200
    assert changed.headers["ETag"] == client.get("/api/v1/users/me").headers["ETag"]
    assert client.patch("/api/v1/users/me", {"name": "Two"}, headers=match).status_code == 412
    assert client.get("/api/v1/users/me").json()["name"] == "One"
