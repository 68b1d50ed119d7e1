import re

import pytest

from config.env import BASE_DIR
from config.tests.support import GOOD_KEY, PRODUCTION, load, run

EXAMPLE_KEY = re.findall(r"^# SECRET_KEY=(.+)$", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)[0]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set: set it to the output of `python3 -c"),
        ({"SECRET_KEY": GOOD_KEY[:49]}, "SECRET_KEY is shorter than 50 characters"),
        ({"SECRET_KEY": "abcdefghi" * 9}, "SECRET_KEY has fewer than 10 different characters"),
        ({"SECRET_KEY": f"django-insecure-{GOOD_KEY}"}, "SECRET_KEY is a well-known placeholder"),
        ({"SECRET_KEY": "supersecretkey"}, "SECRET_KEY is a well-known placeholder"),
        ({"SECRET_KEY": EXAMPLE_KEY}, "SECRET_KEY is a well-known placeholder"),
        ({"JWT_SIGNING_KEY": "short"}, "JWT_SIGNING_KEY is shorter than 50 characters"),
        ({"DEBUG": "true"}, "DEBUG is on, which shows the inside to strangers: unset it."),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set: name the hosts that are served"),
        ({"ALLOWED_HOSTS": "api.example.com,*"}, "ALLOWED_HOSTS has *, which lets anyone choose the links we write"),
    ],
)
def test_it_does_not_start_and_says_what_to_do(variables: dict[str, str], sentence: str) -> None:
    done = run("-c", "import config.wsgi", **{**PRODUCTION, **variables})
    assert done.returncode != 0
    assert f"Production does not start:\n  {sentence}" in done.stderr


def test_every_reason_is_given_at_once() -> None:
    done = run("manage.py", "check", ENVIRONMENT="production")
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
    assert "ALLOWED_HOSTS is not set" in done.stderr


def test_it_is_what_the_web_server_loads_by_default() -> None:
    done = run("-c", "import config.wsgi")
    assert "Production does not start" in done.stderr


def test_it_starts_on_good_variables_hardened() -> None:
    hardened = (
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_CONTENT_TYPE_NOSNIFF",
    )
    settings = load(
        *hardened, "DEBUG", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "REFRESH_COOKIE", **PRODUCTION
    )
    assert all(settings[name] is True for name in hardened)
    assert settings["DEBUG"] is False
    assert settings["SECURE_HSTS_SECONDS"] == 31_536_000
    assert settings["SECURE_PROXY_SSL_HEADER"] is None
    assert settings["REFRESH_COOKIE"]["secure"] is True


def test_its_switches_switch() -> None:
    settings = load(
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_PROXY_SSL_HEADER",
        SECURE_SSL_REDIRECT="false",
        SECURE_HSTS_SECONDS="60",
        TRUST_PROXY_SSL_HEADER="true",
        **PRODUCTION,
    )
    assert settings == {
        "SECURE_SSL_REDIRECT": False,
        "SECURE_HSTS_SECONDS": 60,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
    }
