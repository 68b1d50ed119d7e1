"""Debian's Chromium on the live server.

A page that complains on its console, of its Content-Security-Policy say, or asks another host, fails its test.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.core.management import call_command
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
TIMEOUT = 15_000
MISSING = f"The browser tests need {CHROMIUM}: apt-get install chromium (Debian)."
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shots", metavar="DIR", help="keep a screenshot of each step of the browser tests here")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not shutil.which(CHROMIUM):
        pytest.fail(MISSING)
    # Playwright keeps an event loop running in this thread, where Django would refuse to touch the database.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=TIMEOUT)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page did that it should not."""

    host: str
    refusals: set[int] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def expect_refusal(self, status: int) -> None:
        """Chromium notes every refused request on the console; this one is part of the story."""
        self.refusals.add(status)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        refused = re.search(r"the server responded with a status of (\d+)", message.text)
        if not (refused and int(refused[1]) in self.refusals):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def on_error(self, error: Error) -> None:
        self.complaints.append(f"page error: {error}")

    def on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self.host:
            self.complaints.append(f"request to another host: {request.url}")


@pytest.fixture
def demo_data(transactional_db: None) -> None:
    cache.clear()
    call_command("seed", stdout=StringIO())


@pytest.fixture
def watch(live_server) -> Watch:
    return Watch(urlsplit(live_server.url).netloc)


@pytest.fixture
def page(browser: Browser, live_server, demo_data: None, watch: Watch) -> Iterator[Page]:
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    page.on("console", watch.on_console)
    page.on("pageerror", watch.on_error)
    context.on("request", watch.on_request)
    yield page
    context.close()
    assert watch.complaints == []


@pytest.fixture
def shot(page: Page, request: pytest.FixtureRequest) -> Callable[[str], None]:
    directory = request.config.getoption("--shots", default=None)

    def take(name: str) -> None:
        if directory:
            page.screenshot(path=Path(directory) / f"{name}.png")

    return take
