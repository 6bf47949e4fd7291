"""The clock on screen and the end: the server's time alone counts, whatever the browser believes."""

import re

import pytest
import pytest_django
from django.utils import timezone
from playwright.sync_api import Page, expect

from exams.models import Attempt, Ending
from tests.browser.exam_room import ExamRoom, refuse, set_deadline, stored_places

# Every clock that a page can read stands still in another year.
FROZEN = """
{
  const Real = Date;
  const then = Real.UTC(2001, 0, 1);
  globalThis.Date = new Proxy(Real, {
    construct: (target, values) => Reflect.construct(target, values.length ? values : [then]),
    get: (target, name) => name === "now" ? () => then : Reflect.get(target, name),
  });
  performance.now = () => 1000;
}
"""


def ending_of(attempt: Attempt) -> str:
    attempt.refresh_from_db()
    return attempt.ending


@pytest.fixture
def frozen_room(page: Page, room: ExamRoom) -> ExamRoom:
    page.add_init_script(FROZEN)
    room.reload()
    assert page.evaluate("[new Date().getFullYear(), performance.now()]") == [2001, 1000]
    return room


# --- A forged clock ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("failing_requests")
def test_save_with_a_frozen_clock_after_the_deadline_ends_the_exam(frozen_room: ExamRoom, attempt: Attempt) -> None:
    frozen_room.choose(1)
    frozen_room.expect_saved()
    set_deadline(attempt, seconds=-60)

    frozen_room.press("n", "b")

    # Time to read that it did not count.
    expect(frozen_room.notice).to_contain_text("this answer came too late")
    frozen_room.page.get_by_role("link", name="To the report").click()
    frozen_room.expect_report()
    assert stored_places(attempt) == {1: 1}
    assert ending_of(attempt) == Ending.TIME_UP
    assert attempt.finished_at == attempt.deadline_at


@pytest.mark.usefixtures("failing_requests")
def test_heartbeat_with_a_frozen_clock_after_the_deadline_ends_the_exam(
    frozen_room: ExamRoom, attempt: Attempt, settings: pytest_django.Settings
) -> None:
    settings.HEARTBEAT_SECONDS = 1
    frozen_room.reload()

    set_deadline(attempt, seconds=-60)

    frozen_room.expect_report()
    assert ending_of(attempt) == Ending.TIME_UP


def test_acknowledgement_sets_a_frozen_clock_right(frozen_room: ExamRoom, attempt: Attempt) -> None:
    set_deadline(attempt, seconds=1000)

    frozen_room.choose(1)

    frozen_room.expect_saved()
    expect(frozen_room.clock).to_have_text(re.compile(r"^0:16:\d\d$"))


@pytest.mark.parametrize("year", [1999, 2099])
def test_countdown_takes_no_notice_of_the_date(room: ExamRoom, attempt: Attempt, year: int) -> None:
    room.page.add_init_script(f"Date.now = () => {{ return new Date({year}, 0).getTime(); }};")

    room.reload()

    first = room.time_shown()
    assert abs(first - attempt.seconds_left(timezone.now())) <= 3
    expect(room.clock).not_to_have_text(room.clock.text_content() or "")
    assert abs(room.time_shown() - attempt.seconds_left(timezone.now())) <= 3


# --- At zero ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("failing_requests")
def test_at_zero_the_page_sends_what_waits_and_follows_the_server_to_the_report(
    room: ExamRoom, attempt: Attempt, settings: pytest_django.Settings
) -> None:
    settings.SAVE_GRACE_SECONDS = 5
    set_deadline(attempt, seconds=3)
    room.choose(1)
    room.expect_saved()
    room.disturb_saves(refuse)
    room.choose(2)
    room.expect_unsaved(1)

    expect(room.notice).to_contain_text("Time is up.")
    room.expect_unsaved(1)
    # The page's own decision is not to take more, not to be over.
    room.press("c", "n", "f", "r")
    room.expect_position(1)
    expect(room.page.locator("#review")).to_be_hidden()
    expect(room.page).to_have_url(re.compile(room.path))
    room.leave_saves_alone()

    room.expect_saved()
    room.expect_report()
    assert stored_places(attempt) == {1: 2}
    assert ending_of(attempt) == Ending.TIME_UP
    assert attempt.finished_at == attempt.deadline_at


