"""Pages in a real Chromium: the one that `make test` found, served by Django's live server."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

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
def console_errors(page: Page) -> Iterator[list[str]]:
    """A script that fails or a style the security policy refuses fails the test; a test may empty the list."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield errors
    assert errors == []


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """`page.goto("/account/login/")` needs no host."""
    return str(live_server.url)


@pytest.fixture(scope="session")
def axe_findings() -> Callable[[Page], dict[str, list[str]]]:
    """`assert axe_findings(page) == {}`: each rule of WCAG 2.2 AA that the page breaks, with the elements."""
    script = (Path(__file__).parent / "vendor/axe.min.js").read_text(encoding="utf-8")

    def findings(page: Page) -> dict[str, list[str]]:
        # Evaluated, not added as a script element: that the security policy would refuse, as it should.
        page.evaluate(script)
        options = {"runOnly": {"type": "tag", "values": WCAG_TAGS}}
        result = page.evaluate("options => axe.run(document, options)", options)
        return {
            violation["id"]: [" ".join(map(str, node["target"])) for node in violation["nodes"]]
            for violation in result["violations"]
        }

    return findings
