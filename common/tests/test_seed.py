import sys
from io import StringIO
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command

from common.management.commands import seed as command


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
