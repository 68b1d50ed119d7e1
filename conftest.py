"""The cast of the tests: accounts that hold exactly what a test says, and clients that speak for them."""

from collections.abc import Callable
from itertools import count

import pytest
from rest_framework.test import APIClient

from accounts import sessions
from accounts.factories import UserFactory
from accounts.models import Permission, Role, User

_numbers = count()


@pytest.fixture
def make_user(db) -> Callable[..., User]:
    """An account with a role of these permission strings; without any it may do nothing at all."""

    def make(*permissions: str, **fields: object) -> User:
        user = UserFactory.create(**fields)
        if permissions:
            role = Role.objects.create(name=f"cast {next(_numbers)}")
            role.permissions.set([Permission.objects.get_or_create(codename=name)[0] for name in permissions])
            user.roles.add(role)
        return user

    return make


@pytest.fixture
def bearer() -> Callable[[User], APIClient]:
    """A client that sends this account's access token, as a stranger's program would."""

    def client(user: User) -> APIClient:
        found = APIClient()
        found.credentials(HTTP_AUTHORIZATION=f"Bearer {sessions.start(user).access}")
        return found

    return client


@pytest.fixture
def api() -> APIClient:
    """Nobody in particular."""
    return APIClient()
