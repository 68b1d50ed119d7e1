"""What every answer tells a browser, whoever gives it."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from common.headers import NOTHING, PAGE, HeadersMiddleware

pytestmark = pytest.mark.django_db

POLICY = "Content-Security-Policy"
HTML = {"Accept": "text/html"}


def directives(response) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in response[POLICY].split("; "))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/items", 401),
        ("/api/v1/nothing", 404),
        ("/nothing", 404),
        ("/openapi.json", 200),
        ("/health", 200),
        ("/.well-known/jwks.json", 200),
    ],
)
def test_json_may_load_nothing_and_be_in_no_frame(client, path, status):
    response = client.get(path, headers={"Accept": "application/json"})
    assert response.status_code == status
    assert directives(response) == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/scalar", "/admin/login/", "/api/v1/", "/api/v1/auth/login", "/api/v1/x", "/admin/x"]
)
def test_a_page_runs_no_script_but_files_of_ours(client, path):
    found = directives(client.get(path, headers=HTML))
    assert found["script-src"] == "'self'"
    assert "script-src-elem" not in found
    assert (found["default-src"], found["base-uri"], found["frame-ancestors"]) == ("'none'", "'none'", "'none'")


@pytest.mark.parametrize("path", ["/docs", "/admin/login/", "/api/v1/", "/api/v1/auth/login"])
def test_only_two_pages_of_the_docs_write_styles_of_their_own(client, path):
    assert "unsafe-inline" not in client.get(path, headers=HTML)[POLICY]


@pytest.mark.parametrize("path", ["/docs", "/admin/login/", "/api/v1/", "/api/v1/items"])
def test_the_rest_of_what_browsers_are_told(client, path):
    response = client.get(path, headers=HTML)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "camera=()" in response["Permissions-Policy"]


def test_https_is_remembered_as_the_settings_say(client, settings):
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    assert client.get("/api/v1/items", secure=True)["Strict-Transport-Security"] == "max-age=60; includeSubDomains"


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/api/v1/", "/api/v1/items", "/api/v1/auth/login"])
def test_a_page_that_shows_who_is_signed_in_is_not_kept(client, path):
    assert "no-store" in client.get(path, headers=HTML)["Cache-Control"]


def test_json_is_kept_by_its_reader_who_asks_again(bearer, make_user):
    client = bearer(make_user("users:read:self"))
    response = client.get("/api/v1/users/me")
    assert response["Cache-Control"] == "private, no-cache"
    again = client.get("/api/v1/users/me", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again["Cache-Control"]) == (304, "private, no-cache")


def test_a_view_that_knows_better_is_heard(client):
    assert client.get("/.well-known/jwks.json")["Cache-Control"] == "public, max-age=60"


def test_no_length_is_given_of_a_body_that_is_not_sent(client, bearer, make_user):
    tag = client.get("/openapi.json")["ETag"]
    unchanged = client.get("/openapi.json", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    assert "Content-Length" not in unchanged
    manager = bearer(make_user("users:read:self", "users:write:self"))
    session = manager.get("/api/v1/users/me/sessions").json()[0]["id"]
    gone = manager.delete(f"/api/v1/users/me/sessions/{session}")
    assert gone.status_code == 204
    assert "Content-Length" not in gone


@pytest.mark.parametrize(("debug", "policy"), [(True, None), (False, PAGE)])
def test_a_developers_traceback_keeps_the_script_inside_of_it(settings, debug, policy):
    settings.DEBUG = debug
    answer = HeadersMiddleware(lambda request: HttpResponse("<script>", status=500))(RequestFactory().get("/"))
    assert answer.get(POLICY) == policy


def test_what_is_not_named_is_forbidden():
    assert NOTHING.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
