"""Time that is granted while the exam runs, and breaks that stop its clock, as the candidate's page shows them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from accounts.models import User
from exams import attempts
from exams.models import Attempt
from tests.browser.exam_room import Axe, ExamRoom, refuse, stored_places
from tests.browser.test_accessibility import assert_accessible

DISPLAY = "**/settings/display/"

pytestmark = pytest.mark.usefixtures("failing_requests")


@pytest.fixture
def attempt_with_break(attempt: Attempt) -> Attempt:
    attempt.break_seconds = 600
    attempt.save(update_fields=["break_seconds"])
    return attempt


def beat(room: ExamRoom) -> None:
    room.page.evaluate("dispatchEvent(new Event('focus'))")


def test_granted_minutes_reach_the_open_page_and_are_said(room: ExamRoom, attempt: Attempt) -> None:
    attempts.extend(public_id=attempt.public_id, seconds=600, reason="alarm", by=attempt.user, now=timezone.now())

    beat(room)

    expect(room.notice).to_contain_text("You were given more time")
    expect(room.clock).to_have_text(re.compile(r"2:59:\d\d|3:00:00"))


def test_more_extra_time_reaches_the_open_page(room: ExamRoom, attempt: Attempt) -> None:
    User.objects.update(extra_time_percent=50)

    beat(room)

    expect(room.notice).to_contain_text("You were given more time")
    expect(room.clock).to_have_text(re.compile(r"4:14:\d\d|4:15:00"))


def test_break_hides_the_items_stops_the_clock_and_leads_back(
    attempt_with_break: Attempt, room: ExamRoom, attempt: Attempt
) -> None:
    room.press("b")
    room.expect_saved()
    before = room.time_shown()

    room.page.get_by_role("button", name="Break").click()

    expect(room.page.get_by_role("heading", name="The clock stands still")).to_be_visible()
    expect(room.page.locator(".stem")).to_have_count(0)
    room.page.wait_for_timeout(1500)
    room.page.get_by_role("button", name="Go on with the exam").click()
    room.expect_ready()
    # The last second before the break may be shown again: the page rounds up.
    assert -1 <= before - room.time_shown() <= 3
    assert stored_places(attempt) == {1: 2}
    attempt.refresh_from_db()
    assert 590 <= attempt.break_seconds < 600


def test_break_waits_until_answers_are_saved(attempt_with_break: Attempt, room: ExamRoom, attempt: Attempt) -> None:
    room.disturb_saves(refuse)
    room.choose(3)
    room.expect_unsaved(1)

    room.page.get_by_role("button", name="Break").click()
    expect(room.notice).to_contain_text("as soon as your last answers are saved")
    room.leave_saves_alone()
    room.page.evaluate("dispatchEvent(new Event('focus'))")

    expect(room.page.get_by_role("heading", name="The clock stands still")).to_be_visible()
    assert stored_places(attempt) == {1: 3}


def test_other_tab_goes_to_the_break_too_and_keeps_its_answer(
    attempt_with_break: Attempt, room: ExamRoom, second: ExamRoom, attempt: Attempt
) -> None:
    attempts.begin_break(user=attempt.user, public_id=attempt.public_id, now=timezone.now())

    second.choose(4)

    expect(second.page.get_by_role("heading", name="The clock stands still")).to_be_visible()
    second.page.get_by_role("button", name="Go on with the exam").click()
    second.expect_ready()
    second.expect_saved()
    assert stored_places(attempt) == {1: 4}


def test_break_ends_by_itself(attempt: Attempt, attempt_with_break: Attempt, room: ExamRoom) -> None:
    Attempt.objects.update(break_seconds=2)
    attempts.begin_break(user=attempt.user, public_id=attempt.public_id, now=timezone.now() - timedelta(seconds=0.5))

    room.page.reload()

    expect(room.page.get_by_role("heading", name="The clock stands still")).to_be_visible()
    expect(room.page.locator("#room")).to_be_visible(timeout=10_000)


# --- How pages look ---------------------------------------------------------------------------------------------


def text_pixels(room: ExamRoom) -> float:
    return float(room.item.locator(".stem").evaluate("element => parseFloat(getComputedStyle(element).fontSize)"))


def test_large_text_is_chosen_over_the_page_and_kept(room: ExamRoom, attempt: Attempt) -> None:
    before = text_pixels(room)

    room.press("?")
    with room.page.expect_response(DISPLAY):
        room.page.get_by_label("Text").select_option("largest")

    assert text_pixels(room) == pytest.approx(before * 1.45, rel=0.01)
    expect(room.page.locator("#display-error")).to_be_empty()
    room.reload()
    assert text_pixels(room) == pytest.approx(before * 1.45, rel=0.01)


def test_look_set_elsewhere_reaches_the_open_page_with_the_next_heartbeat(room: ExamRoom) -> None:
    User.objects.update(high_contrast=True, reduced_motion=True)

    beat(room)

    expect(room.page.locator("html")).to_have_attribute("data-contrast", "high")
    expect(room.page.locator("html")).to_have_attribute("data-motion", "reduced")


def test_look_that_cannot_be_kept_says_so_and_holds_for_this_page(room: ExamRoom) -> None:
    room.page.route(DISPLAY, lambda route: route.abort())
    room.press("?")

    room.page.get_by_label("High contrast").check()

    expect(room.page.locator("#display-error")).to_contain_text("for this page only")
    with room.page.expect_response("**/heartbeat/"):
        beat(room)
    room.page.wait_for_timeout(100)
    expect(room.page.locator("html")).to_have_attribute("data-contrast", "high")


def test_look_chosen_while_an_older_choice_is_on_its_way_is_the_one_that_is_kept(
    room: ExamRoom, attempt: Attempt
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    room.page.route(DISPLAY, hold, times=1)
    room.press("?")

    room.page.get_by_label("Text").select_option("largest")
    room.page.get_by_label("High contrast").check()
    with room.page.expect_response("**/heartbeat/"):
        beat(room)
    with room.page.expect_response(lambda response: "high_contrast=on" in (response.request.post_data or "")):
        held.pop().continue_()

    expect(room.page.locator("html")).to_have_attribute("data-contrast", "high")
    attempt.user.refresh_from_db()
    assert (attempt.user.text_size, attempt.user.high_contrast) == ("largest", True)


def test_room_is_accessible_in_every_look(room: ExamRoom, axe_findings: Axe) -> None:
    User.objects.update(high_contrast=True, text_size="largest", reduced_motion=True)
    room.reload()
    room.choose(1)
    room.expect_saved()

    assert_accessible(room.page, axe_findings)
