"""What is for browsers only: a program's request has no session, and none speaks for it."""

import pytest
from django.test import Client

from accounts.factories import PASSWORD

pytestmark = pytest.mark.django_db

TODOS = "/api/v1/todos"


@pytest.fixture
def ada(make_user):
    return make_user("todos:read:self", is_staff=True)


@pytest.fixture
def browser(ada):
    found = Client()
    found.force_login(ada)
    return found


def test_a_session_says_nothing_beside_a_header(browser, ada, bearer, make_user):
    other = bearer(make_user())._credentials["HTTP_AUTHORIZATION"]

    assert browser.get(TODOS).status_code == 200
    assert browser.get(TODOS, HTTP_AUTHORIZATION="Bearer x").status_code == 401
    assert browser.get(TODOS, HTTP_AUTHORIZATION="Basic YTpi").status_code == 401
    assert browser.get(TODOS, HTTP_AUTHORIZATION=other).status_code == 403


def test_a_program_is_given_no_cookie_and_costs_no_session(ada, bearer, django_assert_num_queries):
    client = bearer(ada)
    client.get(TODOS)  # the first learns what the roles grant
    client.cookies["sessionid"] = "x" * 32

    with django_assert_num_queries(3):  # the caller, the count, the rows
        response = client.get(TODOS, HTTP_ACCEPT="application/json; case=camel")

    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_page_for_a_program_is_still_a_page(ada, bearer, accept):
    response = bearer(ada).get(TODOS, HTTP_ACCEPT=accept)

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(accept)


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/", "/api/v1/auth/login/", "/docs", "/"])
def test_elsewhere_a_header_changes_nothing(browser, path):
    """A proxy in front of the admin may have asked for a password of its own."""
    with_header = browser.get(path, HTTP_AUTHORIZATION="Basic YTpi")

    assert (with_header.status_code, with_header.headers.get("Location")) == (
        browser.get(path).status_code,
        browser.get(path).headers.get("Location"),
    )


@pytest.mark.parametrize("path", ["/admin/login/", "/api/v1/auth/login/"])
def test_a_browser_signs_in_whatever_the_header(path, ada):
    client = Client(HTTP_AUTHORIZATION="Basic YTpi")

    response = client.post(path, {"username": ada.email, "password": PASSWORD})

    assert response.status_code == 302
    assert "sessionid" in response.cookies


def test_the_admin_keeps_its_csrf_check_whatever_the_header():
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/admin/login/", {"username": "a"}, HTTP_AUTHORIZATION="Bearer x").status_code == 403
    assert strict.post("/api/v1/auth/login/", {"username": "a"}, HTTP_AUTHORIZATION="Bearer x").status_code == 403
