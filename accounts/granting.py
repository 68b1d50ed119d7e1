"""Nobody grants what they do not hold, nor takes over an account that holds more."""

from django.db.models import QuerySet

from accounts.models import Permission, Role, User
from common.permissions import EVERYTHING, SELF


def grantable_permissions(by: User) -> QuerySet[Permission]:
    """What `by` holds; a permission on every row holds the one on one's own."""
    if by.holds(EVERYTHING):
        return Permission.objects.all()
    held = by.permission_strings
    return Permission.objects.filter(codename__in=[*held, *(codename + SELF for codename in held)])


def grantable_roles(by: User) -> QuerySet[Role]:
    beyond = Permission.objects.exclude(pk__in=grantable_permissions(by))
    return Role.objects.exclude(permissions__in=beyond)


def may_edit_role(by: User, role: Role) -> bool:
    return grantable_roles(by).filter(pk=role.pk).exists()


def may_edit_account(by: User, account: User) -> bool:
    """Whose password one may set one can be; so not a superuser's, nor that of an account which holds more."""
    if account.is_superuser:
        return by.is_superuser
    return not account.roles.exclude(pk__in=grantable_roles(by)).exists()
