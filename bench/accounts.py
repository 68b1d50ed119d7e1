"""Store managers to sign in with. Runs inside Django, in `manage.py shell`."""

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Role, User
from bench.database import PASSWORD, email
from stores.models import StoreManager


def add(number: int) -> None:
    """All with one hash: they are to be verified, not to be kept from each other."""
    hashed, now = make_password(PASSWORD), timezone.now()
    users = User.objects.bulk_create(
        User(email=email(at), password=hashed, email_verified_at=now) for at in range(number)
    )
    roles = list(Role.objects.filter(name__in=[Role.USER, Role.STORE_MANAGER]))
    User.roles.through.objects.bulk_create(
        User.roles.through(user_id=user.pk, role_id=role.pk) for user in users for role in roles
    )
    StoreManager.objects.bulk_create(StoreManager(name=f"Store {user.pk}", user=user) for user in users)
