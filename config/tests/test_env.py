import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.tests.support import load, run


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "")
    assert env.text("THING", "default") == "default"
    assert env.flag("THING", default=True) is True
    assert env.number("THING", 3) == 3
    assert env.words("THING", ("a",)) == ["a"]


def test_a_value_that_starts_with_a_dollar_is_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "other")
    monkeypatch.setenv("THING", "$OTHER")
    assert env.text("THING") == "$OTHER"


def test_words_are_split_at_commas_and_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", " a, b ,,c")
    assert env.words("THING") == ["a", "b", "c"]


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("ON", True), ("0", False), ("No", False)])
def test_flags_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("THING", value)
    assert env.flag("THING", default=not expected) is expected


def test_a_value_that_makes_no_sense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "yse")
    with pytest.raises(ImproperlyConfigured, match="THING is 'yse': set it to true or false"):
        env.flag("THING", default=False)
    with pytest.raises(ImproperlyConfigured, match="THING is 'yse': set it to a whole number"):
        env.number("THING", 1)
    with pytest.raises(ImproperlyConfigured, match="THING is 'yse': set it to one of Lax, Strict"):
        env.choice("THING", ("Lax", "Strict"), "Lax")
    with pytest.raises(ImproperlyConfigured, match="THING has 'yse', which no browser sends: set it to"):
        env.origins("THING")
    with pytest.raises(ImproperlyConfigured, match="THING is 'yse': set it to an address such as https://"):
        env.page_url("THING", "")
    with pytest.raises(ImproperlyConfigured, match="THING is 'yse': set it to a number from 0 to 1"):
        env.share("THING", 0.0)
    with pytest.raises(ImproperlyConfigured, match="THING is 'yse': set it to a number, a slash, and second, minute"):
        env.rate("THING", "600/minute")
    with pytest.raises(ImproperlyConfigured, match="THING has 'yse': set it to the addresses or networks of your"):
        env.proxies("THING")
    with pytest.raises(ImproperlyConfigured, match="THING is no DSN: set it to what Sentry shows"):
        env.dsn("THING")
    with pytest.raises(ImproperlyConfigured, match="THING must start with one of redis://"):
        env.redis_url("THING")
    with pytest.raises(ImproperlyConfigured, match="THING must start with one of postgres://"):
        env.database_url("THING")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "shop.example.com",
        "https://",
        "https://shop.example.com/",
        "https://shop.example.com/app",
        "https://shop.example.com?",
        "https://*.example.com",
        "https://Shop.example.com",
        "https://me@shop.example.com",
        "https://shop.example.com:443",
        "http://shop.example.com:80",
        "https://shop.example.com:https",
    ],
)
def test_an_origin_is_written_as_browsers_write_it(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("THING", origin)
    with pytest.raises(ImproperlyConfigured, match=f"THING has {re.escape(repr(origin))}, which no browser sends"):
        env.origins("THING")


def test_an_unknown_environment_is_refused() -> None:
    done = run("manage.py", "check", ENVIRONMENT="staging")
    assert done.returncode != 0
    assert "ENVIRONMENT is 'staging': set it to one of local, test, production." in done.stderr


def test_the_settings_module_that_is_named_wins_over_the_environment() -> None:
    named = load("ENVIRONMENT", ENVIRONMENT="local", DJANGO_SETTINGS_MODULE="config.settings.test")
    assert named == {"ENVIRONMENT": "test"}


def test_an_empty_settings_module_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "")
    env.select_settings(default="local")
    assert env.text("DJANGO_SETTINGS_MODULE") == "config.settings.test"


def test_dotenv_fills_what_the_environment_leaves_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GIVEN=file\nLEFT_OPEN=file\n")
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.local")
    monkeypatch.setenv("GIVEN", "process")
    monkeypatch.delenv("LEFT_OPEN", raising=False)
    env.select_settings(default="local")
    assert (env.text("GIVEN"), env.text("LEFT_OPEN")) == ("process", "file")


def test_the_example_lists_exactly_the_variables_that_are_read() -> None:
    sources = [*(env.BASE_DIR / "config").glob("*.py"), *(env.BASE_DIR / "config/settings").glob("*.py")]
    code = "".join(path.read_text() for path in [*sources, env.BASE_DIR / "gunicorn.conf.py"])
    read = set(re.findall(r"""\b(?:env\.\w+|text|environ\.get)\(\s*["']([A-Z0-9_]+)["']""", code))
    listed = set(re.findall(r"^#? ?([A-Z0-9_]+)=", (env.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert listed == read
