"""Pages in a real Chromium: the one that `make test` found, served by Django's live server."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from exams.models import Attempt
from tests.browser.exam_room import ExamRoom
from tests.factories import make_bank, make_user, publish_form_a, start

# Nothing is fetched from outside: without these Chromium looks for updates, extensions and accounts at every start.
OFFLINE = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WCAG_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = os.environ.get("CHROMIUM")
    if not chromium:
        pytest.fail("CHROMIUM does not name a browser; run these tests with: make test")
    # Containers give /dev/shm too little room and no GPU; Chromium's sandbox refuses root.
    flags = ["--disable-gpu", "--disable-dev-shm-usage", *OFFLINE, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return browser_type_launch_args | {"executable_path": chromium, "args": flags}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"locale": "en-US", "timezone_id": "UTC", "reduced_motion": "reduce"}


@pytest.fixture(scope="session", autouse=True)
def orm_beside_playwright() -> None:
    """Playwright's loop runs in the thread of the tests, which Django takes for an asynchronous caller."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(autouse=True)
def console_errors(context: BrowserContext) -> Iterator[list[str]]:
    """A script that fails or a style the security policy refuses fails the test; a test may empty the list."""
    errors: list[str] = []
    context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield errors
    assert errors == []


@pytest.fixture
def failing_requests(console_errors: list[str]) -> Iterator[None]:
    """For tests of failures: Chromium reports each answer that is no success as an error of its own."""
    yield
    console_errors[:] = [error for error in console_errors if not error.startswith("Failed to load resource")]


@pytest.fixture(autouse=True)
def foreign_requests(context: BrowserContext, base_url: str) -> Iterator[list[str]]:
    """A page that asks another host for anything fails the test."""
    host = urlsplit(base_url).netloc
    urls: list[str] = []

    def note(url: str) -> None:
        if urlsplit(url).scheme not in {"data", "blob", "about"} and urlsplit(url).netloc != host:
            urls.append(url)

    context.on("request", lambda request: note(request.url))
    yield urls
    assert urls == []


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """`page.goto("/account/login/")` needs no host."""
    return str(live_server.url)


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user()


@pytest.fixture
def sign_in(base_url: str) -> Callable[[BrowserContext, User], None]:
    """Into every page of a context, without the sign-in page."""

    def into(context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        name = site_settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": base_url}])

    return into


@pytest.fixture
def attempt(alice: User) -> Attempt:
    """An open mock of 30 items, just started."""
    make_bank()
    publish_form_a(now=timezone.now())
    return start(alice, now=timezone.now())


@pytest.fixture
def room(page: Page, attempt: Attempt, sign_in: Callable[[BrowserContext, User], None]) -> ExamRoom:
    """Alice in the room of her mock, on its first item."""
    sign_in(page.context, attempt.user)
    return ExamRoom(page, attempt).open()


@pytest.fixture
def second(room: ExamRoom, attempt: Attempt) -> ExamRoom:
    """The same attempt in another tab, opened before anything was chosen."""
    return ExamRoom(room.page.context.new_page(), attempt).open()


@pytest.fixture(scope="session")
def axe_findings() -> Callable[[Page], dict[str, list[str]]]:
    """`assert axe_findings(page) == {}`: each rule of WCAG 2.2 AA that the page breaks, with the elements."""
    script = (Path(__file__).parent / "vendor/axe.min.js").read_text(encoding="utf-8")

    def findings(page: Page) -> dict[str, list[str]]:
        # Evaluated, not added as a script element: that the security policy would refuse, as it should.
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)
        options = {"runOnly": {"type": "tag", "values": WCAG_TAGS}}
        # What passed is left in the browser: it is long, and bringing it here took most of the time.
        violations = page.evaluate("async options => (await axe.run(document, options)).violations", options)
        return {
            violation["id"]: [" ".join(map(str, node["target"])) for node in violation["nodes"]]
            for violation in violations
        }

    return findings
