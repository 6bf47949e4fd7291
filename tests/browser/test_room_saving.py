"""Nothing a candidate has chosen is lost or stored twice, whatever network, server and session do meanwhile."""

from pathlib import Path

import pytest
import pytest_django
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Dialog, Page, Route, expect

from exams import attempts
from exams.models import Attempt, Ending
from tests.browser.exam_room import ExamRoom, SaveLog, ledger, lose_answer, refuse, stored_places
from tests.factories import PASSWORD, start

pytestmark = pytest.mark.usefixtures("failing_requests")


# --- Failing answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503])
def test_refused_save_is_repeated_and_stored_once(room: ExamRoom, attempt: Attempt, status: int) -> None:
    log = SaveLog(room.page)
    room.disturb_saves(lambda route: route.fulfill(status=status, body="down"), times=2)

    room.choose(3)

    expect(room.saved).to_have_text("1 answer not yet saved, retrying")
    room.expect_saved()
    assert len(log.op_ids) == 3
    assert len(set(log.op_ids)) == 1
    # Half a second at least, then one: a server that comes back is not run over.
    assert log.times[2] - log.times[0] > 1.2
    assert ledger(attempt) == [(1, 3)]


def test_lost_acknowledgement_is_asked_for_again_and_stored_once(room: ExamRoom, attempt: Attempt) -> None:
    log = SaveLog(room.page)
    room.disturb_saves(lose_answer, times=1)

    room.choose(3)

    room.expect_saved()
    assert len(log.op_ids) == 2
    assert len(set(log.op_ids)) == 1
    assert ledger(attempt) == [(1, 3)]
    expect(room.notice).to_be_hidden()


def test_click_behind_a_lost_acknowledgement_is_stored_behind_it(room: ExamRoom, attempt: Attempt) -> None:
    room.disturb_saves(lose_answer, times=1)
    room.choose(3)
    expect(room.saved).to_have_text("1 answer not yet saved, retrying")

    room.choose(4)

    room.expect_saved()
    assert ledger(attempt) == [(1, 3), (1, 4)]
    room.expect_chosen(4)


def test_clicks_during_an_outage_collapse_to_the_last_of_each_item(room: ExamRoom, attempt: Attempt) -> None:
    room.cut_network()
    room.press("a", "b", "n", "c", "p", "d")
    room.expect_unsaved(2)

    room.restore_network()

    room.expect_saved()
    assert stored_places(attempt) == {1: 4, 2: 3}
    # The first click may have been on its way when the network went; what came between was never sent.
    assert (1, 2) not in ledger(attempt)


# --- Reload and leaving -----------------------------------------------------------------------------------------


def test_reload_during_an_outage_keeps_unsent_answers_and_sends_them(room: ExamRoom, attempt: Attempt) -> None:
    log = SaveLog(room.page)
    room.page.on("dialog", lambda dialog: dialog.accept())
    room.disturb_saves(refuse)
    room.press("b", "n", "c")
    room.expect_unsaved(2)

    room.reload()

    room.expect_position(2)
    room.expect_chosen(3)
    room.press("p")
    room.expect_chosen(2)
    room.expect_unsaved(2)
    assert stored_places(attempt) == {}
    room.leave_saves_alone()
    room.expect_saved()
    assert sorted(ledger(attempt)) == [(1, 2), (2, 3)]
    assert len(set(log.op_ids)) == 2


def test_reload_after_a_lost_acknowledgement_stores_nothing_twice(room: ExamRoom, attempt: Attempt) -> None:
    room.page.on("dialog", lambda dialog: dialog.accept())
    room.disturb_saves(lose_answer)
    room.choose(2)
    expect(room.saved).to_have_text("1 answer not yet saved, retrying")
    room.leave_saves_alone()

    room.reload()

    room.expect_saved()
    room.expect_chosen(2)
    expect(room.notice).to_be_hidden()
    assert ledger(attempt) == [(1, 2)]


def test_leaving_is_questioned_only_while_something_is_unsent(room: ExamRoom) -> None:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    room.page.on("dialog", note)
    room.choose(1)
    room.expect_saved()
    room.reload()
    assert asked == []

    room.disturb_saves(refuse)
    room.choose(2)
    room.expect_unsaved(1)
    room.reload()

    assert asked == ["beforeunload"]


