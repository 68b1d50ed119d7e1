import unicodedata
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from django.db import transaction
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User


def email_key(email: str) -> str:
    """What two spellings of one address have in common: width, composition and case do not count."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str | None, password: str | None = None, **fields: Any) -> "User":
        """An account without roles. Without a password nobody can sign in with one."""
        user = self.model(email=email.strip() if email is not None else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str | None, password: str | None = None, **fields: Any) -> "User":
        """An account that may do everything, and has the role that says so."""
        fields.setdefault("email_verified_at", timezone.now() if email else None)
        with transaction.atomic(using=self._db):
            user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
            roles = user.roles.model
            user.roles.add(roles.objects.using(self._db).get_or_create(name=roles.ADMIN)[0])
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        if username is None:
            raise self.model.DoesNotExist
        return self.get(email_key=email_key(username))
