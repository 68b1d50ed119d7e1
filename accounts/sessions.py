"""Sign-ins, from the first tokens to the last.

A session is prolonged by refresh tokens, each traded once for the next. An answer can get lost on its way, so the one
that was traded last may be sent again for a moment, and gives the same next one. Anything older in the hands of a
client is a copy, and whose copy nobody can tell: the session ends, for the thief and for the owner.
"""

import logging
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit, identities, keys, revocation, tokens
from accounts.audit import Action
from accounts.models import Session, User
from accounts.models.sessions import IDLE_LIFETIME, LIFETIME, SessionQuerySet
from accounts.tokens import AccessToken, Bearer, Claims, ExpiredToken, InvalidToken, StaleToken, TokenPair
from common import rows
from common.api.compiled import Query, Written, sql_of
from common.api.compiled_writes import compile_update
from common.api.slots import Slot
from common.client import client
from common.exceptions import Missing
from common.locks import one_at_a_time

# How long a refresh token that was traded last may be sent again.
GRACE = timedelta(seconds=10)
MAX_USER_AGENT = 200
# Of one account, while they are live. Beyond them the one that was used least lately ends.
MOST = 100

logger = logging.getLogger(__name__)


class ReuseDetected(InvalidToken):
    """A refresh token that was traded before. Its session is over."""


def start(user: User) -> TokenPair:
    session = _open(user, lifetime=LIFETIME, refresh_jti=uuid4().hex)
    return _pair(user, session)


def start_bearer(user: User, *, lifetime: timedelta = AccessToken.lifetime) -> Bearer:
    """A session of one access token, which lasts as long as it does."""
    session = _open(user, lifetime=lifetime)
    return tokens.access(user, session, lifetime=lifetime)


def rotate(raw: str) -> TokenPair:
    """Trade a refresh token for the next pair of its session. However many try at once, they get the same next one."""
    keys.refresh()
    claims = tokens.read(raw, tokens.RefreshTokenOfAnyAge)
    with transaction.atomic():
        traded = _rotate(claims)
    # After the commit: what was found out stays, though it is refused.
    if isinstance(traded, InvalidToken):
        raise traded
    return traded


def check(claims: Claims) -> None:
    """`InvalidToken` unless this refresh token is the one to come."""
    if claims.kid not in keys.refresh().taken():
        raise InvalidToken
    found = Session.objects.live().filter(pk=claims.session, user=claims.user_id, user__is_active=True)
    if not found.filter(refresh_jti=claims.jti, version=claims.version).exists():
        raise InvalidToken


@transaction.atomic
def end(claims: Claims) -> None:
    """Log out with this token: its session is over, and it is refused by its own id, which is all that others know."""
    if _end(Session.objects.filter(pk=claims.session, user=claims.user_id)):
        audit.record(Action.SIGNED_OUT, actor=User(pk=claims.user_id))
    revocation.blacklist(claims.jti, until=claims.expires_at)
    revocation.announce(claims.jti, until=claims.expires_at)


@transaction.atomic
def end_one(user: User, session: str) -> None:
    """End this session, wherever the account is signed in with it."""
    if not _end(Session.objects.live().filter(pk=session, user=user)):
        raise Missing("Session not found")
    audit.record(Action.SIGNED_OUT, actor=user, data={"session": session})


@transaction.atomic
def log_out_everywhere(user: User) -> None:
    end_all(user)
    audit.record(Action.SIGNED_OUT_EVERYWHERE, actor=user)


@transaction.atomic
def end_all(user: User) -> None:
    """Every token and every browser session of the account is dead, also one that is begun at this moment."""
    if not User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1):
        raise Missing("Account not found")
    user.refresh_from_db(fields=["token_version"])
    _end(Session.objects.filter(user=user))
    identities.retire_tokens(user)


def list_live(user: User) -> list[Session]:
    """The one used last first."""
    return list(_by_use(Session.objects.live(), user)[:MOST])


@transaction.atomic(savepoint=False)
def _open(user: User, *, lifetime: timedelta, refresh_jti: str = "") -> Session:
    keys.refresh()
    # Two at once would each leave room for themselves only.
    one_at_a_time(f"sessions of {user.pk}")
    now, here = timezone.now(), client.get()
    session = rows.insert(
        Session(
            user=user,
            version=user.token_version,
            refresh_jti=refresh_jti,
            rotated_at=now,
            created_at=now,
            last_used_at=now,
            expires_at=now + lifetime,
            ip=_address(here.ip),
            user_agent=here.user_agent[:MAX_USER_AGENT],
        )
    )
    _ending_beyond(MOST).fetch(
        {"user": user.pk, "now": now, "used_since": now - IDLE_LIFETIME, ("new", "ended_at"): timezone.now()}
    )
    return session


@cache
def _ending_beyond(most: int) -> Query:
    live = Session.objects.live_at(Slot("now"), Slot("used_since"))
    sql, params, _ = sql_of(_by_use(live, Slot("user")).values_list("pk"))
    beyond = Written(f"({sql} {connection.ops.limit_offset_sql(most, None)})", params)
    ended_at = Session._meta.get_field("ended_at")
    return compile_update(Session.objects.filter(ended_at=None, pk__in=beyond), [ended_at], [])


def _by_use(sessions: SessionQuerySet, user: Any) -> SessionQuerySet:
    return sessions.filter(user=user).order_by("-last_used_at", "-id")


def _rotate(claims: Claims) -> TokenPair | InvalidToken:
    session = _locked(claims)
    if session is None or not session.user.is_active:
        return InvalidToken()
    if claims.version != session.user.token_version:
        return StaleToken()
    now = timezone.now()
    is_current = claims.jti == session.refresh_jti
    was_just_traded = claims.jti == session.previous_jti and now < session.rotated_at + GRACE
    if not is_current and not was_just_traded:
        _end_reused(session)
        return ReuseDetected()
    if claims.expires_at <= now or session.expires_at <= now:
        return ExpiredToken()
    if session.ended_at is not None:
        return InvalidToken()
    if is_current:
        session.previous_jti, session.refresh_jti, session.rotated_at = session.refresh_jti, uuid4().hex, now
    session.last_used_at = now
    session.save(update_fields=["previous_jti", "refresh_jti", "rotated_at", "last_used_at"])
    return _pair(session.user, session)


def _locked(claims: Claims) -> Session | None:
    locked = Session.objects.select_for_update(of=("self",)).select_related("user")
    return locked.filter(pk=claims.session, user=claims.user_id).first()


def _end_reused(session: Session) -> None:
    """Once: of a session that is over already there is nothing to tell."""
    if _end(Session.objects.filter(pk=session.pk)):
        audit.record(Action.REFRESH_REUSED, about=session.user, data={"session": str(session.pk)})
        logger.warning("A refresh token was used again: session %s of account %s is over.", session.pk, session.user_id)


def _end(sessions: SessionQuerySet) -> int:
    return sessions.filter(ended_at=None).update(ended_at=timezone.now())


def _pair(user: User, session: Session) -> TokenPair:
    bearer = tokens.access(user, session)
    return TokenPair(bearer.access, tokens.refresh(session), bearer.expires_in)


def _address(text: str) -> str | None:
    """None where a connection has no address: a socket of this machine, a command."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None
