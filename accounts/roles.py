"""The permission strings and default grants that the apps declare, as rows."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.utils.module_loading import module_has_submodule

from accounts.administrators import an_administrator_stays, lock_administrators
from accounts.models import OfferedGrant, Permission, Role

Grant = tuple[str, str]


def declared_permissions() -> set[str]:
    return {codename for module in _declarations() for codename in getattr(module, "PERMISSIONS", ())}


def default_grants() -> set[Grant]:
    """Pairs of a role's name and a permission string. A role holds by itself what the role it `INCLUDES` is granted."""
    modules = list(_declarations())
    granted = {
        (role, codename)
        for module in modules
        for role, codenames in getattr(module, "GRANTS", {}).items()
        for codename in codenames
    }
    included = {pair for module in modules for pair in getattr(module, "INCLUDES", {}).items()}
    return granted | {(role, codename) for role, other in included for name, codename in granted if name == other}


def sync(*, using: str = DEFAULT_DB_ALIAS, reset: bool = False) -> None:
    """Create the rows that are missing, and give each role the default grants that it was never offered.

    What an administrator has taken away stays away, unless `reset`: then the roles that have default grants
    hold those and nothing else, if an administrator stays. No row is ever deleted; three queries when there is nothing
    to do, and the lock.
    """
    with an_administrator_stays(using) if reset else transaction.atomic(using=using):
        lock_administrators(using)  # whoever changes a role has its row before that of the grants' generation
        grants = default_grants()
        _create_permissions(declared_permissions() | {codename for _, codename in grants}, using)
        _create_roles({role for role, _ in grants}, using)
        if reset:
            _forget({role for role, _ in grants}, using)
        offered = set(OfferedGrant.objects.using(using).values_list("role", "permission"))
        if new := grants - offered:
            _offer(new, using)


def sync_after_migrate(using: str, apps: Apps = installed, **kwargs: Any) -> None:
    """Also runs while the tables are not there: migrated back to zero, or kept in another database."""
    try:
        migrated = [apps.get_model("accounts", model.__name__) for model in (Permission, Role, OfferedGrant)]
    except LookupError:
        return
    if all(router.allow_migrate_model(using, model) for model in migrated):
        sync(using=using)


def _declarations() -> Iterator[ModuleType]:
    for config in installed.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "permissions"):
            yield import_module(f"{config.name}.permissions")


def _create_permissions(codenames: set[str], using: str) -> None:
    known = set(Permission.objects.using(using).values_list("codename", flat=True))
    missing = [Permission(codename=codename) for codename in sorted(codenames - known)]
    Permission.objects.using(using).bulk_create(missing, ignore_conflicts=True)


def _create_roles(names: set[str], using: str) -> None:
    known = set(Role.objects.using(using).values_list("name", flat=True))
    missing = [Role(name=name) for name in sorted(names - known)]
    Role.objects.using(using).bulk_create(missing, ignore_conflicts=True)


def _forget(names: set[str], using: str) -> None:
    Role.permissions.through.objects.using(using).filter(role__name__in=names).delete()
    OfferedGrant.objects.using(using).filter(role__in=names).delete()


def _offer(grants: set[Grant], using: str) -> None:
    roles = {role.name: role for role in Role.objects.using(using)}
    permissions = {permission.codename: permission for permission in Permission.objects.using(using)}
    held = Role.permissions.through
    held.objects.using(using).bulk_create(
        [held(role=roles[role], permission=permissions[codename]) for role, codename in sorted(grants)],
        ignore_conflicts=True,
    )
    OfferedGrant.objects.using(using).bulk_create(
        [OfferedGrant(role=role, permission=codename) for role, codename in sorted(grants)], ignore_conflicts=True
    )
