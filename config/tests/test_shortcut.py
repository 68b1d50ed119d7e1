"""What a program is answered past the browsers' middleware is what it would be answered by way of it."""

from typing import Any

import pytest
from django.http import HttpResponse
from rest_framework.test import APIClient

from common import shortcut
from items.factories import ItemFactory

ENDS = ("common.shortcut.ShortcutMiddleware", "common.shortcut.ShortcutEndMiddleware")
PASSED_BY = (
    "corsheaders.middleware.CorsMiddleware",
    "common.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.middleware.ChunkedBodyMiddleware",
    "common.browsers.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "common.browsers.CsrfViewMiddleware",
    "common.browsers.AuthenticationMiddleware",
    "common.browsers.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.RefusalMiddleware",
)

ASKED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("GET", "/api/v1/items/{id}", {}),
    ("HEAD", "/api/v1/items/{id}", {}),
    ("GET", "/api/v1/items/{id}", {"HTTP_ACCEPT": "text/html"}),
    ("GET", "/api/v1/items/{id}", {"HTTP_IF_NONE_MATCH": "*"}),
    ("GET", "/api/v1/items?page_size=1", {}),
    ("GET", "/api/v1/items?colour=red", {}),
    ("GET", "/api/v1/items/nothing", {}),
    ("GET", "/api/v1/nothing", {}),
    ("GET", "/api/v1/users/me", {}),
    ("GET", "/api/v1/users/me", {"HTTP_AUTHORIZATION": "Bearer x"}),
    ("GET", "/api/v1/users", {}),
    ("OPTIONS", "/api/v1/items", {}),
    ("DELETE", "/api/v1/items", {}),
    ("POST", "/api/v1/items", {}),
    ("POST", "/api/v1/items", {"HTTP_TRANSFER_ENCODING": "gzip"}),
    ("GET", "/api/v1/items", {"HTTP_ORIGIN": "http://localhost:3000"}),
    ("GET", "/api/v1/items", {"HTTP_ORIGIN": "https://elsewhere.example.com"}),
    ("GET", "/api/v1/items", {"HTTP_HOST": "elsewhere.example.com"}),
    ("GET", "/api/v1/items", {"wsgi.url_scheme": "https"}),
    ("GET", "/health", {}),
    ("GET", "/", {}),
)


@pytest.fixture
def program(make_user, bearer, settings):
    settings.THROTTLES = False
    return bearer(make_user("items:read:self", "items:write"))


def told(client: APIClient, settings, method: str, path: str, headers: dict[str, Any]) -> tuple[object, ...]:
    given: dict[str, Any] = {"HTTP_X_REQUEST_ID": "same", **headers}
    response = client.generic(method, path, **given)
    shown = dict(response.items())
    shown["Vary"] = ", ".join(sorted(shown.get("Vary", "").lower().split(", ")))
    # Django's test client makes a cookie jar of nothing; a page has a token of its own each time.
    body = b"" if "text/html" in shown.get("Content-Type", "") else response.content
    shown.pop("Content-Length" if not body else "", None)
    return response.status_code, shown, body


@pytest.mark.parametrize(("method", "path", "headers"), ASKED)
@pytest.mark.parametrize("redirects", [False, True])
def test_both_ways_answer_alike(program, settings, method, path, headers, redirects):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = redirects, 60
    settings.CORS_ALLOWED_ORIGINS = ["http://localhost:3000"]
    path = path.format(id=ItemFactory.create().pk)
    short = told(program, settings, method, path, headers)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name not in ENDS]
    program.handler._middleware_chain = None  # made anew
    assert told(program, settings, method, path, headers) == short


def is_plain(request):
    shortcut.ShortcutEndMiddleware(lambda request: HttpResponse(status=200))
    return shortcut.ShortcutMiddleware(lambda request: HttpResponse(status=400))(request).status_code == 200


def test_it_passes_by_what_is_for_browsers_and_nothing_else(settings):
    first, last = map(settings.MIDDLEWARE.index, ENDS)
    assert tuple(settings.MIDDLEWARE[first + 1 : last]) == PASSED_BY


def test_a_program_does_take_it(program, settings, monkeypatch):
    seen = []

    def look(self, request):
        seen.append(request)
        return HttpResponse()

    with monkeypatch.context() as patched:
        patched.setattr(shortcut.ShortcutMiddleware, "__call__", look)
        program.get("/api/v1/items")
    assert [is_plain(request) for request in seen] == [True]


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://shop.example.com"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_HOST": "elsewhere.example.com"},
        {"HTTP_AUTHORIZATION": None},
    ],
)
def test_what_those_have_an_answer_for_does_not(program, rf, headers):
    given = {"HTTP_AUTHORIZATION": "Bearer x", **headers}
    request = rf.get("/api/v1/items", **{name: value for name, value in given.items() if value})
    assert not is_plain(request)


@pytest.mark.parametrize("name", ["PREPEND_WWW", "SECURE_SSL_REDIRECT"])
def test_nor_where_a_setting_gives_them_one(rf, settings, name):
    request = rf.get("/api/v1/items", HTTP_AUTHORIZATION="Bearer x")
    assert is_plain(request)
    setattr(settings, name, True)
    assert not is_plain(request)