def test_more_time_granted_at_zero_lets_the_exam_go_on(
    room: ExamRoom, attempt: Attempt, settings: pytest_django.Settings
) -> None:
    settings.SAVE_GRACE_SECONDS = 60
    set_deadline(attempt, seconds=1)
    room.choose(1)
    expect(room.notice).to_contain_text("Time is up.")

    set_deadline(attempt, seconds=600)

    expect(room.notice).to_contain_text("The exam goes on", timeout=10_000)
    room.press("n", "c")
    room.expect_position(2)
    room.expect_saved()
    assert stored_places(attempt) == {1: 1, 2: 3}


# --- Hiding the clock -------------------------------------------------------------------------------------------


def test_hidden_clock_stays_hidden_and_comes_back_at_five_minutes(room: ExamRoom, attempt: Attempt) -> None:
    room.page.locator("#hide-clock").click()
    expect(room.clock).to_be_hidden()
    room.reload()
    expect(room.clock).to_be_hidden()

    set_deadline(attempt, seconds=299)
    room.choose(1)

    expect(room.clock).to_be_visible()
    expect(room.notice).to_contain_text("5 minutes are left.")
    room.reload()
    expect(room.clock).to_be_visible()


def test_time_is_shown_on_demand_while_the_clock_is_hidden(room: ExamRoom) -> None:
    room.page.locator("#hide-clock").click()

    room.press("t")

    expect(room.notice).to_contain_text(re.compile(r"^\s*2 hours .+ left\."))
    expect(room.clock).to_be_hidden()


def test_hidden_clock_is_shown_again_on_demand(room: ExamRoom) -> None:
    button = room.page.locator("#hide-clock")
    button.click()

    button.click()

    expect(room.clock).to_be_visible()
    room.reload()
    expect(room.clock).to_be_visible()


def test_thirty_minutes_left_are_said_once(room: ExamRoom, attempt: Attempt) -> None:
    set_deadline(attempt, seconds=1799)
    room.choose(1)
    expect(room.notice).to_contain_text("30 minutes are left.")
    room.page.locator("#notice-close").click()

    room.choose(2)

    room.expect_saved()
    expect(room.notice).to_be_hidden()


# --- What is spoken ---------------------------------------------------------------------------------------------

# What the polite region says, from now on.
LISTEN = """
{
  window.spoken = [];
  new MutationObserver(() => {
    const text = document.getElementById("announcer").textContent;
    if (text) window.spoken.push(text);
  }).observe(document.getElementById("announcer"), { childList: true, characterData: true, subtree: true });
}
"""


@pytest.mark.parametrize(
    ("seconds", "words"), [(1800, "30 minutes"), (900, "15 minutes"), (300, "5 minutes"), (60, "1 minute")]
)
def test_time_is_spoken_once_at_each_notice_and_the_clock_itself_is_silent(
    room: ExamRoom, attempt: Attempt, seconds: int, words: str
) -> None:
    set_deadline(attempt, seconds=seconds + 4)
    room.reload()
    room.page.evaluate("() => {" + LISTEN + "}")

    room.page.wait_for_function("() => window.spoken.length > 0", timeout=10_000)
    room.page.wait_for_timeout(1500)

    assert room.page.evaluate("window.spoken") == [f"{words} {'is' if words == '1 minute' else 'are'} left."]
    is_shown = seconds in (1800, 300)
    expect(room.notice).to_be_visible(visible=is_shown)


def test_accessibility_tree_has_a_silent_timer_and_one_polite_region(room: ExamRoom) -> None:
    session = room.page.context.new_cdp_session(room.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    live = {
        node["role"]["value"]: prop["value"]["value"]
        for node in nodes
        for prop in node.get("properties", [])
        if prop["name"] == "live"
    }

    timers = [node for node in nodes if node.get("role", {}).get("value") == "timer"]
    assert [node["name"]["value"] for node in timers] == ["Time left"]
    assert live.get("timer", "off") == "off"
    assert live["status"] == "polite"
    assert "assertive" not in live.values()


def test_t_speaks_the_time_when_asked(room: ExamRoom) -> None:
    room.page.evaluate("() => {" + LISTEN + "}")
    room.press("t")

    room.page.wait_for_function("() => window.spoken.length > 0")
    assert re.fullmatch(r"2 hours (49|50) minutes( \d+ seconds?)? left\.", room.page.evaluate("window.spoken[0]"))
