"""The one question to the database: who is behind a token, and what they may do."""

import pytest

from accounts import caller, sessions, tokens
from accounts.factories import RoleFactory
from accounts.models import Grants, User
from common.exceptions import Missing

pytestmark = pytest.mark.django_db

ME = "/api/v1/users/me"


def identify(user):
    return caller.identify(tokens.read(sessions.start(user).access, tokens.AccessToken))


def test_costs_one_query_and_permissions_none_after_it(make_user, django_assert_num_queries):
    claims = tokens.read(sessions.start(make_user("users:read:self")).access, tokens.AccessToken)
    caller.identify(claims)  # the first learns what the roles grant: see test_grants

    with django_assert_num_queries(1):
        user = caller.identify(claims)
    with django_assert_num_queries(0):
        assert user.email
        assert user.holds("users:read:self")
        assert not user.has_role("admin")


def test_is_all_that_a_request_costs(api, make_user, django_assert_num_queries):
    access = sessions.start(make_user("users:read:self")).access
    api.get(ME, HTTP_AUTHORIZATION=f"Bearer {access}")

    with django_assert_num_queries(1 + 1):  # it shows more of the account than others ask for
        assert api.get(ME, HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 200


@pytest.mark.parametrize("roles", [[], ["user"], ["user", "store_manager", "admin"]])
@pytest.mark.parametrize("permissions", [[], ["todos:read"], ["todos:read", "todos:write"]])
def test_finds_the_account_and_the_grants_that_the_models_have(make_user, roles, permissions):
    user = make_user(*permissions, roles=roles)

    found = identify(user)

    same = User.objects.get(pk=user.pk)
    assert found.grants == same.grants
    fields = {name: value for name, value in vars(same).items() if name != "_state"}
    assert {name: value for name, value in vars(found).items() if name in fields}.items() <= fields.items()
    assert {name: getattr(found, name) for name in fields} == fields
    assert vars(found._state) | {"fields_cache": {}} == vars(same._state) | {"fields_cache": {}}
    assert len(found.role_names) == len(roles) + bool(permissions)


def test_a_role_may_have_any_name(make_user):
    user, odd = make_user(), 'a,"b" [c] \\ é'
    user.roles.add(RoleFactory.create(name=odd))

    assert identify(user).role_names == {odd}


def test_a_superuser_may_do_everything(make_user):
    assert identify(make_user(is_superuser=True)).holds("anything:at:all")


class TestTheRestOfTheAccount:
    @pytest.fixture
    def user(self, make_user):
        return identify(make_user("items:read"))

    def test_costs_one_query_however_much_is_asked_for(self, user, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert user.created_at
            assert user.updated_at
            assert user.email_verified_at is user.last_login is None

    def test_changes_nothing_that_the_request_holds(self, user):
        user.preload_grants(Grants(frozenset(), frozenset({"todos:read"})))
        assert user.created_at
        assert user.permission_strings == {"todos:read"}

    def test_is_saved_with_it(self, user):
        before = User.objects.get(pk=user.pk).updated_at
        user.name = "Ada"
        user.save()

        saved = User.objects.get(pk=user.pk)
        assert (saved.name, saved.updated_at > before) == ("Ada", True)

    def test_is_missing_when_the_account_was_deleted_meanwhile(self, user):
        User.objects.filter(pk=user.pk).delete()
        with pytest.raises(Missing):
            _ = user.created_at
