"""Passwords: whether one is right, another one, and the way back for who forgot theirs."""

from collections.abc import Callable

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import audit, emails, lockout, sessions
from accounts.administrators import an_administrator_stays
from accounts.audit import Action
from accounts.emails import Purpose
from accounts.granting import check_account
from accounts.managers import email_key
from accounts.models import User
from common.exceptions import Invalid


def evaluate(
    password: str, *, account: str, find: Callable[[], User | None], record: Callable[[User | None, bool], None]
) -> User | None:
    """The account that is found, if the password is right; one of the tries that count against the key `account`.

    `record` is told the result, in the transaction that settles the try.
    """
    try:
        with lockout.attempt(account) as reserved:
            user = find()
            is_right = _is_right(user, password)
            with transaction.atomic():
                lockout.settle(reserved, passed=is_right)
                record(user, is_right)
    except lockout.LockedOut:
        audit.record_once_a_minute(Action.LOCKED_OUT, about=find())
        raise
    return user if is_right else None


def confirm(user: User, password: str) -> User:
    """The account as it is now, if this is its password: for what a session alone does not allow."""

    def record(found: User | None, is_right: bool) -> None:
        if not is_right:
            audit.record(Action.PASSWORD_REFUSED, actor=user)

    confirmed = evaluate(
        password,
        account=lockout.account_key(user.email or f"users/{user.pk}"),
        find=lambda: User.objects.filter(pk=user.pk, is_active=True).first(),
        record=record,
    )
    if confirmed is None:
        raise wrong_password()
    return confirmed


def change(confirmed: User, new_password: str) -> User:
    """Another password for who has just confirmed the last one. Every token and every browser session is dead."""
    hashed = make_password(new_password)
    with transaction.atomic():
        account = lock_confirmed(confirmed)
        _set(account, hashed)
        audit.record(Action.PASSWORD_CHANGED, actor=account)
    return account


def set_for(user: User, new_password: str | None, *, by: User) -> User:
    """Another password that an administrator gives, or none at all; dead is then what is when its owner changes it."""
    hashed = make_password(new_password)
    # Without one the last administrator could be locked out. Only then, for it has everybody else wait.
    with an_administrator_stays() if new_password is None else transaction.atomic():
        account = User.objects.lock(user)
        check_account(by, account)
        _set(account, hashed)
        audit.record(Action.PASSWORD_CHANGED, actor=by, about=account)
    return account


def ask_for_reset(email: str) -> None:
    """Mail a link to who has this address. For an address nobody has it takes as long."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email_key=email_key(email), is_active=True).first()
        audit.record_once_a_minute(Action.PASSWORD_RESET_ASKED, about=user)
        emails.send_link(Purpose.RESET, user, to=(user and user.email) or email)


def reset(*, token: str, new_password: str) -> None:
    """Another password for who follows the link. It proves the address, too."""
    link = emails.find(token, Purpose.RESET)
    hashed = make_password(new_password)
    with transaction.atomic():
        user = emails.redeem(link)
        if user.email != link.email:
            raise emails.unusable()  # it went to an address that is no longer the account's
        if user.email_verified_at is None:
            user.email_verified_at = timezone.now()
        _set(user, hashed)
        if user.email is not None:
            lockout.forgive(lockout.account_key(user.email))
        audit.record(Action.PASSWORD_RESET, actor=user)


def lock_confirmed(confirmed: User) -> User:
    """The account, locked. Whoever changed its password meanwhile was first."""
    user = User.objects.select_for_update().filter(pk=confirmed.pk, password=confirmed.password).first()
    if user is None:
        raise wrong_password()
    return user


def wrong_password() -> Invalid:
    return Invalid("Incorrect password", code="password_incorrect", field="current_password")


def _is_right(user: User | None, password: str) -> bool:
    if user is None:
        # As long as it takes to find out about a password.
        make_password(password)
        return False
    return user.check_password(password)


def _set(user: User, hashed: str) -> None:
    """Every token is dead, and so are the links: they may be in the hands of whom the password is changed against."""
    user.password = hashed
    user.save(update_fields=["password", "email_verified_at", "updated_at"])
    sessions.end_all(user)
    emails.revoke_links(user, Purpose.RESET, Purpose.CHANGE)
    emails.tell("password_changed", user)
