"""The one way into the audit. Call it inside the transaction of what it tells of."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone

from accounts.gathering import Pending, Tally
from accounts.models import AuditEvent, Role, User
from common import rows
from common.client import client
from common.logging import request_id
from common.signals import recorded

Action = AuditEvent.Action
Data = Mapping[str, str | int | bool | list[str]]
Subject = User | Role

# Of gathered rows of one action, of accounts and of strangers each. One makes one a minute, but addresses can be had by
# the million.
MAX_ROWS_A_MINUTE = 200
BEYOND = "beyond"
# What one that happens writes of others that have waited.
WRITTEN_AT_ONCE = 20
PRUNED_AT_ONCE = 10_000

tally = Tally()


def record(
    action: Action, *, actor: User | None = None, about: Subject | None = None, data: Data | None = None
) -> None:
    """`actor` did it to `about`, or to their own account. No secret belongs into `data`, nor what somebody typed."""
    rows.insert(_event(action, actor, about, data))
    recorded.send_robust(sender=None, action=str(action))


def record_once_a_minute(
    action: Action, *, actor: User | None = None, about: Subject | None = None, data: Data | None = None
) -> None:
    """For what a stranger can make happen without end. The same by the same account, or from the same address, makes
    one row a minute: the first, and how many there were. Whatever they chose themselves, whom it was `about` say, makes
    no row of its own; nor could the time that one takes tell who has an account. Only the first is written at once,
    with the transaction: the others are added up in this process and written every few seconds, whatever becomes of
    theirs."""
    event = _event(action, actor, about, data)
    _gather(event, who=f"users/{actor.pk}" if actor else client.get().network)


def prune(before: datetime) -> int:
    """Take away what is older, some at a time, each time with a row that says so. Returns how many rows."""
    total = 0
    while True:
        with transaction.atomic():
            deleted = AuditEvent.objects.prune(before, at_most=PRUNED_AT_ONCE)
            if deleted:
                record(Action.AUDIT_PRUNED, data={"rows": deleted, "before": before.isoformat()})
        total += deleted
        if deleted < PRUNED_AT_ONCE:
            return total


# What is told by signals


def record_sign_in(sender: object, user: User, **kwargs: object) -> None:
    """To a browser's session, of which Django tells."""
    record(Action.SIGNED_IN, actor=user)


def record_sign_out(sender: object, user: User | None, **kwargs: object) -> None:
    """Of a browser's session, of which Django tells."""
    if user is not None:
        record(Action.SIGNED_OUT, actor=user)


def record_refused(sender: object, *, user: int | None, method: str, route: str, code: str, **kwargs: object) -> None:
    record_once_a_minute(Action.REFUSED, actor=_account(user), data={"method": method, "route": route, "code": code})


def record_throttled(sender: object, *, user: int | None, scope: str, **kwargs: object) -> None:
    record_once_a_minute(Action.THROTTLED, actor=_account(user), data={"scope": scope})


def record_degraded(sender: object, *, component: str, **kwargs: object) -> None:
    """Who asked at that moment has nothing to do with it."""
    event = AuditEvent(action=Action.DEGRADED, data={"component": component}, created_at=timezone.now())
    _gather(event, who=component)


def _account(pk: int | None) -> User | None:
    return User(pk=pk) if pk is not None else None


def _event(action: Action, actor: User | None, about: Subject | None, data: Data | None) -> AuditEvent:
    caller, subject = client.get(), about or actor
    return AuditEvent(
        action=action,
        actor_id=actor.pk if actor else None,
        subject=_name(subject) if subject else "",
        ip=caller.ip or None,
        user_agent=caller.user_agent,
        request_id=request_id.get(),
        data=dict(data or {}),
        created_at=timezone.now(),
    )


def _name(subject: Subject) -> str:
    """As the API has it."""
    return f"{'roles' if isinstance(subject, Role) else 'users'}/{subject.pk}"


def _gather(event: AuditEvent, *, who: str) -> None:
    recorded.send_robust(sender=None, action=str(event.action))
    event.gathered = _key(event.action, _minute(event), who)
    # Where there are as many rows as there may be, as is known from one before, nobody looks for room again.
    if _key_beyond(event) in tally and event.gathered not in tally:
        event = _beyond(event)
    _add(event)
    # Not in a transaction of somebody else, who would keep these rows to themselves until it ends.
    transaction.on_commit(_write_due, robust=True)


def _add(event: AuditEvent, times: int = 1) -> None:
    for pending in tally.add(event, times):
        _write(pending)


def _write_due() -> None:
    for pending in tally.due(timezone.now(), at_most=WRITTEN_AT_ONCE):
        _write(pending)


def flush() -> None:
    """Write what is only added up yet: before the process ends."""
    for pending in tally.take_all():
        _write(pending)


def flush_quietly() -> None:
    """What cannot be written any more is lost: some counts."""
    with suppress(DatabaseError, InterfaceError):
        flush()


def _write(pending: Pending) -> None:
    event = pending.event
    if AuditEvent.objects.count_again(event.gathered, pending.times):
        return
    if not _has_room(event):
        tally.forget(event)
        _add(_beyond(event), pending.times)
        return
    event.count = pending.times
    AuditEvent.objects.gather(event)


def _has_room(event: AuditEvent) -> bool:
    """Those of accounts are counted apart: there are fewer of them, and strangers must not fill their place."""
    if BEYOND in event.data:
        return True
    found = AuditEvent.objects.gathered(event.action, since=_minute(event), of_accounts=event.actor_id is not None)
    return found[:MAX_ROWS_A_MINUTE].count() < MAX_ROWS_A_MINUTE


def _beyond(event: AuditEvent) -> AuditEvent:
    """What all share that have no row of their own."""
    return AuditEvent(
        action=event.action,
        data={BEYOND: MAX_ROWS_A_MINUTE, "of": _kind(event)},
        created_at=event.created_at,
        gathered=_key_beyond(event),
    )


def _key_beyond(event: AuditEvent) -> UUID:
    return _key(event.action, _minute(event), BEYOND, _kind(event))


def _kind(event: AuditEvent) -> str:
    return "strangers" if event.actor_id is None else "accounts"


def _minute(event: AuditEvent) -> datetime:
    return event.created_at.replace(second=0, microsecond=0)


def _key(action: str, minute: datetime, *who: str) -> UUID:
    return UUID(bytes=blake2b(repr((action, minute.isoformat(), *who)).encode(), digest_size=16).digest())
