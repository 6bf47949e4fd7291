"""Strike-outs, highlights and notes: they help, they never block, and they are there again on another device."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from exams.models import Attempt, Response
from tests.browser.exam_room import ExamRoom, stored_places

pytestmark = pytest.mark.usefixtures("failing_requests")
# Characters are counted over the whole stem, as the page does, however highlights have split its text.
SELECT = """([from, to]) => {
  const walker = document.createTreeWalker(document.querySelector(".current .stem"), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let place = 0, text; (text = walker.nextNode()); place += text.length) {
    if (from >= place && from < place + text.length) range.setStart(text, from - place);
    if (to > place && to <= place + text.length) range.setEnd(text, to - place);
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def select(room: ExamRoom, start: int, end: int) -> None:
    room.page.evaluate(SELECT, [start, end])


def marked(room: ExamRoom) -> list[str]:
    return room.item.locator(".stem mark").all_text_contents()


def stored(attempt: Attempt, position: int = 1) -> Response:
    return Response.objects.get(attempt=attempt, position=position)


def test_struck_option_is_seen_said_stored_and_can_still_be_chosen(room: ExamRoom, attempt: Attempt) -> None:
    room.press("Shift+B")
    room.expect_saved()

    button = room.item.get_by_role("button", name="Strike out option B")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(room.page.locator("#announcer")).to_have_text("Option B struck out.")
    expect(room.item.locator("label").nth(1).locator("span")).to_have_css("text-decoration-line", "line-through")
    assert (stored(attempt).struck, stored(attempt).chosen) == ("2", None)

    room.press("b")
    room.expect_saved()
    assert (stored(attempt).struck, stored(attempt).chosen) == ("2", 2)

    button.click()
    room.expect_saved()
    assert (stored(attempt).struck, stored(attempt).chosen) == ("", 2)


def test_striking_out_chooses_nothing(room: ExamRoom, attempt: Attempt) -> None:
    room.item.get_by_role("button", name="Strike out option A").click()

    room.expect_saved()
    room.expect_chosen(None)
    assert stored_places(attempt) == {1: None}


def test_highlights_join_split_and_are_stored(room: ExamRoom, attempt: Attempt) -> None:
    stem = room.item.locator(".stem").text_content() or ""
    highlight, erase = (room.page.get_by_role("button", name=name) for name in ("Highlight", "Erase"))
    first = stem.index("Stem")
    for start, end, button in [(2, 8, highlight), (6, 12, highlight), (4, 6, erase)]:
        select(room, first + start, first + end)
        button.click()
    room.expect_saved()

    text = stem[first:]
    assert marked(room) == [text[2:4], text[6:12]]
    assert stored(attempt).highlights == [["stem", first + 2, first + 4], ["stem", first + 6, first + 12]]
    # The words themselves are untouched.
    assert room.item.locator(".stem").text_content() == stem


def test_highlight_without_a_selection_says_how(room: ExamRoom, attempt: Attempt) -> None:
    room.page.get_by_role("button", name="Highlight").click()

    expect(room.notice).to_contain_text("Select words of the question")
    assert stored(attempt).revision == 0


def test_note_is_kept_and_cancel_keeps_the_old_one(room: ExamRoom, attempt: Attempt) -> None:
    button, text = room.page.locator("#note"), room.page.locator("#note-text")
    button.click()
    text.fill("n p f: keys type here")
    room.page.get_by_role("button", name="Keep the note").click()
    room.expect_saved()
    room.expect_position(1)

    button.click()
    expect(text).to_have_value("n p f: keys type here")
    text.fill("other")
    room.page.get_by_role("button", name="Cancel").click()

    expect(button).to_contain_text("Note ✓")
    assert stored(attempt).note == "n p f: keys type here"


def test_marks_survive_a_reload_and_another_device(
    room: ExamRoom, attempt: Attempt, new_context: Callable[..., BrowserContext], sign_in: Callable[..., None]
) -> None:
    room.press("Shift+A", "Shift+D", "c")
    first = (room.item.locator(".stem").text_content() or "").index("Stem")
    select(room, first, first + 4)
    room.page.get_by_role("button", name="Highlight").click()
    room.page.locator("#note").click()
    room.page.locator("#note-text").fill("later")
    room.page.get_by_role("button", name="Keep the note").click()
    room.expect_saved()

    room.reload()
    context = new_context()
    sign_in(context, attempt.user)
    elsewhere = ExamRoom(context.new_page(), attempt).open(at=1)

    for page in (room, elsewhere):
        page.expect_chosen(3)
        assert page.item.locator("label[data-struck] b").all_text_contents() == ["A", "D"]
        assert marked(page) == ["Stem"]
        expect(page.page.locator("#note")).to_contain_text("Note ✓")


def test_marks_made_offline_are_sent_later(room: ExamRoom, attempt: Attempt) -> None:
    room.cut_network()
    room.press("Shift+C", "n", "Shift+A", "b")
    room.expect_unsaved(2)

    room.restore_network()

    room.expect_saved()
    assert (stored(attempt, 1).struck, stored(attempt, 2).struck, stored(attempt, 2).chosen) == ("3", "1", 2)


def test_marks_made_elsewhere_appear_with_the_heartbeat(room: ExamRoom, second: ExamRoom) -> None:
    second.press("Shift+B")
    second.page.locator("#note").click()
    second.page.locator("#note-text").fill("from the other")
    second.page.get_by_role("button", name="Keep the note").click()
    second.expect_saved()

    room.page.evaluate("dispatchEvent(new Event('focus'))")

    expect(room.item.locator("label[data-struck]")).to_have_count(1)
    expect(room.page.locator("#note")).to_contain_text("Note ✓")