@pytest.mark.parametrize("rubbish", ["{", "null", '[[1, {}], [999, {"base": 0, "next": {"chosen": 1}}]]'])
def test_damaged_storage_stops_nothing(room: ExamRoom, attempt: Attempt, rubbish: str) -> None:
    keep = "([name, value]) => localStorage.setItem(name, value)"
    room.page.evaluate(keep, [f"ciip-queue-{attempt.public_id}-x", rubbish])
    room.page.evaluate(keep, [f"ciip-visible-{attempt.public_id}", rubbish])

    room.reload()

    room.choose(2)
    room.expect_saved()
    assert ledger(attempt) == [(1, 2)]


def test_refused_storage_stops_nothing(room: ExamRoom, attempt: Attempt) -> None:
    room.page.add_init_script("delete Window.prototype.localStorage; delete window.localStorage;")
    room.reload()
    assert room.page.evaluate("typeof localStorage") == "undefined"

    room.choose(2)

    room.expect_saved()
    assert ledger(attempt) == [(1, 2)]


def test_queue_of_one_attempt_is_not_sent_to_another(room: ExamRoom, attempt: Attempt) -> None:
    room.page.on("dialog", lambda dialog: dialog.accept())
    room.disturb_saves(refuse)
    room.press("b", "n", "c")
    room.expect_unsaved(2)
    attempts.abandon(user=attempt.user, public_id=attempt.public_id, now=timezone.now())
    next_attempt = start(attempt.user, now=timezone.now())
    room.leave_saves_alone()

    second = ExamRoom(room.page, next_attempt).open()

    second.expect_chosen(None)
    second.choose(4)
    second.expect_saved()
    assert ledger(next_attempt) == [(1, 4)]
    assert ledger(attempt) == []


# --- Ending -----------------------------------------------------------------------------------------------------


def test_end_waits_for_unsent_answers(room: ExamRoom, attempt: Attempt) -> None:
    room.disturb_saves(refuse)
    room.choose(2)
    room.go_to_end_dialog()

    room.page.locator("#end-now").click()

    expect(room.end_words).to_contain_text("1 answer not yet saved. They are sent before the exam ends")
    attempt.refresh_from_db()
    assert attempt.is_open
    room.leave_saves_alone()
    room.expect_report()
    assert stored_places(attempt) == {1: 2}


def test_going_back_while_the_end_waits_ends_nothing(room: ExamRoom, attempt: Attempt) -> None:
    room.disturb_saves(refuse)
    room.choose(2)
    room.go_to_end_dialog()
    room.page.locator("#end-now").click()
    room.page.locator("#end-cancel").click()

    room.leave_saves_alone()

    room.expect_saved()
    room.page.locator("#back").click()
    room.choose(3)
    room.expect_saved()
    attempt.refresh_from_db()
    assert attempt.is_open
    assert stored_places(attempt) == {1: 3}


def test_end_without_network_stays_in_the_room_until_the_server_is_back(room: ExamRoom, attempt: Attempt) -> None:
    room.choose(2)
    room.expect_saved()
    room.go_to_end_dialog()
    room.cut_network()

    room.page.locator("#end-now").click()

    expect(room.end_words).to_contain_text("The server cannot be reached, so the exam has not ended.")
    attempt.refresh_from_db()
    assert attempt.is_open
    room.restore_network()
    room.expect_report()


def test_candidate_may_end_without_what_cannot_be_sent(room: ExamRoom, attempt: Attempt) -> None:
    room.disturb_saves(refuse)
    room.choose(2)
    room.go_to_end_dialog()
    room.page.locator("#end-now").click()

    room.page.locator("#end-anyway").click(timeout=10_000)
    expect(room.end_words).to_contain_text("1 answer not yet saved. If you end the exam now")
    attempt.refresh_from_db()
    assert attempt.is_open
    room.page.locator("#end-surely").click()

    room.expect_report()
    attempt.refresh_from_db()
    assert attempt.ending == Ending.SUBMITTED
    assert stored_places(attempt) == {}


# --- The file of unsent answers -----------------------------------------------------------------------------------

