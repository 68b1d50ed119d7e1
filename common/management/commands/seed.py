import sys
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from inspect import signature
from textwrap import indent
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.module_loading import module_has_submodule

from common.progress import Progress


class Command(BaseCommand):
    help = "Adds the demo data of every app that has a `seeds` module. Run again, it adds only what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="add it in production too")
        for _, module in seeds():
            if hasattr(module, "add_arguments"):
                module.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production" and not options["force"]:
            raise CommandError(
                "The demo accounts have passwords that everyone knows, an administrator's among them. "
                "Use --force if that is what you want."
            )
        offered = {**options, "progress": partial(Progress, options.get("stderr") or sys.stderr)}
        with transaction.atomic():
            for app, module in seeds():
                summary = module.seed(**{name: offered[name] for name in signature(module.seed).parameters})
                self.stdout.write(f"Demo {app.label}:\n{indent(summary, '  ')}")


def seeds() -> Iterator[tuple[AppConfig, Any]]:
    """Each app's module: `seed` returns what to tell, and is given the parameters that it names.

    They are options of the command, among them those that the module's own `add_arguments(parser)` adds; and
    `progress(label, total)`, which makes a `Progress` to advance.
    """
    for app in apps.get_app_configs():
        if app.module and module_has_submodule(app.module, "seeds"):
            yield app, import_module(f"{app.name}.seeds")
