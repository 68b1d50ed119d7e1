"""The API as a browser sees it, and that programs see none of that."""

import json
import re

import pytest
from django.test import Client
from django.urls import URLPattern

from accounts.factories import UserFactory
from accounts.models import User
from config import api
from config.tests.support import run
from todos.factories import TodoFactory

pytestmark = pytest.mark.django_db

AUTHENTICATION = 1  # statements that a bearer token costs
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
REFERENCE = re.compile(r"""(?:src|href|action)=["']([^"']*)["']""")


@pytest.fixture
def administrator(make_user) -> User:
    user: User = make_user("*")
    return user


@pytest.fixture
def browser(administrator) -> Client:
    """Signed in by a session, and as careful about CSRF as a browser has to be."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    return client


def token(client: Client) -> dict[str, str]:
    """What the forms of a page send along."""
    page = client.get("/api/v1/", headers=HTML).content.decode()
    found = re.search(r'"csrfToken": "(\w+)"', page)
    assert found
    return {"X-CSRFToken": found[1]}


def routes() -> list[str]:
    """An address for each route of the API, with ids that may be none."""
    found = []
    for pattern in api.router.urls:
        assert isinstance(pattern, URLPattern)
        path = re.sub(r"\(\?P<\w+>[^)]*\)", "1", str(pattern.pattern)).strip("^").removesuffix("\\Z").removesuffix("/?")
        found.append("/api/v1/" + path)
    return found


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", routes())
@pytest.mark.parametrize("known", [True, False], ids=["administrator", "stranger"])
def test_no_route_has_a_page_that_breaks(browser, path, method, known):
    client = browser if known else Client(enforce_csrf_checks=True)
    headers = {**HTML, **token(browser)} if known else HTML
    response = client.generic(method.upper(), path, "{}", "application/json", headers=headers)
    assert response.status_code < 500
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    page = response.content.decode()
    assert "</html>" in page
    assert not [reference for reference in REFERENCE.findall(page) if is_elsewhere(reference)]
    assert re.findall(r"\son\w+=", page) == []


def is_elsewhere(reference: str) -> bool:
    return re.match(r"(?!mailto:)\w+:|//", reference) is not None and not reference.startswith("http://testserver/")


def test_the_root_lists_the_resources(bearer, administrator, api):
    expected = {"todos": "http://testserver/api/v1/todos", "items": "http://testserver/api/v1/items"}
    for client in (api, bearer(administrator)):
        for path in ("/api/v1/", "/api/v1"):
            listed = client.get(path).json()
            assert listed.items() >= expected.items()
            assert all(bearer(administrator).get(url).status_code == 200 for url in listed.values())
    assert api.get("/api/v1/?page=1").status_code == 422
    assert api.post("/api/v1/").status_code == 405


@pytest.mark.parametrize("accept", ["*/*", "application/json", None])
def test_programs_get_json(browser, accept):
    response = browser.get("/api/v1/todos", headers={"Accept": accept} if accept else {})
    assert response.headers["Content-Type"] == "application/json"


def test_a_page_may_be_asked_for_by_name(browser):
    assert browser.get("/api/v1/todos?format=api").headers["Content-Type"] == "text/html; charset=utf-8"
    assert browser.get("/api/v1/todos?format=json", headers=HTML).headers["Content-Type"] == "application/json"
    assert browser.get("/api/v1/todos?format=xml").status_code == 422


def test_what_cannot_be_accepted_is_406(browser):
    response = browser.get("/api/v1/todos", headers={"Accept": "application/xml"})
    assert (response.status_code, response.headers["Content-Type"]) == (406, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/v1/todos/0", 404), ("/api/v1/todos?colour=red", 422), ("/api/v1/nothing", 404), ("/nothing", 404)],
)
def test_an_error_is_a_page_for_a_browser_and_a_problem_for_a_program(browser, path, status):
    page, problem = browser.get(path, headers=HTML), browser.get(path, headers={"Accept": "application/json"})
    assert (page.status_code, problem.status_code) == (status, status)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert "Accept" in page.headers["Vary"]
    assert "Accept" in problem.headers["Vary"]


def test_a_database_that_went_away_is_a_page_too(browser, monkeypatch):
    def gone(*args: object) -> None:
        from django.db import OperationalError

        raise OperationalError

    monkeypatch.setattr("todos.views.TodoViewSet.get_rows", gone)
    page = browser.get("/api/v1/todos", headers=HTML)
    assert page.status_code == 503
    assert "database_unavailable" in page.content.decode()


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize("method", ["get", "put"])
def test_bad_credentials_are_a_401_page_even_where_a_session_would_do(browser, headers, method):
    response = getattr(browser, method)("/api/v1/users/me", headers={**HTML, **headers, **token(browser)})
    assert response.status_code == (401 if method == "get" else 405)
    assert b"</html>" in response.content


class TestSession:
    def test_it_signs_in_with_the_password_of_the_account(self, make_user):
        user = make_user("users:read:self")
        client = Client()
        sent = {"username": user.email, "password": "correct horse battery", "next": "/api/v1/todos"}
        for path in ("/api/v1/auth/login", "/api/v1/auth/login/"):
            response = client.post(path, sent)
            assert (response.status_code, response.headers["Location"]) == (302, "/api/v1/todos")
        assert client.get("/api/v1/users/me").json()["email"] == user.email
        assert client.post("/api/v1/auth/logout").headers["Location"] == "/api/v1/"
        assert client.get("/api/v1/users/me").status_code == 401

    def test_it_goes_nowhere_else(self):
        user = UserFactory.create()
        sent = {"username": user.email, "password": "correct horse battery", "next": "https://evil.example/"}
        assert Client().post("/api/v1/auth/login", sent).headers["Location"] == "/api/v1/"

    def test_a_change_needs_the_csrf_token(self, browser, administrator):
        row = TodoFactory.create(user=administrator)
        for method, path in (
            ("post", "/api/v1/todos"),
            ("patch", f"/api/v1/todos/{row.pk}"),
            ("delete", f"/api/v1/todos/{row.pk}"),
        ):
            body = json.dumps({"title": "Forged"})
            refused = getattr(browser, method)(path, body, content_type="application/json")
            assert refused.status_code == 403
            assert refused.json()["detail"].startswith("CSRF Failed")
            taken = getattr(browser, method)(path, body, content_type="application/json", headers=token(browser))
            assert taken.status_code in {200, 201, 204}

    def test_login_and_logout_need_it_too(self, browser):
        for path in ("/api/v1/auth/login", "/api/v1/auth/logout"):
            assert browser.post(path).status_code == 403
            assert browser.post(path, headers=HTML).headers["Content-Type"].startswith("text/html")

    def test_a_deactivated_account_is_out(self, browser, administrator, make_user):
        make_user("*")  # one stays
        User.objects.filter(pk=administrator.pk).update(is_active=False)
        assert browser.get("/api/v1/users/me").status_code == 401

    def test_a_stranger_is_told_of_bearer_tokens(self, client):
        response = client.get("/api/v1/todos")
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")

    def test_a_bearer_token_wins_and_pays_nothing_for_it(self, bearer, make_user, browser, django_assert_num_queries):
        other = make_user("todos:read")
        client = bearer(other)
        client.get("/api/v1/todos/count")  # the first learns what the roles grant
        with django_assert_num_queries(AUTHENTICATION + 1):
            client.get("/api/v1/todos/count")
        client.cookies.update(browser.cookies)
        with django_assert_num_queries(AUTHENTICATION + 1):
            response = client.get("/api/v1/todos/count")
        assert response.status_code == 200
        assert "Cookie" not in response.headers.get("Vary", "")


class TestEntityTags:
    def test_a_page_has_one_of_its_own_that_a_change_takes(self, browser, administrator):
        url = f"/api/v1/todos/{TodoFactory.create(user=administrator).pk}"
        page, row = browser.get(url, headers=HTML), browser.get(url)
        assert page.headers["ETag"] == row.headers["ETag"][:-1] + '-html"'
        headers = {"If-Match": page.headers["ETag"], **token(browser)}
        assert browser.patch(url, "{}", content_type="application/json", headers=headers).status_code == 200

    def test_a_page_is_never_not_modified(self, browser, administrator):
        url = f"/api/v1/todos/{TodoFactory.create(user=administrator).pk}"
        tag = browser.get(url, headers=HTML).headers["ETag"]
        assert browser.get(url, headers={**HTML, "If-None-Match": tag}).status_code == 200
        assert browser.get(url, headers={**HTML, "If-None-Match": "*"}).status_code == 200
        assert browser.get(url, headers={"If-None-Match": "*"}).status_code == 304


class TestForms:
    def test_only_json_is_offered_and_only_where_it_may_be_sent(self, browser, make_user):
        page = browser.get("/api/v1/todos", headers=HTML).content.decode()
        assert "multipart/form-data" not in page
        assert 'id="post-generic-content-form"' in page
        reader = Client()
        reader.force_login(make_user("todos:read"))
        assert "post-generic-content-form" not in reader.get("/api/v1/todos", headers=HTML).content.decode()

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("", {"title": "", "description": "", "completed": False}),
            ("/bulk", [{"title": "", "description": "", "completed": False}]),
            ("/bulk-delete", {"ids": []}),
            ("/search", {}),
        ],
    )
    def test_they_start_with_an_example(self, browser, path, body):
        page = browser.get(f"/api/v1/todos{path}", headers=HTML)
        assert json.loads(page.context["raw_data_post_form"].initial["_content"]) == body

    def test_delete_is_a_button_for_whom_may_and_its_page_is_empty(self, browser, administrator, make_user):
        url = f"/api/v1/todos/{TodoFactory.create(user=administrator).pk}"
        reader = Client()
        reader.force_login(make_user("todos:read"))
        assert "deleteModal" in browser.get(url, headers=HTML).content.decode()
        assert "deleteModal" not in reader.get(url, headers=HTML).content.decode()
        page = browser.delete(url, headers={**HTML, **token(browser)})
        assert page.context["content"] == ""
        assert "HTTP 204 No Content" in page.content.decode()

    def test_what_was_refused_is_kept(self, browser):
        body, headers = {"title": ""}, {**HTML, **token(browser)}
        page = browser.post("/api/v1/todos", body, content_type="application/json", headers=headers)
        assert json.loads(page.context["raw_data_post_form"].initial["_content"]) == body

    def test_the_headers_shown_are_those_of_the_json(self, browser):
        for path, media_type in (
            ("/api/v1/todos", "application/json"),
            ("/api/v1/todos/0", "application/problem+json"),
        ):
            page = browser.get(path, headers=HTML)
            assert page.context["response_headers"]["Content-Type"] == media_type

    def test_the_filters_are_those_of_the_list(self, browser):
        page = browser.get("/api/v1/todos?completed=true&colour=red", headers=HTML).content.decode()
        for name in ("q", "completed", "title", "created_after", "created_before", "ordering", "page_size"):
            assert f'name="{name}"' in page
        assert '<option value="true" selected>' in page
        assert 'id="filters"' not in browser.get("/api/v1/todos/count", headers=HTML).content.decode()


OFF = """
import django
django.setup()
from django.test import Client
client = Client()
for path in ("/api/v1/", "/api/v1/nothing", "/api/v1/auth/login"):
    response = client.get(path, headers={"Accept": "text/html", "Host": "localhost"})
    print(path, response.status_code, response.headers["Content-Type"])
print(client.get("/api/v1/?format=api", headers={"Host": "localhost"}).status_code)
"""


def test_it_can_be_done_without():
    done = run("-c", OFF, DJANGO_SETTINGS_MODULE="config.settings.local", BROWSABLE_API="off")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "/api/v1/ 406 application/problem+json",
        "/api/v1/nothing 404 application/problem+json",
        "/api/v1/auth/login 404 application/problem+json",
        "422",
    ]
