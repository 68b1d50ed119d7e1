"""How long the rows of sign-ins are kept, and which of them nobody finds in a backup."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session as BrowserSession
from django.db.models import Q
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts import audit, keys
from accounts.audit import Action
from accounts.identities import issued_from_now_on
from accounts.models import EmailToken, ExternalIdentity, PasswordTry, PersonalAccessToken, Session
from common.housekeeping import clear_some

# So that its owner sees in the list why a program is refused.
EXPIRED_TOKENS_ARE_SHOWN_FOR = timedelta(days=30)


def _sessions() -> int:
    """An ended one stays until its tokens have expired: an old refresh token is to be known for what it is."""
    return clear_some(Session.objects.filter(expires_at__lt=timezone.now()))


def _personal_tokens() -> int:
    long_expired = Q(expires_at__lt=timezone.now() - EXPIRED_TOKENS_ARE_SHOWN_FOR)
    return clear_some(PersonalAccessToken.objects.filter(long_expired | Q(revoked_at__isnull=False)))


def _audit() -> int:
    return audit.prune(timezone.now() - timedelta(days=settings.AUDIT_KEEP_DAYS))


EXPIRED = {
    "sessions": _sessions,
    "revoked tokens": lambda: clear_some(OutstandingToken.objects.filter(expires_at__lt=timezone.now())),
    "personal tokens": _personal_tokens,
    "links in mails": lambda: clear_some(EmailToken.objects.filter(expires_at__lt=timezone.now())),
    "password tries": lambda: clear_some(PasswordTry.objects.filter(expires_at__lt=timezone.now())),
    "browser sessions": lambda: clear_some(BrowserSession.objects.filter(expire_date__lt=timezone.now())),
    "audit": _audit,
}

# Whoever gets hold of a backup can sign in with none of it, and whoever restores one revives nothing.
NOT_IN_BACKUPS = (Session, PersonalAccessToken, EmailToken, BrowserSession, PasswordTry)


def refuse_what_was_issued(sender: object, **kwargs: object) -> None:
    """After a restore: what has been revoked since the backup is not known any more, so nothing of before is taken.

    The rows go too, for a copy that was not made by `backup`."""
    for model in NOT_IN_BACKUPS:
        model._default_manager.all().delete()
    keys.rotate(keys.refresh().keys[-1][1].algorithm, refuse_older=True)
    ExternalIdentity.objects.update(tokens_valid_from=issued_from_now_on())
    audit.record(Action.DATABASE_RESTORED)
