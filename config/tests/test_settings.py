"""Each variable does what .env.example says, on the settings of a fresh process."""

from typing import Any

from config.tests.support import GOOD_KEY, PRODUCTION, load, run

LIMITS = "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"


def database(**variables: str) -> dict[str, Any]:
    entry: dict[str, Any] = load("DATABASES", **variables)["DATABASES"]["default"]
    return entry


def test_without_variables_it_is_a_file_and_the_memory_of_the_process() -> None:
    settings = load("DEBUG", "ALLOWED_HOSTS", "DATABASES", "CACHES", "EMAIL_BACKEND", "REFRESH_COOKIE")
    assert settings["DEBUG"] is True
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["DATABASES"]["default"]["NAME"].endswith("/.local/db.sqlite3")
    assert settings["CACHES"]["default"]["BACKEND"] == "django.core.cache.backends.locmem.LocMemCache"
    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"
    assert settings["REFRESH_COOKIE"]["secure"] is False


def test_database_url_is_postgresql_with_limits_kept_by_the_server() -> None:
    entry = database(DATABASE_URL="postgres://shop:p%40ss@db.example.com:6543/stock?sslmode=require")
    assert entry["ENGINE"] == "django.db.backends.postgresql"
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"], entry["NAME"]) == (
        "shop",
        "p@ss",
        "db.example.com",
        6543,
        "stock",
    )
    assert entry["OPTIONS"] == {"options": LIMITS, "connect_timeout": 3, "prepare_threshold": 0, "sslmode": "require"}
    assert (entry["CONN_MAX_AGE"], entry["CONN_HEALTH_CHECKS"]) == (60, True)


def test_database_url_may_name_the_driver() -> None:
    assert database(DATABASE_URL="postgresql+psycopg://db/stock")["NAME"] == "stock"


def test_database_url_may_be_another_sqlite_file() -> None:
    entry = database(DATABASE_URL="sqlite:////srv/stock.sqlite3")
    assert entry["NAME"] == "/srv/stock.sqlite3"
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_each_limit_of_the_database_is_a_variable_in_seconds() -> None:
    limits = {
        "DATABASE_STATEMENT_TIMEOUT": "60",
        "DATABASE_LOCK_TIMEOUT": "1",
        "DATABASE_IDLE_TIMEOUT": "7",
        "DATABASE_CONNECT_TIMEOUT": "9",
    }
    loaded = load("DATABASES", "DATABASE_ANSWER_TIMEOUT", DATABASE_URL="postgres://db/stock", **limits)
    options = loaded["DATABASES"]["default"]["OPTIONS"]
    assert options["options"] == "-c statement_timeout=60s -c lock_timeout=1s -c idle_in_transaction_session_timeout=7s"
    assert options["connect_timeout"] == 9
    assert loaded["DATABASE_ANSWER_TIMEOUT"] == 62
    assert load("DATABASE_ANSWER_TIMEOUT", DATABASE_STATEMENT_TIMEOUT="0") == {"DATABASE_ANSWER_TIMEOUT": 0}


def test_prepared_statements_can_be_turned_off() -> None:
    entry = database(DATABASE_URL="postgres://db/stock", DATABASE_PREPARED_STATEMENTS="off")
    assert entry["OPTIONS"]["prepare_threshold"] is None


