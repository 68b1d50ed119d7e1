from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import keys
from accounts.models import SigningKey


class Command(BaseCommand):
    help = (
        "Has tokens signed with a new key from a minute later on, when every process knows it. Tokens of the keys "
        "before it go on until they expire: nobody is signed out. Run it as often as you like, while the service runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--algorithm",
            choices=SigningKey.Algorithm.values,
            help="EdDSA: with a key pair, whose public half stands in /.well-known/jwks.json; HS256: with a secret. "
            "Without this, as before",
        )
        parser.add_argument(
            "--refuse-older",
            action="store_true",
            help="sign with it at once, and refuse the tokens of every key before it: for one that got out. Everybody "
            "has to sign in again. A secret of the settings that got out is to be changed there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        algorithm = options["algorithm"] or keys.refresh().keys[-1][1].algorithm
        key = keys.rotate(algorithm, refuse_older=options["refuse_older"])
        self.stdout.write(f"{key.kid} ({key.algorithm}) signs from {key.signs_from:%Y-%m-%dT%H:%M:%SZ} on.")
