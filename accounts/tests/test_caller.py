"""The one question to the database: who is behind a token, and what they may do."""

import pytest

from accounts import caller, sessions, tokens
from accounts.factories import RoleFactory
from accounts.models import User

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
        assert user.created_at
        assert user.holds("users:read:self")
        assert not user.has_role("admin")


def test_is_all_that_a_request_costs(api, make_user, django_assert_num_queries):
    access = sessions.start(make_user("users:read:self")).access
    api.get(ME, HTTP_AUTHORIZATION=f"Bearer {access}")

    with django_assert_num_queries(1):
        assert api.get(ME, HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 200


@pytest.mark.parametrize("roles", [[], ["user"], ["user", "store_manager", "admin"]])
@pytest.mark.parametrize("permissions", [[], ["todos:read"], ["todos:read", "todos:write"]])
def test_finds_the_account_and_the_grants_that_the_models_have(make_user, roles, permissions):
    user = make_user(*permissions, roles=roles)

    found = identify(user)

    same = User.objects.get(pk=user.pk)
    assert found.grants == same.grants
    assert {name: value for name, value in vars(found).items() if name in vars(same) and name != "_state"} == {
        name: value for name, value in vars(same).items() if name != "_state"
    }
    assert len(found.role_names) == len(roles) + bool(permissions)


def test_a_role_may_have_any_name(make_user):
    user, odd = make_user(), 'a,"b" [c] \\ é'
    user.roles.add(RoleFactory.create(name=odd))

    assert identify(user).role_names == {odd}


def test_a_superuser_may_do_everything(make_user):
    assert identify(make_user(is_superuser=True)).holds("anything:at:all")
