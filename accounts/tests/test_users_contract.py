"""What holds for every resource, for those that the cast of the tests is made of itself."""

from itertools import count
from typing import Any, ClassVar

import pytest

from accounts.factories import PermissionFactory, RoleFactory, UserFactory
from accounts.models import Permission, Role, User
from accounts.views import PermissionViewSet, RoleViewSet, UserViewSet
from common.testing.contract import ResourceContract

CALLER = "An administrator who asks"
numbers = count()


class TestUsers(ResourceContract):
    viewset = UserViewSet
    factory = UserFactory
    prefetches = 1
    body: ClassVar[dict[str, Any]] = {}
    change = {"name": "Grace Hopper", "is_active": False}
    invalid = {"name": ["x" * 65, "a\nb", "\u202eneb"], "is_active": [None], "password": ["x" * 12]}

    @pytest.fixture(autouse=True)
    def _beside_the_cast(self, monkeypatch):
        """Whoever asks is an account as well, and not one of the rows."""
        UserFactory.create(name=CALLER, roles=["admin"])  # one stays
        rows = User.objects.prefetch_related("roles").exclude(name=CALLER).order_by("-id")
        monkeypatch.setattr(UserViewSet, "queryset", rows)

    def admin(self):
        user = self.make_user("*", name=CALLER)
        return user, self.bearer(user)

    def row(self, owner=None, **fields):
        return owner or self.factory(**fields)


class TestRoles(ResourceContract):
    viewset = RoleViewSet
    factory = RoleFactory
    prefetches = 1
    create_queries = 12
    update_queries = 18
    delete_queries = 17
    body = {"name": "auditor", "description": "Looks", "permissions": ["roles:write"]}
    change = {"description": "Writes", "permissions": ["roles:write"]}
    invalid = {
        "name": ["", " ", "x" * 65, "a\nb", "a/b", "\u202eneb"],
        "description": ["x" * 256, "a\nb"],
        "permissions": [None, "roles:read", {"roles:read": True}],
    }

    @pytest.fixture(autouse=True)
    def _beside_the_cast(self, monkeypatch):
        there = set(Role.objects.values_list("pk", flat=True))
        rows = Role.objects.prefetch_related("permissions").exclude(pk__in=there).exclude(name__startswith="cast ")
        monkeypatch.setattr(RoleViewSet, "queryset", rows.order_by("-id"))

    def new_body(self):
        return {**self.body, "name": f"auditor {next(numbers)}"}

    def snapshot(self):
        columns = self.everything().order_by("pk").values("id", "name", "description", "permissions__codename")
        return sorted(columns, key=str)


class TestPermissions(ResourceContract):
    viewset = PermissionViewSet
    factory = PermissionFactory
    body: ClassVar[dict[str, Any]] = {}
    change: ClassVar[dict[str, Any]] = {}
    invalid: ClassVar[dict[str, Any]] = {}

    @pytest.fixture(autouse=True)
    def _beside_the_cast(self, monkeypatch):
        Permission.objects.filter(roles=None).delete()
        monkeypatch.setattr(PermissionViewSet, "queryset", Permission.objects.filter(roles=None).order_by("codename"))
