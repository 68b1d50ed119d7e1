import json

import pytest
from playwright.sync_api import Page, expect

from accounts.seeds import USER
from todos.models import Todo

pytestmark = pytest.mark.browser


@pytest.fixture
def signed_in(page: Page, shot) -> Page:
    """Through the front door: the root of the API, its log-in link, and back."""
    email, password = USER
    page.goto("/api/v1/")
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    shot("browsable-login")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text(email)).to_be_visible()
    return page


def post(page: Page, body: object) -> None:
    page.locator("#post-generic-content-form textarea").fill(json.dumps(body))
    page.get_by_role("button", name="POST").click()


def answer(page: Page):
    return page.locator(".response-info")


def test_a_stranger_is_told_to_log_in(page, watch, shot):
    watch.expect_refusal(401)
    page.goto("/api/v1/todos")
    expect(answer(page)).to_contain_text("HTTP 401 Unauthorized")
    expect(answer(page)).to_contain_text("Missing or invalid Authorization header")
    shot("browsable-401")


def test_a_wrong_password_is_said(page, shot):
    page.goto("/api/v1/auth/login")
    page.get_by_label("Email").fill("user@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Please enter a correct email and password.")).to_be_visible()
    shot("browsable-login-refused")


def test_from_the_root_to_a_list_and_its_filters(signed_in, shot):
    page = signed_in
    shot("browsable-root")
    page.get_by_role("link", name="/api/v1/todos").click()
    expect(answer(page)).to_contain_text('"count": 5')
    shot("browsable-list")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Completed").select_option("true")
    page.get_by_label("Ordering").select_option("title")
    expect(page.locator("#filtersModal")).to_have_css("opacity", "1")
    shot("browsable-filters")
    page.get_by_role("button", name="Apply").click()
    expect(answer(page)).to_contain_text('"count": 2')
    assert page.url.endswith("/api/v1/todos?completed=true&ordering=title")


def test_a_page_leads_to_the_next(signed_in, shot):
    page = signed_in
    page.goto("/api/v1/todos?page_size=2")
    page.get_by_role("link", name="Next page").click()
    expect(answer(page)).to_contain_text('"previous": "http')
    shot("browsable-page-2")


def test_create_change_and_refused_delete(signed_in, watch, shot):
    page = signed_in
    page.goto("/api/v1/todos")
    post(page, {"title": "Typed into a page"})
    expect(answer(page)).to_contain_text("HTTP 201 Created")
    shot("browsable-created")

    row = Todo.objects.get(title="Typed into a page")
    page.goto(f"/api/v1/todos/{row.pk}")
    form = page.locator("#put-generic-content-form")
    assert json.loads(form.locator("textarea").input_value()) == {
        "title": "Typed into a page",
        "description": None,
        "completed": False,
    }
    form.locator("textarea").fill('{"completed": true}')
    shot("browsable-detail")
    form.get_by_role("button", name="PATCH").click()
    expect(answer(page)).to_contain_text('"completed": true')
    row.refresh_from_db()
    assert row.completed
    # Deleting is the administrator's, so there is no button for it.
    expect(page.get_by_role("button", name="DELETE")).to_have_count(0)


def test_what_is_wrong_is_shown_and_what_was_typed_is_kept(signed_in, watch, shot):
    page = signed_in
    page.goto("/api/v1/todos")
    watch.expect_refusal(422)
    post(page, {"title": "", "colour": "red"})
    expect(answer(page)).to_contain_text("HTTP 422")
    expect(answer(page)).to_contain_text("body.colour")
    typed = page.locator("#post-generic-content-form textarea").input_value()
    assert json.loads(typed) == {"title": "", "colour": "red"}
    shot("browsable-422")


def test_an_address_that_is_none_is_a_page(page, watch, shot):
    watch.expect_refusal(404)
    page.goto("/api/v1/nothing")
    expect(page.get_by_role("heading", name="404 Not found")).to_be_visible()
    shot("not-found")


def test_log_out(signed_in):
    page = signed_in
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
