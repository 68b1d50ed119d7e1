import pytest
from playwright.sync_api import Page, expect

from accounts.seeds import USER

pytestmark = pytest.mark.browser


def operation(page: Page, operation_id: str):
    return page.locator(f"[id$='{operation_id}']")


def execute(page: Page, operation_id: str):
    """Open an operation of Swagger's, send it as it stands, and give back what was answered."""
    block = operation(page, operation_id)
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Execute").click()
    return block.locator(".live-responses-table .response").first


def test_swagger_lists_the_operations(page, shot):
    page.goto("/docs")
    expect(page.get_by_role("heading", name="Stockroom")).to_be_visible()
    expect(operation(page, "todos_list")).to_be_visible()
    shot("swagger")


def test_redoc(page, shot):
    page.goto("/redoc")
    expect(page.get_by_role("heading", name="Stockroom").first).to_be_visible()
    page.get_by_role("menuitem", name="todos").click()
    expect(page.get_by_role("heading", name="List todos")).to_be_visible()
    shot("redoc")
    # In a worker.
    page.get_by_placeholder("Search...").press_sequentially("verify")
    expect(page.locator("[data-role='search:results']").get_by_text("Verify an address by link")).to_be_visible()
    shot("redoc-search")


def test_scalar(page, shot):
    page.goto("/")
    page.wait_for_url("**/scalar**")
    expect(page.get_by_role("heading", name="Stockroom").first).to_be_visible()
    shot("scalar")
    page.get_by_text("todos", exact=True).first.click()
    expect(page.get_by_text("List todos").first).to_be_visible()
    expect(page.locator("button:visible", has_text="Generate SDK")).to_have_count(0)
    shot("scalar-operations")


def with_token(page: Page) -> None:
    """As someone does who has signed in elsewhere: pastes what they were given."""
    email, password = USER
    login = page.request.post("/api/v1/users/login", data={"email": email, "password": password})
    form = page.locator(".auth-container", has_text="(http, Bearer)")
    form.get_by_role("textbox").fill(login.json()["access_token"])
    form.get_by_role("button", name="Apply credentials").click()
    expect(form.get_by_role("button", name="Remove authorization")).to_be_visible()


def with_password(page: Page) -> None:
    """As someone does who has an account: Swagger fetches the token."""
    email, password = USER
    form = page.locator(".auth-container", has_text="(OAuth2, password)")
    form.get_by_label("username:").fill(email)
    form.get_by_label("password:").fill(password)
    form.get_by_role("button", name="Apply given OAuth2 credentials").click()
    expect(form.get_by_role("button", name="Remove authorization")).to_be_visible()


@pytest.mark.parametrize("authorise", [with_token, with_password])
def test_swagger_is_authorised_and_calls_an_endpoint(page, shot, authorise):
    page.goto("/docs")
    page.get_by_role("button", name="Authorize", exact=True).click()
    authorise(page)
    shot(f"swagger-authorised-{authorise.__name__}")
    page.locator(".close-modal").click()
    answer = execute(page, "users_me_retrieve")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text(USER[0])
    shot(f"swagger-executed-{authorise.__name__}")