def test_postgresql_in_parts() -> None:
    parts = {
        "POSTGRES_HOST": "db",
        "POSTGRES_PORT": "6543",
        "POSTGRES_DB": "shop",
        "POSTGRES_USER": "u",
        "POSTGRES_PASSWORD": "$p",
    }
    entry = database(**parts)
    assert [entry[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")] == ["db", 6543, "shop", "u", "$p"]
    assert entry["OPTIONS"] == {"options": LIMITS, "connect_timeout": 3, "prepare_threshold": 0}
    assert database(POSTGRES_DB="shop")["HOST"] == "127.0.0.1"
    assert database(DATABASE_URL="postgres://other/x", **parts)["HOST"] == "other"


def test_redis_by_url_or_in_parts_and_never_with_pickle() -> None:
    by_url = load("CACHES", REDIS_URL="rediss://cache:6380/2")["CACHES"]["default"]
    assert by_url["LOCATION"] == "rediss://cache:6380/2"
    assert by_url["OPTIONS"]["SERIALIZER"] == "django_redis.serializers.json.JSONSerializer"
    in_parts = load("CACHES", REDIS_HOST="cache", REDIS_PORT="6380", REDIS_DB="2")["CACHES"]["default"]
    assert in_parts == {**by_url, "LOCATION": "redis://cache:6380/2"}
    assert load("CACHES", REDIS_HOST="cache")["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/0"


def test_pages_on_other_hosts_are_let_in_by_name() -> None:
    here = load("CORS_ALLOWED_ORIGINS")["CORS_ALLOWED_ORIGINS"]
    assert {"http://localhost:3000", "http://127.0.0.1:5173"} < set(here)
    assert load("CORS_ALLOWED_ORIGINS", **PRODUCTION) == {"CORS_ALLOWED_ORIGINS": []}
    assert load("CORS_ALLOWED_ORIGINS", ENVIRONMENT="test") == {"CORS_ALLOWED_ORIGINS": []}
    given = "https://shop.example.com,http://localhost:3000,http://[::1]:8080,capacitor://localhost"
    named = load("CORS_ALLOWED_ORIGINS", CORS_ALLOWED_ORIGINS=given, **PRODUCTION)
    assert named == {"CORS_ALLOWED_ORIGINS": given.split(",")}


def test_the_cookie_goes_to_other_sites_over_https_only() -> None:
    cookie = load("REFRESH_COOKIE", REFRESH_COOKIE_SAMESITE="None", **PRODUCTION)["REFRESH_COOKIE"]
    assert (cookie["samesite"], cookie["secure"]) == ("None", True)
    done = run("manage.py", "check", ENVIRONMENT="local", REFRESH_COOKIE_SAMESITE="None")
    assert done.returncode != 0
    assert "REFRESH_COOKIE_SAMESITE is None, which browsers take of HTTPS only, and so does production: unset it" in (
        done.stderr
    )


def test_mail_by_url() -> None:
    names = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    settings = load(*names, "DEFAULT_FROM_EMAIL", EMAIL_URL="smtp+tls://me:p%40ss@mx:587", DEFAULT_FROM_EMAIL="a@b.c")
    assert list(settings.values()) == [
        "django.core.mail.backends.smtp.EmailBackend",
        "mx",
        587,
        "me",
        "p@ss",
        True,
        "a@b.c",
    ]
    assert load("EMAIL_HOST", **PRODUCTION) == {"EMAIL_HOST": "localhost"}


def test_tokens_are_signed_with_a_key_of_their_own() -> None:
    derived = load("SIMPLE_JWT", SECRET_KEY=GOOD_KEY)["SIMPLE_JWT"]
    assert len(derived["SIGNING_KEY"]) == 64
    assert derived["SIGNING_KEY"] not in GOOD_KEY
    assert load("SIMPLE_JWT", SECRET_KEY=GOOD_KEY)["SIMPLE_JWT"] == derived
    assert load("SIMPLE_JWT", SECRET_KEY=GOOD_KEY[::-1])["SIMPLE_JWT"]["SIGNING_KEY"] != derived["SIGNING_KEY"]

    given = load("SIMPLE_JWT", SECRET_KEY=GOOD_KEY, JWT_SIGNING_KEY="own", JWT_ISSUER="i", JWT_AUDIENCE="a")
    assert [given["SIMPLE_JWT"][key] for key in ("SIGNING_KEY", "ISSUER", "AUDIENCE")] == ["own", "i", "a"]


def test_the_remaining_switches() -> None:
    settings = load(
        "DEBUG",
        "ALLOWED_HOSTS",
        "LOG_LEVEL",
        "REFRESH_COOKIE",
        "STOCKROOM_MANAGER_PASSWORD",
        "TOKEN_CACHE",
        DEBUG="false",
        ALLOWED_HOSTS="a.example,b.example",
        LOG_LEVEL="DEBUG",
        REFRESH_COOKIE_SAMESITE="Strict",
        STOCKROOM_MANAGER_PASSWORD="$ecret",
        TOKEN_CACHE="off",
    )
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["a.example", "b.example"]
    assert settings["LOG_LEVEL"] == "DEBUG"
    assert settings["REFRESH_COOKIE"]["samesite"] == "Strict"
    assert settings["STOCKROOM_MANAGER_PASSWORD"] == "$ecret"
    assert settings["TOKEN_CACHE"] is False


def test_each_rate_by_its_variable() -> None:
    names = ("READ", "WRITE", "SEARCH", "BULK", "AUTH")
    default = load("RATES", "THROTTLES")
    assert default["THROTTLES"] is True
    assert default["RATES"].keys() == {name.lower() for name in names}
    assert default["RATES"]["read"] == "Rate(limit=600, seconds=60)"

    given = load("RATES", **{f"RATE_{name}": f"{number}/day" for number, name in enumerate(names, 1)})["RATES"]
    assert given == {name.lower(): f"Rate(limit={number}, seconds=86400)" for number, name in enumerate(names, 1)}


def test_rates_can_be_switched_off_and_proxies_named() -> None:
    names = ("THROTTLES", "RATES_AHEAD", "TRUSTED_PROXIES")
    settings = load(*names, THROTTLES="off", RATE_AHEAD="off", TRUSTED_PROXIES="10.0.0.0/8, unix")
    assert settings["THROTTLES"] is settings["RATES_AHEAD"] is False
    assert load("RATES_AHEAD")["RATES_AHEAD"] is True
    assert settings["TRUSTED_PROXIES"] == "Proxies(networks=(IPv4Network('10.0.0.0/8'),), unix=True)"


def test_the_audit_is_kept_as_long_as_it_says() -> None:
    assert load("AUDIT_KEEP_DAYS")["AUDIT_KEEP_DAYS"] == 365
    assert load("AUDIT_KEEP_DAYS", AUDIT_KEEP_DAYS="30")["AUDIT_KEEP_DAYS"] == 30
    for days in ("0", "36501"):
        refused = run("-m", "django", "check", DJANGO_SETTINGS_MODULE="config.settings.local", AUDIT_KEEP_DAYS=days)
        assert f"AUDIT_KEEP_DAYS is {days}: set it to 1 to 36500 days." in refused.stderr
