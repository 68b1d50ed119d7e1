"""The script in docs/front-end.md, in pages of other origins than the API's."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page

from accounts.models import Session
from accounts.seeds import USER
from config.env import BASE_DIR

pytestmark = pytest.mark.browser

PAGE = "<!doctype html><title>A front end</title><link rel=icon href=data:,><script src=app.js></script>"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def front_end(directory: Path) -> Iterator[str]:
    """A host of static files. Its origin is another for its port, and the same site for its name."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture
def script(live_server) -> str:
    """The block of the docs, and where this API is instead of the one of the docs."""
    (block,) = re.findall(r"^```js\n(.+?)^```$", (BASE_DIR / "docs" / "front-end.md").read_text(), re.M | re.S)
    assert "https://api.example.com" in block
    return str(block).replace("https://api.example.com", live_server.url)


@pytest.fixture
def origins(tmp_path: Path, script: str) -> Iterator[tuple[str, str]]:
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "app.js").write_text(script)
    with front_end(tmp_path) as listed, front_end(tmp_path) as third:
        yield listed, third


@pytest.fixture
def open_page(browser: Browser, demo_data: None, origins: tuple[str, str], settings) -> Iterator[Callable[[str], Page]]:
    """Pages of one browser, with one jar of cookies."""
    settings.CORS_ALLOWED_ORIGINS = [origins[0]]
    context = browser.new_context()
    context.set_default_timeout(15_000)

    def visit(origin: str) -> Page:
        page = context.new_page()
        page.goto(origin)
        return page

    yield visit
    context.close()


def sign_in(page: Page) -> None:
    email, password = USER
    page.evaluate("([email, password]) => login(email, password)", [email, password])


def who(page: Page) -> object:
    return page.evaluate("() => call('/users/me').then((response) => response.json()).then((me) => me.email)")


def refused(page: Page, expression: str) -> str:
    """What the page is told, which is never more than that it failed."""
    return str(page.evaluate(f"() => {expression}.then(() => 'done', (error) => error.message)"))


def generation() -> object:
    return Session.objects.values("refresh_jti", "ended_at").get()


def test_a_listed_origin_logs_in_calls_renews_and_logs_out(open_page, origins):
    page = open_page(origins[0])
    sign_in(page)
    assert who(page) == USER[0]
    assert page.evaluate("document.cookie") == ""

    page.reload()
    assert page.evaluate("token") is None
    page.evaluate("renew()")
    assert who(page) == USER[0]

    page.evaluate("logout()")
    assert page.evaluate("token") is None
    assert refused(page, "renew()") == "Refresh token not found"


def test_many_requests_with_an_expired_token_renew_it_once(open_page, origins):
    page = open_page(origins[0])
    sign_in(page)
    renewals: list[str] = []
    page.on("request", lambda request: renewals.append(request.method) if "/refresh" in request.url else None)

    page.evaluate("token = 'expired'")
    answers = page.evaluate(
        "Promise.all([1, 2, 3, 4].map(() => call('/users/me').then((response) => response.status)))"
    )

    assert answers == [200] * 4
    assert renewals.count("POST") == 1


def test_what_a_page_sends_and_reads_beside_the_body_gets_through(open_page, origins):
    page = open_page(origins[0])
    sign_in(page)
    headers = {"Content-Type": "application/json", "Idempotency-Key": "once", "X-Request-ID": "mine", "If-Match": "*"}
    sent = {"method": "POST", "body": '{"title": "From afar"}', "headers": headers}

    status, seen = page.evaluate(
        "(sent) => call('/todos', sent).then((response) => [response.status, Object.fromEntries(response.headers)])",
        sent,
    )

    assert status == 201
    assert "/api/v1/todos/" in seen["location"]
    assert seen["x-request-id"] == "mine"


def test_a_third_origin_reads_nothing_and_changes_nothing(open_page, origins):
    sign_in(open_page(origins[0]))
    before = generation()
    page = open_page(origins[1])

    for expression in ("renew()", "logout()", "login('a@b.example', 'x')", "call('/users/me')"):
        assert refused(page, expression) == "Failed to fetch"
    # Without asking first, as any page can: the cookie goes along, and it is the same site.
    for path in ("/users/refresh", "/users/logout"):
        blind = f"fetch(api + '{path}', {{ method: 'POST', mode: 'no-cors', credentials: 'include' }})"
        with page.expect_response(lambda response, path=path: path in response.url) as answered:
            assert refused(page, blind) == "done"
        assert answered.value.status == 403

    assert generation() == before
    page = open_page(origins[0])
    page.evaluate("renew()")
    assert who(page) == USER[0]


def test_a_form_of_a_third_origin_does_not_log_out(open_page, origins):
    home = open_page(origins[0])
    sign_in(home)
    before = generation()
    page = open_page(origins[1])

    with page.expect_navigation() as answered:
        page.evaluate(
            "() => { const form = document.createElement('form'); form.method = 'post'; "
            "form.action = api + '/users/logout'; document.body.append(form); form.submit(); }"
        )

    assert answered.value.status == 403
    assert generation() == before
