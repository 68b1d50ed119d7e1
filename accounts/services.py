"""What happens to accounts, whoever asks for it: the API, the admin, a command."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, emails, lockout, passwords, sessions
from accounts.administrators import an_administrator_stays
from accounts.audit import Action
from accounts.emails import Purpose
from accounts.granting import check_account
from accounts.managers import email_key
from accounts.models import Role, User
from common import rows
from common.api.compiled import Query, compile_all
from common.api.slots import Slot
from common.exceptions import DomainError, Forbidden, Invalid

T = TypeVar("T")

# How long ago who has no password may have signed in where theirs is, for what a session alone does not allow.
RECENTLY = timedelta(minutes=5)


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


def sign_in(start: Callable[[User], T], *, email: str, password: str) -> T | None:
    """What `start` opens for the account, if the password is right and it may sign in. A browser's session is Django's
    to open, which tells the audit itself."""
    user = authenticate(email=email, password=password)
    if user is None:
        return None
    with transaction.atomic():
        audit.record(Action.SIGNED_IN, actor=user)
        return start(user)


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

    user = passwords.evaluate(
        password,
        account=lockout.account_key(email),
        find=lambda: next(iter(rows.found(_by_email(), User, {"key": email_key(email)})), None),
        record=record,
    )
    for refusal in refusals:
        raise refusal
    return user


@cache
def _by_email() -> Query:
    return compile_all(User.objects.filter(email_key=Slot("key")).order_by(), rows.columns(User))


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
    send_verification(User.objects.lock(user))


def ask_for_email(user: User, email: str) -> None:
    """Mail a link to this address, which is the account's once it is followed; the old one is told. The last link that
    was mailed is the one that works. In a transaction that has the account locked."""
    if User.objects.filter(email_key=email_key(email)).exclude(pk=user.pk).exists():
        raise email_taken(email)
    link = emails.send_link(Purpose.CHANGE, user, to=email)
    if link is None:
        return
    emails.revoke_links(user, Purpose.CHANGE, but=link)
    emails.tell("email_change_asked", user)
    audit.record(Action.EMAIL_CHANGE_ASKED, actor=user)


def verify_email(token: str) -> None:
    """What a link in a mail says: the address is verified, or is the account's from now on."""
    link = emails.find(token, Purpose.VERIFY, Purpose.CHANGE)
    try:
        with transaction.atomic():
            user = emails.redeem(link)
            if link.purpose == Purpose.CHANGE:
                change_email(user, link.email, by=user)
                return
            if user.email != link.email:
                raise emails.unusable()
            user.email_verified_at = timezone.now()
            user.save(update_fields=["email_verified_at", "updated_at"])
            audit.record(Action.EMAIL_VERIFIED, actor=user)
    except IntegrityError:
        raise email_taken(link.email) from None


@transaction.atomic
def admit(user: User) -> None:
    """The account may sign in to the admin."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    audit.record(Action.ROLES_CHANGED, about=user, data={"is_staff": True})


def change_email(user: User, email: str | None, *, by: User) -> None:
    """Another address, from now on, or none. In a transaction that has the account locked.

    It counts as verified: its owner has followed a link, or an administrator answers for it, as for that of an account
    which they make. Unverified it would only lock its owner out (`REQUIRE_VERIFIED_EMAIL`).
    """
    emails.tell("email_changed", user)
    # Some went to the old address, and one to a third may be under way.
    emails.revoke_links(user, *Purpose)
    user.email = email
    user.email_verified_at = timezone.now() if email else None
    user.save(update_fields=["email", "email_verified_at", "updated_at"])
    audit.record(Action.EMAIL_CHANGED, actor=by, about=user)


def delete_account(user: User, *, current_password: str = "", signed_in_at: datetime | None = None) -> None:
    """The account with everything that is its own. The audit stays.

    By its password; an account without one, whose owner signs in elsewhere, by having done so a moment ago.
    """
    if user.has_usable_password():
        confirmed = passwords.confirm(user, current_password)
    elif signed_in_at and signed_in_at > timezone.now() - RECENTLY:
        confirmed = user
    else:
        raise Forbidden(
            "This account has no password: sign in again, and ask with a token of the last five minutes.",
            code="recent_sign_in_required",
        )
    with an_administrator_stays():
        account = passwords.lock_confirmed(confirmed)
        audit.record(Action.ACCOUNT_DELETED, actor=account)
        account.delete()


def remove_account(account: User, *, by: User) -> None:
    """The same by somebody who keeps accounts, and holds no less than this one."""
    with an_administrator_stays():
        account = User.objects.lock(account)
        check_account(by, account)
        audit.record(Action.ACCOUNT_DELETED, actor=by, about=account)
        account.delete()


def set_active(account: User, is_active: bool, *, by: User) -> None:
    """An account that is not active has no tokens, and those that it had do not come back."""
    with an_administrator_stays():
        check_account(by, account)
        account.is_active = is_active
        account.save(update_fields=["is_active", "updated_at"])
        sessions.end_all(account)
        action = Action.ACCOUNT_ACTIVATED if is_active else Action.ACCOUNT_DEACTIVATED
        audit.record(action, actor=by, about=account)


def email_taken(email: str | None) -> Invalid:
    return Invalid(f"User with email {email} already registered", code="email_taken", field="email")
