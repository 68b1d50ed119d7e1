"""The roles, and the permission strings that they stand for."""

from collections.abc import Iterable

from django.db import models

from accounts.administrators import Watched, WatchedManager
from accounts.validators import validate_role_name
from common.permissions import EVERYTHING, SELF


class Permission(Watched):
    """A permission string, `resource:action` or `resource:action:self`; `*` is every one of them."""

    codename = models.CharField(max_length=100, unique=True)

    objects = WatchedManager["Permission"]()

    class Meta:
        ordering = ("codename",)

    def __str__(self) -> str:
        return self.codename

    @property
    def description(self) -> str:
        """In words, as far as the string says it."""
        if self.codename == EVERYTHING:
            return "Everything there is"
        resource, _, action = self.codename.removesuffix(SELF).partition(":")
        said = f"{action.capitalize()} {resource.replace('_', ' ')}".strip()
        return f"{said}, one's own only" if self.codename.endswith(SELF) else said


class Role(Watched):
    """A named set of permission strings, for administrators to edit."""

    ADMIN = "admin"
    STORE_MANAGER = "store_manager"
    USER = "user"

    RANKED = (ADMIN, STORE_MANAGER, USER)

    name = models.CharField(max_length=64, unique=True, validators=[validate_role_name])
    description = models.CharField(max_length=255, blank=True)
    permissions = models.ManyToManyField(Permission, related_name="roles", blank=True)

    objects = WatchedManager["Role"]()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def highest(cls, names: Iterable[str]) -> str:
        """Of these, or "" of none: those that come with the product by rank, others by name."""
        ranks = {name: rank for rank, name in enumerate(cls.RANKED)}
        return min(names, key=lambda name: (ranks.get(name, len(ranks)), name), default="")

    @property
    def is_built_in(self) -> bool:
        """Whether code knows it by its name, which therefore stays."""
        return self.name in self.RANKED


class OfferedGrant(models.Model):
    """A default grant that its role was given once. It stays when the grant is taken away, or its role deleted."""

    role = models.CharField(max_length=64)
    permission = models.CharField(max_length=100)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["role", "permission"], name="offered_grant_once"),)

    def __str__(self) -> str:
        return f"{self.role}: {self.permission}"


class GrantsGeneration(models.Model):
    """One row, whose value triggers replace whenever anybody changes what roles grant: see accounts/grants.py."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    value = models.CharField(max_length=36)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_grants_generation"),)

    def __str__(self) -> str:
        return self.value
