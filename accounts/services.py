"""What happens to accounts, whoever asks for it: the API, the admin, a command."""

from django.db import IntegrityError, transaction

from accounts.managers import email_key
from accounts.models import Role, User
from common.exceptions import Forbidden, Invalid


def register(*, email: str, password: str, name: str = "") -> User:
    """A new account with the role of every account."""
    user = User(email=email.strip(), name=name)
    user.set_password(password)  # slow on purpose, so before the transaction: SQLite has one writer at a time
    try:
        with transaction.atomic():
            user.save()
            user.roles.add(Role.objects.get_or_create(name=Role.USER)[0])
    except IntegrityError:
        if not User.objects.filter(email_key=email_key(email)).exists():
            raise
        raise Invalid(f"User with email {user.email} already registered", code="email_taken", field="email") from None
    return user


def authenticate(*, email: str, password: str) -> User | None:
    """The account, if the password is right. To tell known addresses from others, not even the clock helps."""
    try:
        user = User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        User().set_password(password)
        return None
    if not user.check_password(password):
        return None
    if not user.is_active:
        raise Forbidden("Account is inactive", code="account_inactive")
    return user
