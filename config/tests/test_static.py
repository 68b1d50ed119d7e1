"""Static files in production: with a hash in their names once collected, and there before that too."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from whitenoise.compress import Compressor

from common.staticfiles import CollectedStorage
from config.tests.support import PRODUCTION, load

pytestmark = pytest.mark.django_db  # closing a file that is sent ends the request, and with it the connection


@pytest.fixture
def collected(tmp_path, settings, monkeypatch):
    """As `collectstatic` leaves them in production, but for compressing, which takes its time."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "common.staticfiles.CollectedStorage"}}
    monkeypatch.setattr(Compressor, "should_compress", lambda self, filename: False)
    settings.WHITENOISE_AUTOREFRESH = False
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_collected_files_are_named_by_their_content_and_kept_for_ever(collected):
    icon = Client().get("/favicon.ico").headers["Location"]
    assert icon.startswith("/static/docs/icon.")
    assert icon != "/static/docs/icon.svg"
    response = Client().get(icon)
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in response.headers
    response.close()
    assert not (collected / "docs" / "icon.svg").exists()


def test_what_is_not_collected_keeps_its_name(tmp_path):
    storage = CollectedStorage(location=tmp_path, base_url="/static/")
    assert storage.url("docs/icon.svg") == "/static/docs/icon.svg"


def test_what_is_not_collected_is_served_nevertheless():
    assert settings.WHITENOISE_USE_FINDERS
    response = Client().get("/static/docs/icon.svg")
    assert response.status_code == 200
    response.close()


def test_production_collects():
    found = load("STATIC_ROOT", "STORAGES", **PRODUCTION)
    assert found["STATIC_ROOT"].endswith("/staticfiles")
    assert found["STORAGES"]["staticfiles"] == {"BACKEND": "common.staticfiles.CollectedStorage"}
    assert load("STATIC_ROOT") == {"STATIC_ROOT": None}
