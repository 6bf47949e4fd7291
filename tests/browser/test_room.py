"""Sitting an exam: by keyboard from the first item to the report, with the review screen and the keys."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from exams.models import Attempt, Ending
from tests.browser.exam_room import ExamRoom, ledger, stored_flags, stored_places
from tests.factories import make_bank, publish_form_a, start


def place_for(position: int) -> int:
    """Some place, not the same on neighbours."""
    return position * 7 // 3 % 4 + 1


@pytest.mark.usefixtures("failing_requests")
def test_exam_of_170_items_is_sat_by_keyboard_through_reload_and_outage(
    page: Page, alice: User, sign_in: Callable[[BrowserContext, User], None]
) -> None:
    make_bank(scored_count=130, pilot_count=40)
    publish_form_a(now=timezone.now())
    attempt = start(alice, now=timezone.now())
    sign_in(page.context, alice)
    room = ExamRoom(page, attempt).open()

    answer(room, range(1, 81))
    room.reload()
    room.expect_position(81)
    room.press("p")
    room.expect_chosen(place_for(80))
    room.press("n")

    room.expect_saved()
    room.cut_network()
    answer(room, range(81, 111))
    room.expect_unsaved(30)
    room.restore_network()
    room.expect_saved()

    answer(room, range(111, 171))
    room.expect_saved()
    expect(page.locator("#review")).to_be_visible()  # N on the last item leads there
    assert stored_places(attempt) == {position: place_for(position) for position in range(1, 171)}
    assert len(ledger(attempt)) == 170

    room.press("r")
    room.tab_to(page.locator("#end-exam"))
    room.press("Enter")
    expect(room.end_words).to_have_text("All 170 items are answered; 0 are flagged.")
    room.tab_to(page.locator("#end-now"))
    room.press("Enter")
    room.expect_report()
    expect(page.locator("details.reviewed")).to_have_count(170)
    expect(page.get_by_text("170 of 170 shown · 170 answered")).to_be_visible()
    attempt.refresh_from_db()
    assert attempt.ending == Ending.SUBMITTED


def answer(room: ExamRoom, positions: range) -> None:
    for position in positions:
        room.choose(place_for(position))
        room.press("n")


def test_room_reopened_elsewhere_shows_the_same_answers(
    room: ExamRoom, attempt: Attempt, new_context: Callable[[], BrowserContext], sign_in: Callable[..., None]
) -> None:
    room.press("b", "n", "c", "f")
    room.expect_saved()
    other = new_context()
    sign_in(other, attempt.user)

    second = ExamRoom(other.new_page(), attempt).open()

    second.expect_position(3)
    second.press("p")
    second.expect_chosen(3)
    expect(second.page.locator("#flag")).to_have_attribute("aria-pressed", "true")
    assert abs(second.time_shown() - room.time_shown()) <= 2


def test_items_seen_just_before_a_reload_are_not_called_unseen(room: ExamRoom) -> None:
    room.press("n", "n")

    room.reload()

    room.press("r")
    expect(room.page.locator(".counts")).to_contain_text("0 complete, 3 incomplete, 27 not yet seen")


def test_back_after_the_end_leads_to_the_report(room: ExamRoom, page: Page) -> None:
    room.go_to_end_dialog()
    page.locator("#end-now").click()
    room.expect_report()

    page.go_back()

    room.expect_report()


# --- Review screen ----------------------------------------------------------------------------------------------


@pytest.fixture
def review(room: ExamRoom) -> ExamRoom:
    """1 answered, 2 answered and flagged, 3 flagged, 4 seen, the other 26 unseen."""
    room.press("a", "n", "b", "f", "n", "f", "n", "r")
    room.expect_saved()
    return room


def test_review_counts_every_item_once(review: ExamRoom) -> None:
    expect(review.page.locator(".counts")).to_contain_text("2 complete, 2 incomplete, 26 not yet seen, 2 flagged.")


def test_review_filters_show_their_items(review: ExamRoom) -> None:
    wanted = {"Incomplete": [3, 4], "Flagged": [2, 3], "Unseen": range(5, 31), "All": range(1, 31)}
    for name, positions in wanted.items():
        button = review.page.locator(".filters button", has_text=name)

        button.click()

        expect(button).to_have_attribute("aria-pressed", "true")
        expect(button.locator(".n")).to_have_text(str(len(positions)))
        expect(review.page.locator(".cell:visible")).to_have_text([str(position) for position in positions])


def test_review_cell_says_its_state_and_leads_to_the_item(review: ExamRoom) -> None:
    review.page.get_by_role("button", name="Item 2, complete, flagged").click()

    review.expect_position(2)
    review.expect_chosen(2)
    expect(review.page.locator("#review")).to_be_hidden()


def test_flag_is_stored_and_taken_back(review: ExamRoom, attempt: Attempt) -> None:
    assert stored_flags(attempt) == {2, 3}
    review.page.get_by_role("button", name="Item 3, incomplete, flagged").click()

    review.page.locator("#flag").click()

    expect(review.page.locator("#flag")).to_have_attribute("aria-pressed", "false")
    review.expect_saved()
    assert stored_flags(attempt) == {2}


def test_end_dialog_says_what_is_unanswered_and_lets_go_back(review: ExamRoom, attempt: Attempt) -> None:
    review.go_to_end_dialog()
    expect(review.end_words).to_have_text("Of 30 items 28 are unanswered and count as wrong; 2 are flagged.")

    review.press("Escape")

    expect(review.end_dialog).to_be_hidden()
    attempt.refresh_from_db()
    assert attempt.is_open


# --- Keys -------------------------------------------------------------------------------------------------------


def test_single_letter_keys_can_be_switched_off(room: ExamRoom, attempt: Attempt) -> None:
    room.press("?")
    room.page.get_by_label("Single-letter keys are on").uncheck()
    room.page.locator("#keys-close").click()

    room.press("b", "n", "f", "r", "?")

    room.expect_position(1)
    room.expect_chosen(None)
    expect(room.page.locator("#keys-dialog")).to_be_hidden()
    room.reload()
    room.press("b", "n")
    room.expect_position(1)
    # What is no letter goes on working.
    room.press("ArrowRight")
    room.expect_position(2)
    assert stored_places(attempt) == {}


def test_letters_with_a_modifier_are_left_to_the_browser(room: ExamRoom, attempt: Attempt) -> None:
    room.press(*[f"{modifier}+{letter}" for modifier in ("Control", "Alt", "Meta") for letter in "bc"])

    room.expect_position(1)
    room.expect_chosen(None)
    assert stored_places(attempt) == {}


def test_arrows_choose_inside_the_options_and_move_outside(room: ExamRoom, attempt: Attempt) -> None:
    room.tab_to(room.option(1))
    room.press("Space", "ArrowDown", "ArrowRight")

    room.expect_position(1)
    room.expect_chosen(3)
    room.expect_saved()
    assert stored_places(attempt) == {1: 3}
    room.page.locator("#next").focus()
    room.press("ArrowRight")
    room.expect_position(2)


def test_arrows_scroll_an_exhibit_and_do_not_move(room: ExamRoom) -> None:
    room.item.evaluate("""item => {
      item.insertAdjacentHTML("afterbegin", "<figure class=exhibit><pre tabindex=0>wide</pre></figure>");
      item.querySelector("pre").focus();
    }""")

    room.press("ArrowRight")

    room.expect_position(1)
    room.press("n")
    room.expect_position(2)


def test_next_does_nothing_on_the_review_screen(review: ExamRoom) -> None:
    review.press("n", "ArrowRight", "p")

    expect(review.page.locator("#review")).to_be_visible()
    review.page.get_by_role("button", name="Back to item 4").click()
    review.expect_position(4)


def test_whole_option_row_can_be_clicked(room: ExamRoom, attempt: Attempt) -> None:
    row = room.item.locator("label").nth(3)
    box = row.bounding_box()
    assert box is not None
    assert box["height"] >= 44

    row.click(position={"x": box["width"] - 6, "y": box["height"] / 2})

    room.expect_chosen(4)
    room.expect_saved()
    assert stored_places(attempt) == {1: 4}


def test_time_is_said_on_demand(room: ExamRoom) -> None:
    room.press("t")

    expect(room.page.locator("#announcer")).to_have_text(
        re.compile(r"^2 hours (50 minutes|49 minutes \d+ seconds?) left\.$")
    )
