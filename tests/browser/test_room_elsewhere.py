"""The same exam in two tabs or on two devices, and a session that lapses in the middle."""

import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from exams.models import Attempt
from tests.browser.exam_room import SAVES, ExamRoom, ledger, never_answer, refuse, stored_places
from tests.factories import PASSWORD

pytestmark = pytest.mark.usefixtures("failing_requests")


# --- Two pages --------------------------------------------------------------------------------------------------


def test_stale_page_shows_what_is_stored_and_overwrites_nothing(
    room: ExamRoom, second: ExamRoom, attempt: Attempt
) -> None:
    second.choose(2)
    second.expect_saved()

    room.choose(3)

    expect(room.notice).to_contain_text("Item 1: This item was changed in another window.")
    room.expect_chosen(2)
    expect(room.saved).to_be_empty()
    assert ledger(attempt) == [(1, 2)]
    # Having seen it, the page may change it; and what it was told stays on screen.
    room.choose(4)
    room.expect_saved()
    expect(room.notice).to_contain_text("changed in another window")
    assert ledger(attempt) == [(1, 2), (1, 4)]


def test_focus_brings_news_from_another_page(room: ExamRoom, second: ExamRoom) -> None:
    second.choose(2)
    second.expect_saved()

    room.page.evaluate("dispatchEvent(new Event('focus'))")

    expect(room.notice).to_contain_text("changed in another window")
    room.expect_chosen(2)


def test_reload_sends_no_old_click_over_what_another_device_has_stored(
    room: ExamRoom, attempt: Attempt, new_context: Callable[[], BrowserContext], sign_in: Callable[..., None]
) -> None:
    room.page.on("dialog", lambda dialog: dialog.accept())
    # The second click waits behind the first and is never sent before the reload.
    room.disturb_saves(never_answer)
    room.press("b", "n", "b")
    room.expect_unsaved(2)
    phone = new_context()
    sign_in(phone, attempt.user)
    other = ExamRoom(phone.new_page(), attempt).open(at=2)
    other.choose(3)
    other.expect_saved()
    room.leave_saves_alone()

    room.reload()

    expect(room.notice).to_contain_text("Item 2: This item was changed in another window.")
    room.expect_position(2)
    room.expect_chosen(3)
    room.press("p", "f")
    room.expect_saved()
    assert sorted(ledger(attempt)) == [(1, 2), (1, 2), (2, 3)]


def test_reload_shows_what_another_page_has_stored(room: ExamRoom, second: ExamRoom) -> None:
    room.choose(1)
    room.expect_saved()
    second.reload()
    second.choose(2)
    second.expect_saved()

    room.reload()

    room.expect_chosen(2)


def test_end_does_not_pass_over_an_answer_that_turns_out_stale(
    room: ExamRoom, second: ExamRoom, attempt: Attempt
) -> None:
    room.disturb_saves(refuse)
    room.choose(3)
    second.choose(2)
    second.expect_saved()
    room.go_to_end_dialog()
    room.page.locator("#end-now").click()
    expect(room.end_words).to_contain_text("1 answer not yet saved.")

    room.leave_saves_alone()

    expect(room.end_dialog).to_be_hidden(timeout=20_000)
    expect(room.notice).to_contain_text("Item 1: This item was changed in another window.")
    attempt.refresh_from_db()
    assert attempt.is_open
    assert ledger(attempt) == [(1, 2)]


def test_several_stale_items_are_named_together(room: ExamRoom, second: ExamRoom) -> None:
    second.press("b", "n", "b")
    second.expect_saved()

    room.press("c", "n", "c")

    expect(room.notice).to_contain_text("Items 1, 2 were changed in another window.")


def test_duplicated_tab_keeps_a_queue_of_its_own(room: ExamRoom, attempt: Attempt) -> None:
    context = room.page.context
    room.disturb_saves(refuse)
    room.choose(1)
    room.expect_unsaved(1)
    context.route(SAVES, refuse)
    # As a duplicated tab does, it inherits what the first has in its session storage.
    with context.expect_page() as opened:
        room.page.evaluate("window.open(location.href) && null")
    copy = ExamRoom(opened.value, attempt)
    copy.expect_ready()
    copy.press("n", "b")
    copy.expect_unsaved(2)
    room.press("n", "n", "c")
    room.expect_unsaved(2)

    room.page.close()
    copy.page.close()
    context.unroute(SAVES)

    third = ExamRoom(context.new_page(), attempt).open()
    third.expect_saved()
    assert stored_places(attempt) == {1: 1, 2: 2, 3: 3}


