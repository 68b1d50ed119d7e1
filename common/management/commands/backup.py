import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common import backups
from common.exceptions import DomainError
from common.housekeeping import not_in_backups


class Command(BaseCommand):
    help = (
        "Writes a copy of the database to a file that only its owner can read, while the service runs. Sessions, "
        "personal tokens and links in mails are left out: nobody can sign in with what is in it. Password hashes, "
        "addresses and the audit are in it: keep it as safe as the database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="a file that is not there yet; by default one named after the time"
        )

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        engine = backups.engine()
        target = file or Path(f"stockroom-{timezone.now():%Y%m%dT%H%M%SZ}{engine.SUFFIX}")
        # Never half a backup under the name of a whole one.
        unfinished = target.with_name(f".{target.name}.unfinished")
        try:
            os.close(os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
            engine.dump(unfinished, without=not_in_backups())
            os.link(unfinished, target)
        except FileExistsError:
            raise CommandError(f"{target} is there already: name another file.") from None
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        except DomainError as error:
            raise CommandError(error.message) from error
        finally:
            unfinished.unlink(missing_ok=True)
        self.stdout.write(f"{target} ({target.stat().st_size:,} bytes)")
