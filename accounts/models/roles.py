"""The roles, and the permission strings that they stand for."""

from django.db import models


class Permission(models.Model):
    """A permission string, `resource:action` or `resource:action:self`; `*` is every one of them."""

    codename = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ("codename",)

    def __str__(self) -> str:
        return self.codename


class Role(models.Model):
    """A named set of permission strings, for administrators to edit."""

    ADMIN = "admin"
    STORE_MANAGER = "store_manager"
    USER = "user"

    RANKED = (ADMIN, STORE_MANAGER, USER)

    name = models.CharField(max_length=64, unique=True)
    description = models.CharField(max_length=255, blank=True)
    permissions = models.ManyToManyField(Permission, related_name="roles", blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

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
