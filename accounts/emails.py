"""What accounts are told by mail, and the links in it.

A link works once and for an hour. Its token is made when it is mailed, and only a hash of it is kept. Mails hold
nothing that somebody typed: they would be a way to write to strangers in our name.
"""

import secrets
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.lockout import account_key
from accounts.models import EmailToken, User
from common import mail
from common.exceptions import Invalid
from common.rates import in_database
from common.rates.rate import Rate
from common.tasks import task

Purpose = EmailToken.Purpose

# Of each purpose for one account within the lifetime of a link, also of those that are void meanwhile; and to one
# mailbox, whichever accounts ask, and whether or not they are there still. More would only be a way to flood it, and
# with a change of address a stranger's. By purpose: who asks for one kind in somebody's name uses up no other.
LINKS_AT_ONCE = 3
_OF_ONE_MAILBOX = Rate(LINKS_AT_ONCE, int(EmailToken.LIFETIME.total_seconds()))

# Of pages in the frontend; in the fragment, the token reaches no server's log.
_PAGES = {Purpose.VERIFY: "verify-email", Purpose.CHANGE: "verify-email", Purpose.RESET: "reset-password"}
_TEMPLATES = {Purpose.VERIFY: "verify_email", Purpose.CHANGE: "change_email", Purpose.RESET: "reset_password"}


def send_link(purpose: Purpose, user: User | None, *, to: str) -> EmailToken | None:
    """Mail a link, unless that was done often enough. Call it in a transaction that has the account locked.

    Where none is mailed, for that or since there is no account, the same is done and taken back: it takes as long.
    """
    # In the caller's transaction: what is rolled back with it was not mailed either.
    has_room = in_database.spend([_mailbox(purpose, to)], _OF_ONE_MAILBOX, 1).admitted
    account = user.pk if user else 0
    with transaction.atomic():
        EmailToken.objects.filter(user_id=account, expires_at__lte=timezone.now()).delete()
        mailed = EmailToken.objects.filter(user_id=account, purpose=purpose).count()
        sent = EmailToken.objects.create(
            user_id=account,
            purpose=purpose,
            email=to,
            digest=_digest(_new_token()),  # that nobody has
            expires_at=timezone.now() + EmailToken.LIFETIME,
        )
        mail_link.enqueue(sent.pk)
        if user is None or not has_room or mailed >= LINKS_AT_ONCE:
            transaction.set_rollback(True)
            return None
    return sent


@task(retry_on=(mail.NotSent,))
def mail_link(pk: int) -> None:
    """Each try makes a token, so that none waits anywhere to be read. Nothing is mailed that is void meanwhile."""
    live = EmailToken.objects.live().filter(pk=pk)
    sent, token = live.first(), _new_token()
    if sent is None or not live.update(digest=_digest(token)):
        return
    purpose = Purpose(sent.purpose)
    link = f"{settings.FRONTEND_URL}/{_PAGES[purpose]}#token={token}"
    mail.deliver(to=sent.email, template=_template(_TEMPLATES[purpose]), context={"link": link})


def tell(what: str, user: User) -> None:
    """Only at an address that its owner, or an administrator, has vouched for: whoever types a stranger's would have
    them told as often as they like."""
    if user.email is not None and user.email_verified_at is not None:
        mail.send(to=user.email, template=_template(what))


def find(token: str, *purposes: Purpose) -> EmailToken:
    """What a link was sent for, as long as it works."""
    found = EmailToken.objects.live().filter(digest=_digest(token), purpose__in=purposes).first()
    if found is None:
        raise unusable()
    return found


def redeem(found: EmailToken) -> User:
    """The account, locked, to do with it what the link is for. However many follow a link at once, it works for one."""
    user = User.objects.select_for_update().filter(pk=found.user_id, is_active=True).first()
    # The account before the link, as everybody who locks both does.
    deleted, _ = EmailToken.objects.live().filter(pk=found.pk).delete()
    if user is None or not deleted:
        raise unusable()
    return user


def revoke_links(user: User, *purposes: Purpose, but: EmailToken | None = None) -> None:
    """Void, they still count towards what may be mailed."""
    links = EmailToken.objects.live().filter(user=user, purpose__in=purposes)
    links.exclude(pk__in=[but.pk] if but else []).update(revoked_at=timezone.now())


def unusable() -> Invalid:
    return Invalid("This link does not work, or no longer.", code="link_invalid", field="token")


def _mailbox(purpose: Purpose, email: str) -> str:
    return f"mail:{purpose}:{account_key(email)}"


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _template(name: str) -> str:
    return f"accounts/mail/{name}.txt"
