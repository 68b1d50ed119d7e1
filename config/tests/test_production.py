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
        ({"THROTTLES": "off"}, "THROTTLES is off, which is for load tests: unset it."),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set: name the hosts that are served"),
        ({"ALLOWED_HOSTS": "api.example.com,*"}, "ALLOWED_HOSTS has *, which lets anyone choose the links we write"),
        ({"ALLOWED_HOSTS": "https://api.example.com"}, "ALLOWED_HOSTS has 'https://api.example.com', which is no host"),
        (
            {"ALLOWED_HOSTS": "api.example.com:443"},
            "ALLOWED_HOSTS has 'api.example.com:443', which is no host: name it",
        ),
        ({"FRONTEND_URL": ""}, "FRONTEND_URL is not set, and links in mails would lead to localhost: set it to where"),
        (
            {"FRONTEND_URL": "http://shop.example.com"},
            "FRONTEND_URL is 'http://shop.example.com', and links in mails set",
        ),
        (
            {"CORS_ALLOWED_ORIGINS": "http://shop.example.com"},
            "CORS_ALLOWED_ORIGINS has 'http://shop.example.com', whose",
        ),
        ({"METRICS": "on"}, "METRICS_TOKEN is not set, and METRICS is on: set it to the output of `python3 -c"),
        ({"METRICS": "on", "METRICS_TOKEN": "short"}, "METRICS_TOKEN is shorter than 50 characters, and METRICS is on"),
        (
            {"EMAIL_URL": "consolemail://"},
            "EMAIL_URL is consolemail://, which writes links that set passwords into the",
        ),
    ],
)
def test_it_does_not_start_and_says_what_to_do(variables: dict[str, str], sentence: str) -> None:
    done = run("-c", "import config.wsgi", **{**PRODUCTION, **variables})
    assert done.returncode != 0
    assert f"Production does not start:\n  {sentence}" in done.stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"CORS_ALLOWED_ORIGINS": "*"},
            "CORS_ALLOWED_ORIGINS has *, and cookies are let in with it: name the origins.",
        ),
        ({"CORS_ALLOWED_ORIGINS": "https://a.example,b.example"}, "CORS_ALLOWED_ORIGINS has 'b.example', which no"),
        ({"CORS_ALLOWED_ORIGINS": "https://a.example/"}, "CORS_ALLOWED_ORIGINS has 'https://a.example/', which no"),
        ({"REFRESH_COOKIE_SAMESITE": "none"}, "REFRESH_COOKIE_SAMESITE is 'none': set it to one of Lax, Strict, None."),
        (
            {"FRONTEND_URL": "shop.example.com"},
            "FRONTEND_URL is 'shop.example.com': set it to an address such as https://",
        ),
        (
            {"DATABASE_URL": "mysql://db/stock"},
            "DATABASE_URL must start with one of postgres://, postgresql://, sqlite://.",
        ),
        (
            {"DATABASE_URL": "postgres://db"},
            "DATABASE_URL names no database: set it to one such as postgres://host/name.",
        ),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL names no database: set it to one such as postgres://host/name."),
        ({"DATABASE_URL": "postgres://u:s3cr/t@db/x"}, "DATABASE_URL cannot be read as a URL: set its port to"),
        ({"REDIS_URL": "cache:6379"}, "REDIS_URL must start with one of redis://, rediss://, unix://."),
        ({"EMAIL_URL": "mail.example.com:25"}, "EMAIL_URL must start with one of smtp://, smtp+tls://, smtp+ssl://"),
        ({"SECURE_HSTS_SECONDS": "-1"}, "SECURE_HSTS_SECONDS is '-1': set it to a whole number."),
        ({"SECURE_SSL_REDIRECT": "maybe"}, "SECURE_SSL_REDIRECT is 'maybe': set it to true or false."),
    ],
)
def test_a_value_that_makes_no_sense_is_named_with_what_to_set(variables: dict[str, str], sentence: str) -> None:
    done = run("-c", "import config.wsgi", **{**PRODUCTION, **variables})
    assert done.returncode != 0
    assert f"ImproperlyConfigured: {sentence}" in done.stderr
    assert "s3cr" not in done.stderr


_ANOTHER_CACHE = """
import config.settings.cache as topic
topic.CACHES["default"] = {cache!r}
import config.wsgi
"""


@pytest.mark.parametrize(
    "cache",
    [
        {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://cache", "OPTIONS": {}},
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://cache"},
        {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    ],
)
def test_it_does_not_start_on_a_cache_that_unpickles(cache: dict[str, object]) -> None:
    done = run("-c", _ANOTHER_CACHE.format(cache=cache), **PRODUCTION)
    assert "Production does not start:\n  CACHES['default'] reads pickle, which runs what it reads: set" in done.stderr


def test_it_starts_on_the_least_that_the_docs_name_and_django_has_nothing_to_say() -> None:
    section = (BASE_DIR / "docs/configuration.md").read_text().partition("## The least that production needs")[2]
    block = section.split("```")[1]
    assert {"ENVIRONMENT", *re.findall(r"^([A-Z_]+)=", block, re.MULTILINE)} == PRODUCTION.keys()
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_every_reason_is_given_at_once() -> None:
    done = run("manage.py", "check", ENVIRONMENT="production")
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
    assert "ALLOWED_HOSTS is not set" in done.stderr
    assert "FRONTEND_URL is not set" in done.stderr


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
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD",
        "SECURE_PROXY_SSL_HEADER",
        SECURE_SSL_REDIRECT="false",
        SECURE_HSTS_SECONDS="60",
        SECURE_HSTS_INCLUDE_SUBDOMAINS="false",
        SECURE_HSTS_PRELOAD="true",
        TRUST_PROXY_SSL_HEADER="true",
        **PRODUCTION,
    )
    assert settings == {
        "SECURE_SSL_REDIRECT": False,
        "SECURE_HSTS_SECONDS": 60,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": False,
        "SECURE_HSTS_PRELOAD": True,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
    }
