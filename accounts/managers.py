import unicodedata
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from django.db import transaction
from django.utils import timezone

from accounts.administrators import WatchedQuerySet
from common.exceptions import Missing

if TYPE_CHECKING:
    from accounts.models import User


EMAIL_MAX_LENGTH = 254


def email_key(email: str) -> str:
    """What two spellings of one address have in common: width, composition and case do not count.

    What is too long for an address comes back as it is, whoever asks and whatever they checked before: NFKC makes
    eighteen characters of one, and of a body full of them seconds of work.
    """
    typed = email.strip()
    return typed if len(typed) > EMAIL_MAX_LENGTH else unicodedata.normalize("NFKC", typed).casefold()


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> WatchedQuerySet["User"]:
        return WatchedQuerySet(self.model, using=self._db)

    def create_user(self, email: str | None, password: str | None = None, **fields: Any) -> "User":
        """An account without roles. Without a password nobody can sign in with one."""
        user = self.model(email=email.strip() if email is not None else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str | None, password: str | None = None, **fields: Any) -> "User":
        """An account that may do everything, and has the role that says so. Whoever asks for it sits at the server."""
        from accounts import audit  # which knows the models, and they their managers

        fields.setdefault("email_verified_at", timezone.now() if email else None)
        with transaction.atomic(using=self._db):
            user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
            roles = user.roles.model
            user.roles.add(roles.objects.using(self._db).get_or_create(name=roles.ADMIN)[0])
            audit.record(audit.Action.REGISTERED, about=user, data={"roles": [roles.ADMIN], "is_superuser": True})
        return user

    def lock(self, user: "User") -> "User":
        """The account as it is now; nobody else changes it until the transaction ends."""
        locked = self.select_for_update().filter(pk=user.pk).first()
        if locked is None:
            raise Missing("Account not found")
        return locked

    def get_by_natural_key(self, username: str | None) -> "User":
        if username is None:
            raise self.model.DoesNotExist
        return self.get(email_key=email_key(username))
