from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import audit, sessions
from accounts.audit import Action
from accounts.models import User
from accounts.tokens import AccessToken

MAX_HOURS = 365 * 24


class Command(BaseCommand):
    help = (
        "Prints a bearer token for an account and nothing else: "
        'curl -H "Authorization: Bearer $(python manage.py issue_token ada@example.com)" … '
        "Whoever has it may do what the account may."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address of the account")
        parser.add_argument(
            "--hours", type=int, metavar="N", help=f"how long it lasts, 1 to {MAX_HOURS}; half an hour without this"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user, hours = find(options["email"]), options["hours"]
        if hours is None:
            lifetime = AccessToken.lifetime
        elif 1 <= hours <= MAX_HOURS:
            lifetime = timedelta(hours=hours)
        else:
            raise CommandError(f"A token lasts 1 to {MAX_HOURS} hours (a year): --hours {hours} is out of that.")
        with transaction.atomic():
            bearer = sessions.start_bearer(user, lifetime=lifetime)
            audit.record(Action.TOKEN_ISSUED, about=user, data={"seconds": bearer.expires_in})
        self.stdout.write(bearer.access)


def find(email: str) -> User:
    try:
        user = User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise CommandError(
            f"There is no account {email}. Register it with POST /api/v1/users/register, "
            "or make an administrator with `manage.py createsuperuser`."
        ) from None
    if not user.is_active:
        raise CommandError(
            f"The account {email} is inactive, and its tokens would be refused. Make it active in /admin/ first."
        )
    return user
