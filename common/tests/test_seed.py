import sys
from collections.abc import Callable
from io import StringIO
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.core.management.base import CommandParser

from common.management.commands import seed as command
from common.progress import Progress


def run(**options: Any) -> str:
    out = StringIO()
    call_command("seed", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A `seeds` module in an app of Django's, and none in the others."""
    module = ModuleType("django.contrib.contenttypes.seeds")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(
        command, "module_has_submodule", lambda package, name: package.__name__ == "django.contrib.contenttypes"
    )
    return module


@pytest.mark.django_db
def test_it_runs_the_seeds_of_the_apps_and_says_what_they_say(planted: ModuleType) -> None:
    planted.__dict__["seed"] = lambda: "3 oaks\n2 elms"
    assert run() == "Demo contenttypes:\n  3 oaks\n  2 elms\n"


@pytest.mark.django_db
def test_a_module_adds_arguments_and_is_given_those_that_it_names(planted: ModuleType) -> None:
    def add_arguments(parser: CommandParser) -> None:
        parser.add_argument("--oaks", type=int, default=2)
        parser.add_argument("--elms", type=int, default=0)

    planted.__dict__.update(add_arguments=add_arguments, seed=lambda oaks, verbosity: f"{oaks} oaks, {verbosity}")
    assert run() == "Demo contenttypes:\n  2 oaks, 1\n"
    assert run(oaks=5, verbosity=2) == "Demo contenttypes:\n  5 oaks, 2\n"


@pytest.mark.django_db
def test_progress_is_shown_beside_what_is_said(planted: ModuleType) -> None:
    def seed(*, progress: Callable[[str, int], Progress]) -> str:
        progress("Oaks", 1).advance(1)
        return "1 oak"

    planted.__dict__["seed"] = seed
    err = StringIO()
    assert run(stderr=err) == "Demo contenttypes:\n  1 oak\n"
    assert err.getvalue() == "Oaks: 100%\n"


@pytest.mark.django_db(transaction=True)
def test_what_fails_leaves_nothing_behind(planted: ModuleType) -> None:
    def seed() -> str:
        ContentType.objects.create(app_label="planted", model="tree")
        raise ValueError("half-way")

    planted.__dict__["seed"] = seed
    with pytest.raises(ValueError, match="half-way"):
        run()
    assert not ContentType.objects.filter(app_label="planted").exists()


@pytest.mark.django_db
def test_production_refuses_and_says_why(planted: ModuleType, settings: Any) -> None:
    planted.__dict__["seed"] = lambda: "planted"
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="passwords that everyone knows"):
        run()
    assert "planted" in run(force=True)


@pytest.mark.django_db
def test_again_it_adds_nothing() -> None:
    def rows() -> dict[str, int]:
        return {model._meta.label: model._default_manager.count() for model in apps.get_models()}

    run()
    once = rows()
    run()
    assert rows() == once
