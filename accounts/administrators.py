"""The last administrator stays, whichever way they would go.

An administrator is an active account that may do everything, a superuser or one with a role that grants `*`, and that
somebody can sign in to: with a password and an address, or by Auth0, where what its tokens say does not replace what
the account holds. Whatever
could leave none runs inside `an_administrator_stays`: the services, and below them, for whoever comes another way, the
models themselves (`delete`, `save`, `update`, and the links between accounts, roles and permissions).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import DEFAULT_DB_ALIAS, models, transaction

from common.exceptions import Conflict
from common.locks import one_at_a_time
from common.permissions import EVERYTHING

if TYPE_CHECKING:
    from accounts.models.users import User

M = TypeVar("M", bound=models.Model)

_LOCK = "the last administrator"
_HAD = "_had_an_administrator"
_watched: ContextVar[bool] = ContextVar("an_administrator_stays", default=False)


class LastAdministrator(Conflict):
    def __init__(self) -> None:
        super().__init__("There would be no administrator left.", code="last_administrator")


def there_is_an_administrator(using: str = DEFAULT_DB_ALIAS) -> bool:
    accounts: models.QuerySet[User] = apps.get_model("accounts", "User")._default_manager.using(using)
    active = accounts.filter(_can_be_signed_in_to(), is_active=True)
    everything = apps.get_model("accounts", "Role")._default_manager.filter(permissions__codename=EVERYTHING)
    # By the role first, for which there is an index: among many accounts superusers are looked for one by one.
    return active.filter(roles__in=everything).exists() or active.filter(is_superuser=True).exists()


def _can_be_signed_in_to() -> models.Q:
    unusable = models.Q(password="") | models.Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    by_password = models.Q(email__isnull=False) & ~unusable
    if settings.AUTH0_RBAC or not settings.AUTH0_ISSUER:
        return by_password
    identities = apps.get_model("accounts", "ExternalIdentity")._default_manager.filter(issuer=settings.AUTH0_ISSUER)
    return by_password | models.Q(models.Exists(identities.filter(user=models.OuterRef("pk"))))


def lock_administrators(using: str = DEFAULT_DB_ALIAS) -> None:
    """One change at a time to who may do what, until the transaction ends. Before any row is locked, so that two
    cannot wait for each other."""
    one_at_a_time(_LOCK, using=using)


@contextmanager
def an_administrator_stays(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """`LastAdministrator`, and nothing done, if there was one before and is none at the end. Two queries.

    Inside another of its kind it leaves the question to that one: what counts is the end.
    """
    if _watched.get():
        yield
        return
    with transaction.atomic(using=using):
        lock_administrators(using)
        had = there_is_an_administrator(using)
        outer = _watched.set(True)
        try:
            yield
        finally:
            _watched.reset(outer)
        if had and not there_is_an_administrator(using):
            raise LastAdministrator


# The columns on which it depends who is one.
_DECISIVE = frozenset({"is_active", "is_superuser", "codename"})  # and see `passwords.set_for`


class WatchedQuerySet(models.QuerySet[M]):
    def delete(self) -> tuple[int, dict[str, int]]:
        with an_administrator_stays(self.db):
            return super().delete()

    def update(self, **values: Any) -> int:
        """`bulk_update` ends here too."""
        if _DECISIVE.isdisjoint(values):
            return super().update(**values)
        with an_administrator_stays(self.db):
            return super().update(**values)


class WatchedManager(models.Manager[M]):
    def get_queryset(self) -> WatchedQuerySet[M]:
        return WatchedQuerySet(self.model, using=self._db)


class Watched(models.Model):
    """A row without which there might be no administrator."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        written = {field.name for field in self._meta.concrete_fields} if update_fields is None else update_fields
        if self._state.adding or _DECISIVE.isdisjoint(written):
            super().save(*args, update_fields=update_fields, **kwargs)
            return
        with an_administrator_stays():
            super().save(*args, update_fields=update_fields, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with an_administrator_stays():
            return super().delete(*args, **kwargs)


def watch_links(sender: object, instance: models.Model, action: str, using: str, **kwargs: object) -> None:
    """Of `m2m_changed`, which is sent inside the transaction of the change."""
    if _watched.get():
        return
    if action in ("pre_remove", "pre_clear"):
        lock_administrators(using)
        vars(instance)[_HAD] = there_is_an_administrator(using)
    elif action in ("post_remove", "post_clear"):
        had = vars(instance).pop(_HAD, False)
        if had and not there_is_an_administrator(using):
            raise LastAdministrator
