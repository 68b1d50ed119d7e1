"""Rows that have had their time are cleared away, some at a time, while the service runs.

An app says how long it keeps its rows in a module `retention`: `EXPIRED`, by name a function that clears away some that
have had their time and returns how many, 0 when there are none left; and `NOT_IN_BACKUPS`, the models whose rows a
backup leaves out.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.module_loading import module_has_submodule

from common.models import clear_away

# Short transactions: nobody waits long for a lock of ours, and what is done stays done when we are stopped.
AT_ONCE = 1_000

Chore = Callable[[], int]


def chores() -> Iterator[tuple[str, Chore]]:
    for module in _modules():
        yield from getattr(module, "EXPIRED", {}).items()


def not_in_backups() -> list[type[Model]]:
    return [model for module in _modules() for model in getattr(module, "NOT_IN_BACKUPS", ())]


@transaction.atomic
def clear_some(rows: QuerySet[Any]) -> int:
    """A chore's usual way, safe in two processes at once."""
    return clear_away(rows, at_most=AT_ONCE)


def run(chore: Chore, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Do it until nothing is left to do. Returns the number of rows."""
    total = 0
    while not stopped() and (cleared := chore()):
        total += cleared
    return total


def _modules() -> Iterator[Any]:
    for app in apps.get_app_configs():
        if app.module and module_has_submodule(app.module, "retention"):
            yield import_module(f"{app.name}.retention")
