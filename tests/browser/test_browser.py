"""The browser tests themselves: that they see what they claim to see."""

from collections.abc import Callable

from playwright.sync_api import Page

Axe = Callable[[Page], dict[str, list[str]]]


def test_axe_finds_a_picture_without_a_text(page: Page, axe_findings: Axe) -> None:
    page.set_content('<html lang="en"><title>Try</title><main><h1>Try</h1><img src="data:,"></main></html>')

    assert axe_findings(page) == {"image-alt": ["img"]}


def test_console_errors_are_collected(page: Page, console_errors: list[str]) -> None:
    page.evaluate("console.error('heard')")

    assert console_errors == ["heard"]
    console_errors.clear()


def test_sign_in_page_is_accessible_and_quiet(page: Page, axe_findings: Axe) -> None:
    page.goto("/account/login/")

    assert page.locator("h1").count() == 1
    assert axe_findings(page) == {}
