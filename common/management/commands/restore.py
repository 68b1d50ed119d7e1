from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections, transaction

from common import backups
from common.exceptions import DomainError
from common.signals import restored


class Command(BaseCommand):
    help = (
        "Puts the copy that `backup` made in the place of everything that is in the database, brings it up to this "
        "version, and refuses every token that was issued before: everybody signs in anew. Stop the service first; "
        "start it again afterwards. What is no backup, or one of a newer version, changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--noinput", action="store_true", help="do not ask whether it is meant")

    def handle(self, *args: Any, file: Path, noinput: bool, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        name = str(connection.settings_dict["NAME"])
        try:
            backups.check(file)
            if not noinput and input(f"Everything in {name} will be replaced. Type yes to go on: ") != "yes":
                raise CommandError("Nothing has changed.")
            backups.engine().load(file)
        except DomainError as error:
            raise CommandError(error.message) from error
        # Its plans and its view of the tables are those of before.
        connections.close_all()
        call_command("migrate", verbosity=0)
        with transaction.atomic():
            restored.send(sender=type(self))
        self.stdout.write(f"{name} is what it was in {file}. No token issued before is taken.")
