import logging
import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from common import housekeeping

log = logging.getLogger("housekeeping")


class Command(BaseCommand):
    help = (
        "Clears away what has had its time: expired sessions, tokens, links, idempotency keys, and the audit beyond "
        "AUDIT_KEEP_DAYS. A thousand rows at a time, while the service runs. Run it by a timer once an hour, or leave "
        "it running with --every."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=int, metavar="SECONDS", help="do it again and again, this far apart")

    def handle(self, *args: Any, every: int | None, **options: Any) -> None:
        if every is None:
            self.once()
        elif every < 1:
            raise CommandError("--every takes seconds, 1 at least.")
        else:
            self.for_ever(every)

    def once(self) -> None:
        failed = []
        for name, chore in housekeeping.chores():
            rows = self.do(name, chore)
            failed += [name] if rows is None else []
            self.stdout.write(f"{name}: {'failed' if rows is None else rows}")
        if failed:
            raise CommandError(f"Not done: {', '.join(failed)}. The log says why.")

    def for_ever(self, every: int) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            for name, chore in housekeeping.chores():
                if rows := self.do(name, chore, stop):
                    log.info("cleared away", extra={"fields": {"chore": name, "rows": rows}})
            connections.close_all()
            stop.wait(every)

    def do(self, name: str, chore: housekeeping.Chore, stop: Event | None = None) -> int | None:
        """The number of rows; None when it failed, which keeps no other chore from being done."""
        try:
            return housekeeping.run(chore, stopped=stop.is_set if stop else lambda: False)
        except DatabaseError:
            log.exception("a chore failed", extra={"fields": {"chore": name}})
            return None
