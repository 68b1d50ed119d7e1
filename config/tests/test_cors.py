"""Which pages on other hosts may call the API from a browser, and that they can read every answer."""

import pytest
from django.test import Client, override_settings

from accounts.factories import PASSWORD

pytestmark = pytest.mark.django_db

LISTED, FOREIGN = "https://shop.example.com", "https://evil.example"
ALLOW = "Access-Control-Allow-Origin"


@pytest.fixture(autouse=True)
def _listed(settings):
    settings.CORS_ALLOWED_ORIGINS = [LISTED]


def preflight(client: Client, path: str, origin: str, method: str = "PATCH", headers: str = "authorization"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options(path, headers=asked)


def names(response, header: str) -> set[str]:
    return {name.strip().lower() for name in response[header].split(",")}


def assert_readable(response, origin: str = LISTED):
    assert response[ALLOW] == origin
    assert response["Access-Control-Allow-Credentials"] == "true"
    assert "origin" in names(response, "Vary")


def test_a_listed_origin_is_let_in_before_it_asks(client):
    response = preflight(client, "/api/v1/items", LISTED)
    assert response.status_code == 200
    assert_readable(response)
    assert names(response, "Access-Control-Allow-Methods") >= {"get", "post", "put", "patch", "delete"}
    assert names(response, "Access-Control-Allow-Headers") == {
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "traceparent",
        "tracestate",
        "x-request-id",
    }
    assert response["Access-Control-Max-Age"] == "7200"


@pytest.mark.parametrize(
    "origin", [FOREIGN, "null", "http://shop.example.com", f"{LISTED}:444", f"{LISTED}.evil.example", "https://"]
)
def test_no_other_is(client, origin):
    for response in (preflight(client, "/api/v1/items", origin), client.get("/api/v1/", headers={"Origin": origin})):
        assert ALLOW not in response
        assert "Access-Control-Allow-Credentials" not in response
        assert "origin" in names(response, "Vary")


def test_what_an_answer_says_beside_its_body_can_be_read(client):
    exposed = names(client.get("/api/v1/", headers={"Origin": LISTED}), "Access-Control-Expose-Headers")
    assert exposed >= {"x-request-id", "etag", "location", "ratelimit", "ratelimit-policy", "retry-after", "link"}


def locked_out(client: Client, origin: str):
    for _ in range(5):
        client.post("/api/v1/users/login", {"email": "a@b.example", "password": "wrong"}, "application/json")
    return client.post(
        "/api/v1/users/login",
        {"email": "a@b.example", "password": PASSWORD},
        "application/json",
        headers={"Origin": origin},
    )


def broken(client: Client, origin: str):
    client.raise_request_exception = False
    with override_settings(ROOT_URLCONF="config.tests.broken_urls"):
        return client.get("/api/v1/broken", headers={"Origin": origin})


REFUSALS = {
    401: lambda client, origin: client.get("/api/v1/items", headers={"Origin": origin}),
    404: lambda client, origin: client.get("/api/v1/nothing", headers={"Origin": origin}),
    405: lambda client, origin: client.put("/openapi.json", headers={"Origin": origin}),
    413: lambda client, origin: client.post(
        "/api/v1/users/login", "x" * 3_000_000, "application/json", headers={"Origin": origin}
    ),
    # By the middleware that reads bodies without a length.
    415: lambda client, origin: client.post(
        "/api/v1/users/login",
        headers={"Origin": origin, "Transfer-Encoding": "gzip"},
        CONTENT_LENGTH="",
    ),
    422: lambda client, origin: client.get("/api/v1/?page=1", headers={"Origin": origin}),
    429: locked_out,
    500: broken,
}


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_can_be_read_too(client, status):
    response = REFUSALS[status](client, LISTED)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert_readable(response)
    assert response["X-Request-ID"]


@pytest.mark.parametrize("path", ["/admin/login/", "/docs", "/static/docs/icon.svg", "/health"])
def test_what_is_no_api_is_for_nobody_elses_pages(client, path):
    response = client.get(path, headers={"Origin": LISTED})
    assert response.status_code == 200
    assert ALLOW not in response
    response.close()


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/openapi.json", "/openapi.yaml", "/.well-known/jwks.json"])
def test_the_api_and_its_documents_are_for_listed_ones(client, path):
    assert_readable(client.get(path, headers={"Origin": LISTED}))


def test_a_program_pays_nothing_for_it(client):
    assert ALLOW not in client.get("/api/v1/")
