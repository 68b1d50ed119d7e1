"""Nobody grants what they do not hold, nor takes it from others, nor changes an account that holds more.

`by` is the caller as the request has it: by a personal access token, or one whose permissions Auth0 says, they hold
what that token lets them do. API, admin and commands ask here; `check_…` raise what they refuse.
"""

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.models import Permission, Role, User
from common.api.permissions import guarding_roles
from common.exceptions import Forbidden
from common.permissions import EVERYTHING, SELF


def grantable_permissions(by: User) -> QuerySet[Permission]:
    """What `by` holds; a permission on every row holds the one on one's own."""
    if by.holds(EVERYTHING):
        return Permission.objects.all()
    held = by.permission_strings
    return Permission.objects.filter(codename__in=[*held, *(codename + SELF for codename in held)])


def grantable_roles(by: User) -> QuerySet[Role]:
    """Those that grant nothing else. One that an endpoint asks for by name opens more than it grants."""
    beyond = Permission.objects.exclude(pk__in=grantable_permissions(by))
    return Role.objects.exclude(permissions__in=beyond).exclude(name__in=_names_beyond(by))


def may_edit_role(by: User, role: Role) -> bool:
    return grantable_roles(by).filter(pk=role.pk).exists()


def may_edit_account(by: User, account: User) -> bool:
    """Whose password one may set one can be; so not a superuser's, nor that of an account which holds more."""
    if account.is_superuser:
        return by.is_superuser and by.holds(EVERYTHING)
    return not account.roles.exclude(pk__in=grantable_roles(by)).exists()


def check_account(by: User, account: User) -> None:
    if not may_edit_account(by, account):
        raise Forbidden("This account holds more than you do.", code="account_holds_more")


def check_role(by: User, role: Role) -> None:
    if not may_edit_role(by, role):
        raise Forbidden("This role grants more than you hold.", code="role_holds_more")


def check_role_name(by: User, name: str) -> None:
    """Of a role that is made or renamed."""
    if name in _names_beyond(by):
        raise Forbidden(f"You do not hold this role: {name}", code="role_not_held")


def check_roles(by: User, roles: Iterable[Role]) -> None:
    wanted = {role.pk: role.name for role in roles}
    held = set(grantable_roles(by).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    if beyond := sorted(name for pk, name in wanted.items() if pk not in held):
        raise Forbidden(f"You do not hold all that these roles grant: {', '.join(beyond)}", code="role_not_held")


def check_permissions(by: User, permissions: Iterable[Permission]) -> None:
    wanted = {permission.codename for permission in permissions}
    held = grantable_permissions(by).filter(codename__in=wanted).values_list("codename", flat=True) if wanted else ()
    if beyond := sorted(wanted.difference(held)):
        raise Forbidden(f"You do not hold these permissions: {', '.join(beyond)}", code="permission_not_held")


def _names_beyond(by: User) -> frozenset[str]:
    return frozenset() if by.holds(EVERYTHING) else guarding_roles() - by.role_names
