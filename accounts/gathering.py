"""What happens again and again is added up here, in the memory of the process, and written every few seconds: else each
refusal would cost a transaction, and all of them would queue for the one row that counts them.

A process that is killed takes the last seconds' counts along. Rows it does not: the first of each is written at once.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock
from time import monotonic
from uuid import UUID

from accounts.models import AuditEvent

# How long what happens again is only added up.
EVERY = 5.0
# Of as many one can know that they have a row. Some 1 KB each; the oldest goes first.
MAX_KEYS = 5_000

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Pending:
    """What is to be written now: `times` more of this."""

    event: AuditEvent
    times: int


@dataclass(slots=True)
class _Entry:
    event: AuditEvent
    written_at: float
    times: int = 0


class Tally:
    """By the key of the row. All threads of the process share it; it never asks the database."""

    def __init__(self) -> None:
        self._lock = Lock()
        # What was written longest ago comes first.
        self._entries: OrderedDict[UUID, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: UUID) -> bool:
        return key in self._entries

    def add(self, event: AuditEvent, times: int = 1) -> list[Pending]:
        """So many more of it. What is to be written now: this, if it is the first."""
        key = _key(event)
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._entries[key] = _Entry(event, monotonic())
                return [Pending(event, times), *self._evicted()]
            if not entry.times:
                entry.event = event  # the last is a row already
            entry.times += times
            return []

    def due(self, now: datetime, *, at_most: int) -> list[Pending]:
        """What has waited long enough, some of it; what has its minute behind it is forgotten."""
        found: list[Pending] = []
        clock = monotonic()
        with self._lock:
            for key, entry in list(islice(self._entries.items(), at_most)):
                if entry.written_at + EVERY > clock:
                    break
                if entry.times:
                    found.append(Pending(entry.event, entry.times))
                elif entry.event.created_at + MINUTE < now:
                    del self._entries[key]
                    continue
                entry.times, entry.written_at = 0, clock
                self._entries.move_to_end(key)
        return found

    def forget(self, event: AuditEvent) -> None:
        """It has no row of its own."""
        with self._lock:
            self._entries.pop(_key(event), None)

    def take_all(self) -> list[Pending]:
        with self._lock:
            found = [Pending(entry.event, entry.times) for entry in self._entries.values() if entry.times]
            self._entries.clear()
        return found

    def _evicted(self) -> list[Pending]:
        if len(self._entries) <= MAX_KEYS:
            return []
        _, entry = self._entries.popitem(last=False)
        return [Pending(entry.event, entry.times)] if entry.times else []


def _key(event: AuditEvent) -> UUID:
    assert event.gathered is not None
    return event.gathered
