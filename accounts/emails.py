"""What accounts are told by mail, and the links in it.

A link works once and for an hour. Of its token only a hash is kept. Mails hold nothing that somebody typed: they would
be a way to write to strangers in our name.
"""

import secrets
from hashlib import sha256

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import EmailToken, User
from common import mail
from common.exceptions import Invalid

Purpose = EmailToken.Purpose

# Of each purpose to one account, while they work: more would only be a way to flood a mailbox.
LINKS_AT_ONCE = 3

# Of pages in the frontend; in the fragment, the token reaches no server's log.
_PAGES = {Purpose.VERIFY: "verify-email", Purpose.CHANGE: "verify-email", Purpose.RESET: "reset-password"}
_TEMPLATES = {Purpose.VERIFY: "verify_email", Purpose.CHANGE: "change_email", Purpose.RESET: "reset_password"}


def send_link(purpose: Purpose, user: User, *, to: str) -> None:
    """Mail a link, unless there are enough of them. Call it in a transaction that has the account locked."""
    EmailToken.objects.filter(user_id=user.pk, expires_at__lte=timezone.now()).delete()
    if _live().filter(user_id=user.pk, purpose=purpose).count() >= LINKS_AT_ONCE:
        return
    token = secrets.token_urlsafe(32)
    expires_at = timezone.now() + EmailToken.LIFETIME
    EmailToken.objects.create(user_id=user.pk, purpose=purpose, email=to, digest=_digest(token), expires_at=expires_at)
    link = f"{settings.FRONTEND_URL}/{_PAGES[purpose]}#token={token}"
    mail.send(to=to, template=_template(_TEMPLATES[purpose]), context={"link": link})


def tell(what: str, *, to: str | None) -> None:
    if to is not None:
        mail.send(to=to, template=_template(what), context={})


def find(token: str, *purposes: Purpose) -> EmailToken:
    """What a link was sent for, as long as it works."""
    found = _live().filter(digest=_digest(token), purpose__in=purposes).first()
    if found is None:
        raise unusable()
    return found


def redeem(found: EmailToken) -> User:
    """The account, locked, to do with it what the link is for. However many follow a link at once, it works for one."""
    user = User.objects.select_for_update().filter(pk=found.user_id, is_active=True).first()
    # The account before the link, as everybody who locks both does.
    deleted, _ = EmailToken.objects.filter(pk=found.pk).delete()
    if user is None or not deleted:
        raise unusable()
    return user


def revoke_links(user: User, *purposes: Purpose) -> None:
    EmailToken.objects.filter(user=user, purpose__in=purposes).delete()


def unusable() -> Invalid:
    return Invalid("This link does not work, or no longer.", code="link_invalid", field="token")


def _live() -> QuerySet[EmailToken]:
    return EmailToken.objects.filter(expires_at__gt=timezone.now())


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _template(name: str) -> str:
    return f"accounts/mail/{name}.txt"
