"""Which account has which role, and what a role grants: each change by somebody who holds it, and written down."""

from collections.abc import Iterable

from accounts import audit, granting
from accounts.administrators import an_administrator_stays
from accounts.audit import Action, Data
from accounts.models import Permission, Role, User
from common.exceptions import Conflict, Missing


def set_roles(account: User, roles: Iterable[Role], *, by: User) -> None:
    """These, and no others."""
    with an_administrator_stays():
        account = User.objects.lock(account)
        held, wanted = set(account.roles.all()), set(roles)
        granting.check_account(by, account)
        granting.check_roles(by, wanted - held)
        if wanted == held:
            return
        account.roles.set(wanted)
        data: Data = {"before": _names(held), "roles": _names(wanted)}
        audit.record(Action.ROLES_CHANGED, actor=by, about=account, data=data)


def add_roles(account: User, roles: Iterable[Role], *, by: User) -> None:
    with an_administrator_stays():
        set_roles(account, [*User.objects.lock(account).roles.all(), *roles], by=by)


def remove_role(account: User, name: str, *, by: User) -> None:
    with an_administrator_stays():
        held = User.objects.lock(account).roles.all()
        if not any(role.name == name for role in held):
            raise Missing("Role not found")
        set_roles(account, [role for role in held if role.name != name], by=by)


def create_role(name: str, *, by: User, description: str = "", permissions: Iterable[Permission] = ()) -> Role:
    with an_administrator_stays():
        granting.check_role_name(by, name)
        granting.check_permissions(by, permissions)
        role = Role.objects.create(name=name, description=description)
        role.permissions.set(permissions)
        data: Data = {"role": name, "permissions": _codenames(permissions)}
        audit.record(Action.ROLE_CREATED, actor=by, about=role, data=data)
        return role


def change_role(
    role: Role,
    *,
    by: User,
    name: str | None = None,
    description: str | None = None,
    permissions: Iterable[Permission] | None = None,
) -> Role:
    """What is None stays as it is. Of a role that grants more than `by` holds nothing is changed, in no direction."""
    with an_administrator_stays():
        role = _lock(role)
        granting.check_role(by, role)
        before, held = role.name, set(role.permissions.all())
        if name is not None:
            _rename(role, name, by=by)
        if description is not None:
            role.description = description
        role.save(update_fields=["name", "description"])
        wanted = held if permissions is None else set(permissions)
        granting.check_permissions(by, wanted - held)
        if wanted == held and role.name == before:
            return role
        role.permissions.set(wanted)
        data: Data = {"before": _codenames(held), "permissions": _codenames(wanted), "role": role.name, "was": before}
        audit.record(Action.ROLE_CHANGED, actor=by, about=role, data=data)
        return role


def delete_role(role: Role, *, by: User) -> None:
    """Whoever had it has it no more."""
    with an_administrator_stays():
        role = _lock(role)
        granting.check_role(by, role)
        if role.is_built_in:
            raise _known_by_name(role.name)
        data: Data = {"role": role.name, "before": _codenames(role.permissions.all())}
        audit.record(Action.ROLE_DELETED, actor=by, about=role, data=data)
        role.delete()


def _rename(role: Role, name: str, *, by: User) -> None:
    if name != role.name:
        if role.is_built_in:
            raise _known_by_name(role.name)
        granting.check_role_name(by, name)
    role.name = name


def _known_by_name(name: str) -> Conflict:
    return Conflict(f"The product knows the role {name} by its name: it stays, and keeps it.", code="role_built_in")


def _lock(role: Role) -> Role:
    locked = Role.objects.select_for_update().filter(pk=role.pk).first()
    if locked is None:
        raise Missing("Role not found")
    return locked


def _names(roles: Iterable[Role]) -> list[str]:
    return sorted(role.name for role in roles)


def _codenames(permissions: Iterable[Permission]) -> list[str]:
    return sorted(permission.codename for permission in permissions)
