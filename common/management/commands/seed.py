from importlib import import_module
from textwrap import indent
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.module_loading import module_has_submodule


class Command(BaseCommand):
    help = "Adds the demo data of every app that has a `seeds` module. Run again, it adds only what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="add it in production too")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production" and not options["force"]:
            raise CommandError(
                "The demo accounts have passwords that everyone knows, an administrator's among them. "
                "Use --force if that is what you want."
            )
        with transaction.atomic():
            for app in apps.get_app_configs():
                if app.module and module_has_submodule(app.module, "seeds"):
                    summary = import_module(f"{app.name}.seeds").seed()
                    self.stdout.write(f"Demo {app.label}:\n{indent(summary, '  ')}")
