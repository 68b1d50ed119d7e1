"""The one way into the audit. Call it inside the transaction of what it tells of."""

from collections.abc import Mapping
from hashlib import blake2b
from uuid import UUID

from django.utils import timezone

from accounts.models import AuditEvent, User
from common.client import client
from common.logging import request_id

Action = AuditEvent.Action
Data = Mapping[str, str | int | bool | list[str]]


def record(action: Action, *, actor: User | None = None, about: User | None = None, data: Data | None = None) -> None:
    """`actor` did it to `about`, or to their own account. No secret belongs into `data`, nor what somebody typed."""
    _event(action, actor, about, data).save()


def record_once_a_minute(
    action: Action, *, actor: User | None = None, about: User | None = None, data: Data | None = None
) -> None:
    """For what a stranger can make happen without end: of the same thing from the same address, the first a minute."""
    event = _event(action, actor, about, data)
    same = (action, event.actor_id, event.subject, client.get().network, f"{event.created_at:%Y-%m-%dT%H:%M}")
    event.gathered = UUID(bytes=blake2b(repr(same).encode(), digest_size=16).digest())
    AuditEvent.objects.bulk_create([event], ignore_conflicts=True)


def record_sign_out(sender: object, user: User | None, **kwargs: object) -> None:
    """Of a browser's session, of which Django tells."""
    if user is not None:
        record(Action.SIGNED_OUT, actor=user)


def _event(action: Action, actor: User | None, about: User | None, data: Data | None) -> AuditEvent:
    caller, subject = client.get(), about or actor
    return AuditEvent(
        action=action,
        actor_id=actor.pk if actor else None,
        subject=f"users/{subject.pk}" if subject else "",
        ip=caller.ip or None,
        user_agent=caller.user_agent,
        request_id=request_id.get(),
        data=dict(data or {}),
        created_at=timezone.now(),
    )
