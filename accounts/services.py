"""What happens to accounts, whoever asks for it: the API, the admin, a command."""

from django.db import IntegrityError, transaction

from accounts.models import Role, User
from common.exceptions import Forbidden, Invalid


def register(*, email: str, password: str, name: str = "") -> User:
    """A new account with the role of every account."""
    user = prepare(email=email, password=password, name=name)
    enrol(user, Role.USER)
    return user


def prepare(*, email: str, password: str, name: str = "") -> User:
    """An account that is not saved yet. Hashing is slow on purpose: prepare before a transaction, enrol inside it."""
    user = User(email=email.strip(), name=name)
    user.set_password(password)
    return user


def enrol(user: User, *roles: str) -> None:
    """Save a prepared account, with these roles. An address that has one is refused, in every spelling."""
    try:
        with transaction.atomic():
            user.save()
            user.roles.add(*(Role.objects.get_or_create(name=role)[0] for role in roles))
    except IntegrityError:
        if not User.objects.filter(email_key=user.email_key).exists():
            raise
        raise Invalid(f"User with email {user.email} already registered", code="email_taken", field="email") from None


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
