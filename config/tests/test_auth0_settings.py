import pytest

from config.tests.support import PRODUCTION, load, run

NAMES = (
    "AUTH0_DOMAIN",
    "AUTH0_ISSUER",
    "AUTH0_AUDIENCE",
    "AUTH0_RBAC",
    "AUTH0_DEFAULT_ROLE",
    "AUTH0_PERMISSIONS_CLAIM",
    "AUTH0_ROLES_CLAIM",
)
TENANT = {"AUTH0_DOMAIN": "shop.eu.auth0.com", "AUTH0_AUDIENCE": "https://api.example.com"}


def test_without_variables_there_is_no_tenant() -> None:
    assert list(load(*NAMES).values()) == ["", "", "", False, "store_manager", "permissions", "roles"]


def test_each_variable_has_its_effect() -> None:
    given = load(
        *NAMES,
        AUTH0_DOMAIN="localhost:8443",
        AUTH0_AUDIENCE="api",
        AUTH0_RBAC="true",
        AUTH0_DEFAULT_ROLE="user",
        AUTH0_PERMISSIONS_CLAIM="https://example.com/may",
        AUTH0_ROLES_CLAIM="https://example.com/roles",
    )
    assert list(given.values()) == [
        "localhost:8443",
        "https://localhost:8443/",
        "api",
        True,
        "user",
        "https://example.com/may",
        "https://example.com/roles",
    ]


def test_the_audience_has_two_names() -> None:
    domain = {"AUTH0_DOMAIN": "shop.eu.auth0.com"}
    assert load("AUTH0_AUDIENCE", AUTH0_API_AUDIENCE="api", **domain) == {"AUTH0_AUDIENCE": "api"}
    both = load("AUTH0_AUDIENCE", AUTH0_AUDIENCE="one", AUTH0_API_AUDIENCE="other", **domain)
    assert both == {"AUTH0_AUDIENCE": "one"}


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"AUTH0_DOMAIN": "shop.eu.auth0.com"}, "AUTH0_DOMAIN is set without AUTH0_AUDIENCE: set it to"),
        ({"AUTH0_AUDIENCE": "api"}, "AUTH0_AUDIENCE is set without AUTH0_DOMAIN: set it to"),
        ({**TENANT, "AUTH0_DOMAIN": "https://shop.eu.auth0.com/"}, "set it to the name of a host alone"),
        ({**TENANT, "AUTH0_DOMAIN": "http://shop.eu.auth0.com"}, "set it to the name of a host alone"),
        ({**TENANT, "AUTH0_DOMAIN": "me@shop.eu.auth0.com"}, "set it to the name of a host alone"),
        ({**TENANT, "AUTH0_RBAC": "maybe"}, "AUTH0_RBAC is 'maybe': set it to true or false."),
    ],
)
@pytest.mark.parametrize("environment", [PRODUCTION, {"ENVIRONMENT": "local"}], ids=["production", "local"])
def test_half_a_configuration_is_refused(environment: dict[str, str], variables: dict[str, str], sentence: str) -> None:
    done = run("manage.py", "check", **{**environment, **variables})
    assert done.returncode != 0
    assert sentence in done.stderr


def test_production_starts_with_a_tenant() -> None:
    assert load("AUTH0_ISSUER", **PRODUCTION, **TENANT) == {"AUTH0_ISSUER": "https://shop.eu.auth0.com/"}
