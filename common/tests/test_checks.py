import pytest
from django.conf import settings

from common.checks import database_is_shared


def test_it_warns_of_a_database_that_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}})
    (warning,) = database_is_shared()
    assert warning.id == "common.W001"
    assert warning.hint == "Set DATABASE_URL to a PostgreSQL server."


def test_it_is_content_with_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATABASES", {"default": {"ENGINE": "django.db.backends.postgresql"}})
    assert database_is_shared() == []
