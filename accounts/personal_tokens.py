"""Personal access tokens: made by an account for its own programs, shown once, and kept as a hash.

The secret has 256 bits, so that a plain SHA-256 cannot be searched; it is found by its hash, which takes as long for
any other.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Action
from accounts.models import Grants, PersonalAccessToken, User
from accounts.tokens import InvalidToken, StaleToken
from common.exceptions import Conflict, Forbidden, Missing
from common.permissions import EVERYTHING, SELF

# By which a scanner of leaked secrets can tell it.
PREFIX = "srp_"
_FORM = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")

# Of one account. Those that have expired are shown as long as there is room for them.
MOST = 50

# How often the last use is written down, at most.
USE_INTERVAL = timedelta(minutes=1)


def issue(
    user: User, *, name: str, permissions: Iterable[str], expires_at: datetime
) -> tuple[PersonalAccessToken, str]:
    """The row, and the token itself, which nobody can tell again.

    It may do what `user`, as the request has it, and its account here both may: the token of an identity provider that
    may do nothing makes none that may more, and later nobody asks the provider.
    """
    raw = PREFIX + secrets.token_urlsafe(32)
    wanted = frozenset(permissions)
    with transaction.atomic():
        rows = User.objects.select_for_update()
        account = rows.filter(pk=user.pk, token_version=user.token_version, is_active=True).first()
        if account is None:  # logged out everywhere, or gone, since the request was authenticated
            raise Forbidden("The account has been signed out.", code="token_stale")
        held = common(user.permission_strings, account.permission_strings)
        if missing := sorted(wanted - common(wanted, held)):
            raise Forbidden(f"You do not hold these permissions: {', '.join(missing)}", code="permission_not_held")
        if PersonalAccessToken.objects.taken().filter(user=account).count() >= MOST:
            raise Conflict(f"There are {MOST} personal access tokens already. Revoke one.", code="too_many_tokens")
        _make_room(account)
        token = PersonalAccessToken.objects.create(
            user=account,
            name=name,
            digest=_digest(raw),
            permissions=sorted(wanted),
            version=account.token_version,
            expires_at=expires_at,
        )
        audit.record(Action.TOKEN_CREATED, actor=account, data={"token": str(token.pk), "permissions": sorted(wanted)})
    return token, raw


def list_kept(user: User) -> list[PersonalAccessToken]:
    """Also those that have expired; the newest first."""
    return list(PersonalAccessToken.objects.kept().filter(user=user).order_by("-id")[:MOST])


def _make_room(account: User) -> None:
    """For one more: those that have expired go, the first first. The account is locked, and has room for it."""
    kept = PersonalAccessToken.objects.kept().filter(user=account).order_by("-expires_at")
    PersonalAccessToken.objects.filter(pk__in=list(kept.values_list("pk", flat=True)[MOST - 1 :])).delete()


def is_personal(raw: str) -> bool:
    return raw.startswith(PREFIX)


def read(raw: str) -> PersonalAccessToken:
    """The row of a token that is still taken, with its account."""
    if not _FORM.fullmatch(raw):
        raise InvalidToken
    rows = PersonalAccessToken.objects.select_related("user").filter(digest=_digest(raw), revoked_at=None)
    token = rows.first()
    if token is None or token.expires_at <= timezone.now() or not token.user.is_active:
        raise InvalidToken
    if token.version != token.user.token_version:
        raise StaleToken
    return token


def identify(raw: str) -> tuple[User, PersonalAccessToken]:
    """The account that the token speaks for, with what both of them hold. Two queries, and one more once a minute."""
    token = read(raw)
    user = token.user
    held = user.grants
    # Whoever has a role may do all that it ever grants; a token may not, unless it may do everything.
    roles = held.roles if EVERYTHING in token.permissions else frozenset[str]()
    user.grants = Grants(roles, common(frozenset(token.permissions), held.permissions))
    _note_use(token)
    return user, token


def revoke(token: PersonalAccessToken) -> None:
    with transaction.atomic():
        if PersonalAccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            audit.record(Action.TOKEN_REVOKED, actor=token.user, data={"token": str(token.pk)})


def revoke_one(user: User, id: str) -> None:
    token = PersonalAccessToken.objects.kept().select_related("user").filter(pk=id, user=user).first()
    if token is None:
        raise Missing("Token not found")
    revoke(token)


def common(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """What both cover: `items:read` covers `items:read:self`, and `*` everything."""
    return frozenset({one for one in some if _covers(others, one)} | {one for one in others if _covers(some, one)})


def _covers(held: frozenset[str], permission: str) -> bool:
    return not held.isdisjoint({EVERYTHING, permission, permission.removesuffix(SELF)})


def _note_use(token: PersonalAccessToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_INTERVAL:
        PersonalAccessToken.objects.filter(pk=token.pk).unused_for(USE_INTERVAL).update(last_used_at=now)


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()
