"""Accounts to try the product with. What is there already stays as it is, a changed password too."""

from django.db import transaction
from django.utils import timezone

from accounts.models import Role, User

ADMIN = ("admin@example.com", "demo-admin-2026")
USER = ("user@example.com", "demo-user-2026")


@transaction.atomic
def seed() -> str:
    """Create the demo accounts that are missing. Returns what to tell whoever wants to sign in."""
    _demo_account(*ADMIN, role=Role.ADMIN, name="Demo Admin", is_staff=True, is_superuser=True)
    _demo_account(*USER, role=Role.USER, name="Demo User")
    return "\n".join(f"{email} / {password}" for email, password in (ADMIN, USER))


def _demo_account(email: str, password: str, *, role: str, name: str, **flags: bool) -> None:
    try:
        User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        user = User.objects.create_user(email, password, name=name, email_verified_at=timezone.now(), **flags)
        user.roles.add(Role.objects.get(name=role))
