from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import roles
from accounts.administrators import LastAdministrator
from accounts.models import Permission, Role


class Command(BaseCommand):
    help = (
        "Creates the permission strings and roles that the apps declare, gives each role the default grants that it "
        "was never offered, and shows who may do what. `migrate` does the same and shows nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reset",
            action="store_true",
            help="make the roles that come with the product what they were at first: what was taken away comes back, "
            "what was added goes. Other roles, and who has which role, stay as they are.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            roles.sync(reset=options["reset"])
        except LastAdministrator:
            raise CommandError(
                "Nobody would be an administrator after that: whoever is one now is it by a grant that --reset takes "
                "away. Give somebody the role `admin` first."
            ) from None
        defaults = roles.default_grants()
        self.stdout.write(f"{Permission.objects.count()} permission strings")
        for role in Role.objects.prefetch_related("permissions"):
            held = {permission.codename for permission in role.permissions.all()}
            own = {codename for name, codename in defaults if name == role.name}
            self.show(f"{role.name}:", held or {"nothing"})
            self.show("  taken away (--reset gives it back):", own - held)
            if own:
                self.show("  added (--reset takes it away):", held - own)

    def show(self, heading: str, codenames: set[str]) -> None:
        if codenames:
            self.stdout.write(f"{heading} {', '.join(sorted(codenames))}")
