"""The exam without scripts: plain forms, one item a page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from exams.models import Attempt, Ending
from tests.browser.exam_room import ledger, stored_flags, stored_places


@pytest.fixture
def page(attempt: Attempt, new_context: Callable[..., BrowserContext], sign_in: Callable[..., None]) -> Page:
    """Signed in, in the room, without scripts."""
    context = new_context(java_script_enabled=False)
    sign_in(context, attempt.user)
    page = context.new_page()
    page.goto(f"/attempts/{attempt.public_id}/")
    return page


@pytest.fixture
def first_item(page: Page) -> Page:
    page.get_by_role("link", name="plain room").click()
    expect_item(page, 1)
    return page


def expect_item(page: Page, position: int) -> None:
    expect(page.get_by_role("heading", name=f"Item {position} of 30")).to_be_attached()


def go(page: Page, where: str) -> None:
    page.get_by_role("button", name=f"Save, {where}").click()


def test_exam_can_be_sat_without_scripts(first_item: Page, attempt: Attempt) -> None:
    page = first_item
    page.get_by_role("radio").nth(1).check()
    go(page, "next")
    expect_item(page, 2)
    page.get_by_role("radio").nth(2).check()
    page.get_by_label("Flag for review").check()
    go(page, "next")
    expect_item(page, 3)
    go(page, "previous")
    expect_item(page, 2)
    expect(page.get_by_role("radio").nth(2)).to_be_checked()
    expect(page.get_by_label("Flag for review")).to_be_checked()
    go(page, "review")

    expect(page.get_by_text("2 of 30 answered, 28 not, 1 flagged.")).to_be_visible()
    page.get_by_role("link", name="Item 30, unseen").click()
    page.get_by_role("radio").nth(0).check()
    go(page, "next")  # from the last item to the review
    page.get_by_role("link", name="Item 2, complete, flagged").click()
    page.get_by_role("radio").nth(3).check()
    go(page, "review")
    assert {place: chosen for place, chosen in stored_places(attempt).items() if chosen} == {1: 2, 2: 4, 30: 1}
    assert stored_flags(attempt) == {2}

    page.get_by_role("link", name="End exam…").click()
    expect(page.get_by_text("3 of 30 items are answered. 27 are not and count as wrong. 1 is flagged.")).to_be_visible()
    page.get_by_role("button", name="End the exam").click()
    expect(page).to_have_url(re.compile("/report/$"))
    expect(page.get_by_text("4 of 30 shown · 3 answered")).to_be_visible()
    attempt.refresh_from_db()
    assert attempt.ending == Ending.SUBMITTED


def test_room_page_without_scripts_shows_all_items_and_the_way_to_the_plain_room(page: Page) -> None:
    expect(page.locator(".item")).to_have_count(30)
    expect(page.locator(".item").last).to_be_visible()
    expect(page.locator(".message")).to_contain_text("nothing chosen on this page is saved")


def test_stale_plain_page_shows_what_is_stored_and_overwrites_nothing(first_item: Page, attempt: Attempt) -> None:
    other = first_item.context.new_page()
    other.goto(first_item.url)
    other.get_by_role("radio").nth(1).check()
    go(other, "next")
    expect_item(other, 2)

    first_item.get_by_role("radio").nth(2).check()
    go(first_item, "next")

    expect(first_item.get_by_role("alert")).to_contain_text("This item was changed in another window.")
    expect_item(first_item, 1)
    expect(first_item.get_by_role("radio").nth(1)).to_be_checked()
    assert ledger(attempt) == [(1, 2)]


def test_back_button_and_a_second_send_store_nothing_unseen(first_item: Page, attempt: Attempt) -> None:
    first_item.get_by_role("radio").nth(1).check()
    go(first_item, "next")
    expect_item(first_item, 2)
    first_item.go_back()
    expect_item(first_item, 1)

    first_item.get_by_role("radio").nth(3).check()
    go(first_item, "next")

    expect_item(first_item, 2)
    assert ledger(attempt) == [(1, 2), (1, 4)]


def test_strikes_and_note_stay_without_scripts(first_item: Page, attempt: Attempt) -> None:
    page = first_item
    page.get_by_label("strike out B").check()
    page.get_by_label("strike out D").check()
    page.get_by_label("Note to yourself").fill("see DICOM PS3.4")
    page.get_by_role("radio").nth(1).check()
    go(page, "next")
    go(page, "previous")

    expect(page.get_by_label("strike out B")).to_be_checked()
    expect(page.get_by_label("Note to yourself")).to_have_value("see DICOM PS3.4")
    page.get_by_label("strike out B").uncheck()
    go(page, "next")
    response = attempt.responses.get(position=1)
    assert (response.chosen, response.struck, response.note) == (2, "4", "see DICOM PS3.4")
