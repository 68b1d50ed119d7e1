from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import make_password
from factory.declarations import Sequence
from factory.django import DjangoModelFactory
from factory.faker import Faker

from accounts.models import AuditEvent, Permission, Role, User

PASSWORD = "correct horse battery"


@lru_cache(maxsize=64)
def hashed(password: str | None) -> str:
    """Once a password: a real hash costs more than the rest of most tests."""
    return make_password(password)


class UserFactory(DjangoModelFactory[User]):
    """Roles by name: `UserFactory(roles=["admin"])`."""

    class Meta:
        model = User

    email = Sequence(lambda n: f"user{n}@example.com")
    name = Faker("name")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *, roles: Iterable[str] = (), **fields: Any) -> User:
        user = model_class(**{**fields, "password": hashed(fields["password"])})
        user.save()
        user.roles.set([Role.objects.get(name=name) for name in roles])
        return user


class RoleFactory(DjangoModelFactory[Role]):
    class Meta:
        model = Role

    name = Sequence(lambda n: f"role {n}")


class PermissionFactory(DjangoModelFactory[Permission]):
    class Meta:
        model = Permission

    codename = Sequence(lambda n: f"things{n}:read")


class AuditEventFactory(DjangoModelFactory[AuditEvent]):
    class Meta:
        model = AuditEvent

    action = AuditEvent.Action.SIGNED_IN
    subject = Sequence(lambda n: f"users/{n}")
