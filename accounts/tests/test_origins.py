"""The refresh cookie goes along with whatever any page asks for; so what it does depends on whose page that is."""

from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient

from accounts import sessions
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, Session

pytestmark = pytest.mark.django_db

LOGIN, REFRESH, LOGOUT = "/api/v1/users/login", "/api/v1/users/refresh", "/api/v1/users/logout"
LISTED, OWN = "https://shop.example.com", "http://testserver"

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://testserver"},  # another scheme
    {"Origin": "http://testserver:8001"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": f"{LISTED}.evil.example"},
    {"Origin": f"{LISTED}, https://evil.example"},
    {"Origin": "HTTPS://SHOP.EXAMPLE.COM"},
    {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "whatever"},
]
OURS = [
    {},
    {"Origin": OWN},
    {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": LISTED},
    {"Origin": LISTED, "Sec-Fetch-Site": "cross-site"},
    {"Origin": LISTED, "Sec-Fetch-Site": "same-site"},
]


@pytest.fixture(autouse=True)
def _listed(settings):
    settings.CORS_ALLOWED_ORIGINS = [LISTED]


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self")


@pytest.fixture
def pair(ada):
    return sessions.start(ada)


@pytest.fixture
def browser(pair) -> APIClient:
    """Has the cookie, and sends it wherever a page asks."""
    client = APIClient()
    client.cookies["refresh_token"] = pair.refresh
    return client


def assert_refused(response):
    assert response.status_code == 403, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "origin_not_allowed"
    assert "refresh_token" not in response.cookies


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("url", [REFRESH, LOGOUT])
def test_a_foreign_page_is_refused_and_nothing_changes(browser, pair, url, headers):
    before = Session.objects.values().get()

    assert_refused(browser.post(url, headers=headers))

    assert Session.objects.values().get() == before
    assert browser.cookies["refresh_token"].value == pair.refresh
    assert browser.post(REFRESH).status_code == 200


@pytest.mark.parametrize("headers", OURS)
def test_pages_of_ours_and_programs_are_not(browser, headers):
    assert browser.post(REFRESH, headers=headers).status_code == 200
    assert browser.post(LOGOUT, headers=headers).status_code == 200
    assert browser.cookies["refresh_token"].value == ""


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_signs_nobody_in(api, ada, headers):
    assert_refused(api.post(LOGIN, {"email": ada.email, "password": PASSWORD}, headers=headers))

    assert not Session.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="login").exists()


@pytest.mark.parametrize("headers", OURS)
def test_pages_of_ours_sign_in(api, ada, headers):
    assert api.post(LOGIN, {"email": ada.email, "password": PASSWORD}, headers=headers).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
def test_without_a_cookie_a_foreign_page_clears_none(headers):
    assert_refused(APIClient().post(LOGOUT, headers=headers))


def test_a_token_in_the_body_needs_no_page(api, pair):
    response = api.post(REFRESH, {"refresh_token": pair.refresh}, headers={"Origin": "https://evil.example"})

    assert response.status_code == 200
    assert "refresh_token" not in response.cookies


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"{}"),
        ("Multipart/Form-Data; boundary=x", b""),
        ("text/plain", b"{}"),
    ],
)
@pytest.mark.parametrize("url", [LOGIN, REFRESH, LOGOUT])
def test_what_a_form_can_send_is_refused_even_empty(browser, pair, url, content_type, body):
    response = browser.generic("POST", url, body, content_type=content_type)

    assert response.status_code == 415, response.content
    assert "refresh_token" not in response.cookies
    assert browser.post(REFRESH).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_program_with_a_jar_of_cookies_needs_nothing_else(live_server, pair):
    with closing(HTTPConnection(urlsplit(live_server.url).netloc, timeout=30)) as connection:
        for url in (REFRESH, LOGOUT):
            connection.request("POST", url, headers={"Cookie": f"refresh_token={pair.refresh}"})
            with connection.getresponse() as response:
                assert response.status == 200, response.read()
                response.read()


def test_the_cookie_is_for_these_routes_and_no_script(api, ada):
    cookie = api.post(LOGIN, {"email": ada.email, "password": PASSWORD}).cookies["refresh_token"]

    assert (cookie["path"], cookie["max-age"]) == ("/api/v1/users", 604_800)
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")


def test_in_production_it_travels_over_https_only(api, ada, settings):
    settings.REFRESH_COOKIE = {**settings.REFRESH_COOKIE, "samesite": "None", "secure": True}

    cookie = api.post(LOGIN, {"email": ada.email, "password": PASSWORD}).cookies["refresh_token"]
    assert (cookie["secure"], cookie["samesite"]) == (True, "None")
    cleared = api.post(LOGOUT).cookies["refresh_token"]
    # Without Secure no browser would take it, and so not clear the other.
    assert (cleared["max-age"], cleared["secure"], cleared["samesite"]) == (0, True, "None")
