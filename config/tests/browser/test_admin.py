"""The admin, as the people who work there use it."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.seeds import ADMIN
from items.models import Item
from stores.seeds import MANAGERS, PASSWORD

pytestmark = pytest.mark.browser

MANAGER, OTHER = (email for _, email in MANAGERS)


@pytest.fixture(autouse=True)
def _admitted(demo_data: None) -> None:
    """An administrator has let the managers in."""
    User.objects.filter(email__in=(MANAGER, OTHER)).update(is_staff=True)


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/admin")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Stock, stores and accounts")).to_be_visible()


def edit(page: Page, item: Item, name: str, shot) -> None:
    """Find it in the list, give it this name, save, and see it said."""
    who = name.rpartition(" ")[2]
    page.locator(".model-item").get_by_role("link", name="Items").click()
    page.locator("#searchbar").fill(item.name)
    page.get_by_role("button", name="Search").click()
    found = page.locator("#result_list").get_by_role("link", name=item.name, exact=True).first
    expect(page.locator(".paginator")).to_contain_text("1 item")
    shot(f"admin-items-{who}")
    found.click()
    page.get_by_label("Name:").fill(name)
    shot(f"admin-item-{who}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    item.refresh_from_db()
    assert item.name == name


def test_an_administrator_edits_an_item(page, shot):
    sign_in(page, *ADMIN)
    shot("admin-index-administrator")
    edit(page, Item.objects.filter(store_manager__user__email=OTHER).latest("pk"), "By the administrator", shot)


def test_a_store_manager_edits_an_item_of_their_own(page, watch, shot):
    sign_in(page, MANAGER, PASSWORD)
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
    shot("admin-index-manager")
    edit(page, Item.objects.filter(store_manager__user__email=MANAGER).latest("pk"), "By the manager", shot)
    theirs = Item.objects.filter(store_manager__user__email=OTHER).latest("pk")
    page.goto(f"/admin/items/item/{theirs.pk}/change/")
    expect(page.get_by_text("doesn’t exist")).to_be_visible()


def test_every_page_keeps_to_its_policy(page):
    """The page fails this test by itself, when Chromium refuses it a script or a style."""
    sign_in(page, *ADMIN)
    lists = [link.get_attribute("href") for link in page.locator(".model-link a, th[scope=row] a").all()]
    assert lists
    for changelist in sorted({address for address in lists if address}):
        page.goto(changelist)
        shown = [
            link.get_attribute("href") or "" for link in page.locator("#content a.addlink, #result_list th a").all()
        ]
        for address in shown[:2]:
            page.goto(address)
            page.wait_for_load_state("networkidle")
            if page.get_by_role("link", name="History").count():
                page.get_by_role("link", name="History").click()
