import sys
from collections.abc import Callable, Iterable
from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import services as accounts
from common.exceptions import Invalid
from stores import services
from stores.serializers import StoreRegistrationSerializer

# Where each value comes from when nobody is asked.
SOURCES = {"email": "--email", "name": "--name", "password": "STOCKROOM_MANAGER_PASSWORD"}


class Command(BaseCommand):
    help = "Opens a store: a new account with a store manager, by the rules of POST /store-managers."
    stealth_options = ("stdin",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", help="the address of the new account")
        parser.add_argument("--name", help="the name of the store manager, for everyone to see")
        parser.add_argument("--staff", action="store_true", help="admit the account to /admin/, to its own items")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="ask for nothing; the password is that of the environment variable STOCKROOM_MANAGER_PASSWORD",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        given = {name: options[name] for name in ("email", "name") if options[name] is not None}
        values = self.asked(given, options.get("stdin", sys.stdin)) if options["interactive"] else unasked(given)
        try:
            manager = services.open_store(**values, verified=True)
        except Invalid as refusal:
            raise CommandError(f"{refusal}. Use another --email.") from None
        if options["staff"]:
            accounts.admit(manager.user)
        if options["verbosity"]:
            self.stdout.write(f"{manager.name} may sign in as {manager.user}.")

    def asked(self, given: dict[str, str], stdin: Any) -> dict[str, str]:
        """What was given, and the answers to what was not."""
        if not stdin.isatty():
            raise CommandError(
                "There is no terminal to ask at. Use --noinput with --email, --name and STOCKROOM_MANAGER_PASSWORD."
            )
        try:
            return {
                "email": self.ask("email", lambda: input("Email: "), given.get("email")),
                "name": self.ask("name", lambda: input("Name: "), given.get("name")),
                "password": self.ask("password", self.ask_password),
            }
        except (KeyboardInterrupt, EOFError):
            raise CommandError("Cancelled; nothing was made.") from None

    def ask(self, name: str, question: Callable[[], str], value: str | None = None) -> str:
        """Until the answer is one."""
        while True:
            given = question() if value is None else value
            serializer = StoreRegistrationSerializer(data={name: given}, partial=True)
            if serializer.is_valid():
                return str(serializer.validated_data[name])
            self.stderr.write(f"Error: {sentence(serializer.errors[name])}")
            value = None

    def ask_password(self) -> str:
        while (password := getpass()) != getpass("Password (again): "):
            self.stderr.write("Error: Your passwords didn't match.")
        return password


def unasked(given: dict[str, str]) -> dict[str, str]:
    if settings.STOCKROOM_MANAGER_PASSWORD:
        given = {**given, "password": settings.STOCKROOM_MANAGER_PASSWORD}
    serializer = StoreRegistrationSerializer(data=given)
    if not serializer.is_valid():
        faults = "\n".join(f"{SOURCES[name]}: {sentence(found)}" for name, found in serializer.errors.items())
        raise CommandError(f"With --noinput, set these:\n{faults}")
    return dict(serializer.validated_data)


def sentence(messages: Iterable[object]) -> str:
    return " ".join(map(str, messages))