# --- Signed out -------------------------------------------------------------------------------------------------


def test_signed_out_candidate_signs_in_elsewhere_and_loses_nothing(room: ExamRoom, attempt: Attempt) -> None:
    room.choose(1)
    room.expect_saved()
    Session.objects.all().delete()

    room.press("n", "b")
    room.page.get_by_role("button", name="Later").click()
    room.press("n", "c")

    expect(room.notice).to_contain_text("You are signed out.")
    room.expect_unsaved(2)
    assert stored_places(attempt) == {1: 1}
    room.page.get_by_role("link", name="Sign in").click()
    with room.page.context.expect_page() as opened:
        room.page.get_by_role("link", name="The sign-in page in a new tab").click()
    sign_in_by_form(opened.value, attempt.user.email)
    room.page.bring_to_front()
    room.page.evaluate("dispatchEvent(new Event('focus'))")

    room.expect_saved()
    expect(room.notice).to_be_hidden()
    assert sorted(ledger(attempt)) == [(1, 1), (2, 2), (3, 3)]
    # The exam can also be ended from the page that was made before.
    room.go_to_end_dialog()
    room.page.locator("#end-now").click()
    room.expect_report()


def test_signed_out_candidate_signs_in_over_the_page_and_loses_nothing(room: ExamRoom, attempt: Attempt) -> None:
    room.choose(1)
    room.expect_saved()
    Session.objects.all().delete()
    room.press("n", "b")

    dialog = room.page.get_by_role("dialog", name="You are signed out")
    expect(dialog.get_by_label("Email")).to_have_value(attempt.user.email)
    expect(dialog.get_by_label("Password")).to_be_focused()
    dialog.get_by_label("Password").fill("a wrong password")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Check the password")
    dialog.get_by_label("Password").fill(PASSWORD)
    room.press("Enter")

    expect(dialog).to_be_hidden()
    expect(room.notice).to_be_hidden()
    room.expect_saved()
    room.expect_position(2)
    assert sorted(ledger(attempt)) == [(1, 1), (2, 2)]
    room.press("n", "c")
    room.expect_saved()
    assert sorted(ledger(attempt)) == [(1, 1), (2, 2), (3, 3)]


def test_sign_in_that_was_put_off_lets_the_exam_go_on_and_can_be_done_later(room: ExamRoom, attempt: Attempt) -> None:
    Session.objects.all().delete()
    room.choose(1)
    dialog = room.page.get_by_role("dialog", name="You are signed out")
    dialog.get_by_role("button", name="Later").click()

    room.press("n", "b", "n", "c")
    room.expect_unsaved(3)
    expect(dialog).to_be_hidden()

    room.page.get_by_role("link", name="Sign in").click()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    room.expect_saved()
    assert sorted(ledger(attempt)) == [(1, 1), (2, 2), (3, 3)]


def test_browser_without_a_csrf_token_gets_one_by_signing_in(room: ExamRoom, attempt: Attempt) -> None:
    room.page.context.clear_cookies()
    room.choose(4)

    dialog = room.page.get_by_role("dialog", name="You are signed out")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()

    room.expect_saved()
    assert ledger(attempt) == [(1, 4)]


def test_notice_goes_once_signed_in_although_nothing_waited(
    room: ExamRoom, attempt: Attempt, sign_in: Callable[..., None]
) -> None:
    Session.objects.all().delete()
    room.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(room.page.get_by_role("link", name="Sign in")).to_be_visible()
    sign_in(room.page.context, attempt.user)

    room.page.evaluate("dispatchEvent(new Event('focus'))")

    expect(room.notice).to_be_hidden()


def test_end_while_signed_out_waits_for_the_sign_in(
    room: ExamRoom, attempt: Attempt, sign_in: Callable[..., None]
) -> None:
    room.go_to_end_dialog()
    Session.objects.all().delete()

    room.page.locator("#end-now").click()

    # Not behind a dialog: the link has to be within reach.
    expect(room.end_dialog).to_be_hidden()
    expect(room.page.get_by_role("link", name="Sign in")).to_be_visible()
    sign_in(room.page.context, attempt.user)
    room.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(room.page.get_by_role("dialog")).to_be_hidden()
    room.page.locator("#end-exam").click()
    room.page.locator("#end-now").click()
    room.expect_report()


def sign_in_by_form(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"^[^/]+//[^/]+/$"))
