"""Accounts."""

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple, cast

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models import Q

from accounts.administrators import Watched
from accounts.managers import UserManager, email_key
from accounts.models.roles import Role
from accounts.validators import validate_email_key
from common.api.compiled import Query, compile_all
from common.api.slots import Slot
from common.exceptions import Missing
from common.models import TimestampedModel
from common.permissions import EVERYTHING


class EmailKeyField(models.CharField[str | None, str | None]):
    """The key of the row's `email`, computed on the way into the database: `bulk_create` passes here too."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        user = cast("User", model_instance)
        user.email_key = email_key(user.email) if user.email is not None else None
        return user.email_key


class Grants(NamedTuple):
    roles: frozenset[str]
    permissions: frozenset[str]


@cache
def _grants() -> Query:
    return compile_all(Role.objects.filter(users=Slot("user")), ["name", "permissions__codename"])


class User(Watched, AbstractBaseUser, PermissionsMixin, TimestampedModel):
    """An account. Two spellings of one address are one account: the database sees to it by `email_key`."""

    email = models.EmailField(unique=True, null=True, blank=True, validators=[validate_email_key])
    email_key = EmailKeyField(max_length=254, unique=True, null=True, editable=False)
    name = models.CharField(max_length=64, blank=True)
    is_active = models.BooleanField("active", default=True, help_text="Untick this instead of deleting the account.")
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to this administration.")
    email_verified_at = models.DateTimeField("address verified at", null=True, blank=True, editable=False)
    token_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Raising it ends every session of the account."
    )
    roles = models.ManyToManyField(Role, related_name="users", blank=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(email__isnull=True, email_key__isnull=True)
                | Q(email__isnull=False, email_key__isnull=False),
                name="user_email_has_key",
            ),
        )

    def __str__(self) -> str:
        return self.email or f"account {self.pk}"

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        if update_fields is not None and "email" in update_fields:
            update_fields = {*update_fields, "email_key"}
        if update_fields is None:
            _ = self.updated_at  # what is left out would not be saved, and this is set by saving
        super().save(*args, update_fields=update_fields, **kwargs)

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is right. A hash of an old kind is then replaced, unless the password was changed meanwhile."""
        checked = self.password

        def upgrade(password: str) -> None:
            self.password = make_password(password)
            User.objects.filter(pk=self.pk, password=checked).update(password=self.password)

        return check_password(raw_password, checked, upgrade)

    def get_session_auth_hash(self) -> str:
        """What a browser's session was begun with: it ends with every token of the account."""
        return self._of_this_version(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._of_this_version, super().get_session_auth_fallback_hash())

    def _of_this_version(self, digest: str) -> str:
        return f"{digest}.{self.token_version}"

    @cached_property
    def grants(self) -> Grants:
        rows = _grants().fetch({"user": self.pk})
        permissions = frozenset(codename for _, codename in rows if codename is not None)
        return self._with_everything(Grants(frozenset(name for name, _ in rows), permissions))

    def preload_grants(self, granted: Grants) -> None:
        """For whoever knows what its roles grant."""
        self.grants = self._with_everything(granted)

    def _with_everything(self, granted: Grants) -> Grants:
        return Grants(granted.roles, granted.permissions | {EVERYTHING}) if self.is_superuser else granted

    @property
    def role_names(self) -> frozenset[str]:
        return self.grants.roles

    @property
    def permission_strings(self) -> frozenset[str]:
        return self.grants.permissions

    @property
    def role(self) -> str:
        """The highest role, or "" where there is none."""
        return Role.highest(self.role_names)

    def holds(self, permission: str) -> bool:
        held = self.grants.permissions
        return permission in held or EVERYTHING in held

    def has_role(self, name: str) -> bool:
        return name in self.role_names

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: "models.QuerySet[User] | None" = None,
    ) -> None:
        """Everything that was left out is read with the first of it that is asked for."""
        asked, left_out = set(fields or ()), self.get_deferred_fields()
        if not asked or not asked <= left_out:
            self.__dict__.pop("grants", None)
            super().refresh_from_db(using, fields, from_queryset)
            return
        try:
            super().refresh_from_db(using, left_out, from_queryset)
        except self.DoesNotExist:  # since the request was authenticated
            raise Missing("Account not found") from None
