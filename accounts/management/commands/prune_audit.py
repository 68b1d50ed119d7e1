from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent


class Command(BaseCommand):
    help = (
        "Deletes the rows of the audit that are older than AUDIT_KEEP_DAYS (365 by default), and nothing else: 10,000 "
        "at a time, each time with a row that says so. Run it once a day. Nothing else gets rows out of the audit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="delete nothing, and say how many rows it would be")

    def handle(self, *args: Any, **options: Any) -> None:
        before = timezone.now() - timedelta(days=settings.AUDIT_KEEP_DAYS)
        if options["dry_run"]:
            rows = AuditEvent.objects.filter(created_at__lt=before).count()
            self.stdout.write(f"{rows} rows from before {before:%Y-%m-%dT%H:%M:%SZ} would be deleted.")
        else:
            self.stdout.write(f"{audit.prune(before)} rows from before {before:%Y-%m-%dT%H:%M:%SZ} deleted.")
