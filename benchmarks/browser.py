"""Chromium, and the way of a candidate from the sign-in page into the exam room."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

EMAIL, PASSWORD = "candidate@example.org", "correct horse battery"
# Containers give /dev/shm too little room and no GPU; nothing is fetched from outside.
FLAGS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    # Chromium's sandbox refuses root.
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


def make_candidate() -> None:
    from accounts.models import User

    User.objects.create_user(EMAIL, PASSWORD)


def sign_in(page: Page) -> None:
    """On the sign-in page."""
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def start_exam(page: Page) -> None:
    """From signed out to the first item of a new mock."""
    page.goto("/account/login/")
    sign_in(page)
    page.wait_for_url("**/127.0.0.1:*/")
    page.goto("/mocks/")
    page.get_by_role("button", name="Start the exam now").click()
    expect_room(page)


def expect_room(page: Page) -> None:
    expect(page.locator("#room.scripted")).to_be_visible(timeout=20_000)