# As if a minute had passed: the page measures on its monotonic clock.
A_MINUTE_LATER = "() => { const now = performance.now.bind(performance); performance.now = () => now() + 61000; }"


def test_file_is_offered_after_a_minute_and_can_be_handed_in(room: ExamRoom, attempt: Attempt, tmp_path: Path) -> None:
    room.disturb_saves(refuse)
    room.press("b", "n", "c")
    room.expect_unsaved(2)
    room.press("p", "d")
    expect(room.notice).to_be_hidden()
    expect(room.saved).to_contain_text("retrying")
    room.page.evaluate(A_MINUTE_LATER)
    room.page.evaluate("() => dispatchEvent(new Event('focus'))")

    expect(room.notice).to_contain_text("The server has not answered for a minute", timeout=20_000)
    with room.page.expect_download() as download:
        room.page.get_by_role("link", name="Download").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    helper = room.page.context.new_page()
    helper.goto("/mocks/")
    helper.get_by_role("link", name="hand it in here").click()
    helper.get_by_label("The file").set_input_files(path)
    helper.get_by_role("button", name="Hand it in").click()

    expect(helper.get_by_text("Your file: ")).to_be_visible()
    assert stored_places(attempt) == {1: 4, 2: 3}
    helper.close()

    # The page itself sends the same clicks once it can; they are stored once.
    entries = ledger(attempt)
    room.leave_saves_alone()
    room.page.evaluate("() => dispatchEvent(new Event('focus'))")
    expect(room.saved).not_to_contain_text("not yet saved", timeout=20_000)
    assert ledger(attempt) == entries
    assert stored_places(attempt) == {1: 4, 2: 3}
    expect(room.notice.get_by_role("link", name="Download")).to_be_hidden()


def test_file_is_offered_once_and_not_again_to_whoever_closed_the_notice(room: ExamRoom) -> None:
    room.disturb_saves(refuse)
    room.choose(2)
    room.expect_unsaved(1)
    expect(room.saved).to_contain_text("retrying")
    room.page.evaluate(A_MINUTE_LATER)
    room.page.evaluate("() => dispatchEvent(new Event('focus'))")
    expect(room.notice).to_contain_text("The server has not answered", timeout=20_000)

    room.page.locator("#notice-close").click()
    room.page.evaluate(
        "() => { document.getElementById('announcer').textContent = ''; dispatchEvent(new Event('focus')); }"
    )
    room.page.wait_for_timeout(1500)

    for place in (room.notice, room.page.locator("#announcer")):
        expect(place).not_to_contain_text("The server has not answered")


def test_save_acknowledged_while_the_next_page_is_on_its_way_is_shown_there(room: ExamRoom, attempt: Attempt) -> None:
    """The server renders, then the old page, still on screen, saves and is told so; only then the new one arrives."""
    page = room.page
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url) if response.url.endswith("/save/") else None)

    def save_meanwhile(route: Route) -> None:
        rendered = route.fetch()
        room.choose(2)
        while not answered:
            page.wait_for_timeout(50)
        # The acknowledgement is on its way to a page that Playwright no longer asks.
        page.wait_for_timeout(500)
        route.fulfill(response=rendered)

    page.route(f"**{room.path}", save_meanwhile)
    room.reload()
    page.unroute(f"**{room.path}")

    expect(room.option(2)).to_be_checked()
    room.choose(3)
    room.expect_saved()
    expect(room.notice).to_be_hidden()
    assert ledger(attempt) == [(1, 2), (1, 3)]


# --- Cookies of a hosted site -----------------------------------------------------------------------------------


def test_answers_are_saved_with_the_cookies_of_a_hosted_site(
    page: Page, attempt: Attempt, settings: pytest_django.Settings
) -> None:
    """Chromium takes __Host- cookies from this machine without TLS."""
    settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME = "__Host-csrftoken", "__Host-sessionid"
    settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = True
    page.goto(reverse("account_login"))
    page.get_by_label("Email").fill(attempt.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    room = ExamRoom(page, attempt).open()

    room.choose(3)

    room.expect_saved()
    assert ledger(attempt) == [(1, 3)]
    assert {cookie["name"] for cookie in page.context.cookies()} == {"__Host-csrftoken", "__Host-sessionid"}
