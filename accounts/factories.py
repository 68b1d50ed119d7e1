from collections.abc import Iterable
from typing import Any

from factory.declarations import Sequence
from factory.django import DjangoModelFactory
from factory.faker import Faker

from accounts.models import Role, User

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory[User]):
    """Roles by name: `UserFactory(roles=["admin"])`."""

    class Meta:
        model = User

    email = Sequence(lambda n: f"user{n}@example.com")
    name = Faker("name")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, roles: Iterable[str] = (), **fields: Any) -> User:
        user = model_class.objects.create_user(*args, **fields)
        user.roles.set([Role.objects.get(name=name) for name in roles])
        return user
