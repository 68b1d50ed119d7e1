"""What happens to accounts, whoever asks for it: the API, the admin, a command."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, emails, lockout, passwords
from accounts.audit import Action
from accounts.emails import Purpose
from accounts.managers import email_key
from accounts.models import Role, User
from common.exceptions import DomainError, Forbidden, Invalid, Missing


def register(*, email: str, password: str, name: str = "") -> User:
    """A new account with the role of every account."""
    user = prepare(email=email, password=password, name=name)
    enrol(user, Role.USER)
    return user


def prepare(*, email: str, password: str, name: str = "", verified: bool = False) -> User:
    """An account that is not saved yet. Hashing is slow on purpose: prepare before a transaction, enrol inside it."""
    user = User(email=email.strip(), name=name, email_verified_at=timezone.now() if verified else None)
    user.set_password(password)
    return user


def enrol(user: User, *roles: str) -> None:
    """Save a prepared account, with these roles, and ask for its address to be verified.

    An address that has an account is refused, in every spelling.
    """
    try:
        with transaction.atomic():
            user.save()
            user.roles.add(*(Role.objects.get_or_create(name=role)[0] for role in roles))
            audit.record(Action.REGISTERED, actor=user, data={"roles": list(roles)})
            send_verification(user)
    except IntegrityError:
        if not User.objects.filter(email_key=user.email_key).exists():
            raise
        raise email_taken(user.email) from None


def authenticate(*, email: str, password: str) -> User | None:
    """The account, if the password is right and it may sign in. To tell known addresses from others, neither the
    answer nor the clock nor the lockout helps."""
    refusals: list[DomainError] = []

    def record(user: User | None, is_right: bool) -> None:
        if not (user and is_right):
            audit.record(Action.SIGN_IN_FAILED, about=user, data={"reason": "password_incorrect"})
        elif refusal := sign_in_refusal(user):
            refusals.append(refusal)
            audit.record(Action.SIGN_IN_FAILED, about=user, data={"reason": refusal.code})
        else:
            audit.record(Action.SIGNED_IN, actor=user)

    user = passwords.evaluate(
        password,
        account=lockout.account_key(email),
        find=lambda: User.objects.filter(email_key=email_key(email)).first(),
        record=record,
    )
    for refusal in refusals:
        raise refusal
    return user


def sign_in_refusal(user: User) -> DomainError | None:
    """Why who knows the password may not sign in, or None."""
    if not user.is_active:
        return Forbidden("Account is inactive", code="account_inactive")
    if settings.REQUIRE_VERIFIED_EMAIL and user.email_verified_at is None:
        return Forbidden("Email is not verified", code="email_unverified")
    return None


def send_verification(user: User) -> None:
    """Mail a link that verifies the account's address, if it is not. Call it in a transaction."""
    if user.email is not None and user.email_verified_at is None:
        emails.send_link(Purpose.VERIFY, user, to=user.email)


@transaction.atomic
def resend_verification(user: User) -> None:
    send_verification(lock(user))


def ask_for_email(user: User, email: str) -> None:
    """Mail a link to this address, which is the account's once it is followed; the old one is told. In a transaction
    that has the account locked."""
    if User.objects.filter(email_key=email_key(email)).exclude(pk=user.pk).exists():
        raise email_taken(email)
    emails.revoke_links(user, Purpose.CHANGE)
    emails.send_link(Purpose.CHANGE, user, to=email)
    emails.tell("email_change_asked", to=user.email)
    audit.record(Action.EMAIL_CHANGE_ASKED, actor=user)


def verify_email(token: str) -> None:
    """What a link in a mail says: the address is verified, or is the account's from now on."""
    link = emails.find(token, Purpose.VERIFY, Purpose.CHANGE)
    try:
        with transaction.atomic():
            user = emails.redeem(link)
            if link.purpose == Purpose.CHANGE:
                _change_email(user, link.email)
            elif user.email != link.email:
                raise emails.unusable()
            user.email_verified_at = timezone.now()
            user.save(update_fields=["email", "email_verified_at", "updated_at"])
            changed = link.purpose == Purpose.CHANGE
            audit.record(Action.EMAIL_CHANGED if changed else Action.EMAIL_VERIFIED, actor=user)
    except IntegrityError:
        raise email_taken(link.email) from None


def delete_account(user: User, *, current_password: str) -> None:
    """The account with everything that is its own. The audit stays."""
    confirmed = passwords.confirm(user, current_password)
    with transaction.atomic():
        account = passwords.lock_confirmed(confirmed)
        audit.record(Action.ACCOUNT_DELETED, actor=account)
        account.delete()


def lock(user: User) -> User:
    """The account as it is now; nobody else changes it until the transaction ends."""
    locked = User.objects.select_for_update().filter(pk=user.pk).first()
    if locked is None:
        raise Missing("Account not found")
    return locked


def email_taken(email: str | None) -> Invalid:
    return Invalid(f"User with email {email} already registered", code="email_taken", field="email")


def _change_email(user: User, email: str) -> None:
    """Links that went to the old address are dead."""
    emails.tell("email_changed", to=user.email)
    emails.revoke_links(user, Purpose.VERIFY, Purpose.RESET)
    user.email = email
