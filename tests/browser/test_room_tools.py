"""Tools of the driver that store nothing: larger exhibits, a hidden place, the end of a long item, a calculator."""

from collections.abc import Callable

import pytest
import pytest_django
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from exams.models import Attempt
from tests.browser.exam_room import ExamRoom
from tests.factories import make_bank, publish_form_a, start

pytestmark = pytest.mark.usefixtures("failing_requests")
LONG_SECOND_ITEM = "document.querySelectorAll('.item')[1].querySelector('.stem').style.height = '300vh'"


def test_leaving_an_item_that_was_not_read_to_its_end_is_questioned_once(room: ExamRoom) -> None:
    room.page.evaluate(LONG_SECOND_ITEM)
    room.press("n")
    room.press("n")
    dialog = room.page.get_by_role("dialog", name="This item goes on below")
    expect(dialog).to_be_visible()
    room.expect_position(2)

    dialog.get_by_role("button", name="Show the rest").click()
    expect(room.option(4)).to_be_in_viewport()
    room.press("n")
    room.expect_position(3)

    room.press("p")
    room.press("n")
    expect(dialog).to_be_hidden()
    room.expect_position(3)


def test_candidate_may_leave_a_long_item_all_the_same(room: ExamRoom) -> None:
    room.page.evaluate(LONG_SECOND_ITEM)
    room.press("n")

    room.page.locator("#next").click()
    room.page.get_by_role("button", name="Next item").click()

    room.expect_position(3)


def test_short_items_are_left_without_a_question(room: ExamRoom) -> None:
    for position in range(2, 12):
        room.press("n")
        room.expect_position(position)


def test_exhibit_is_enlarged_in_steps(page: Page, alice: User, sign_in: Callable[..., None]) -> None:
    make_bank(exhibit="09:14 C-STORE 0000")
    publish_form_a(now=timezone.now())
    sign_in(page.context, alice)
    room = ExamRoom(page, start(alice, now=timezone.now())).open()
    room.item.get_by_role("button", name="Enlarge").click()
    dialog = page.locator("#zoom-dialog")
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    before = dialog.locator("pre").evaluate(size)

    dialog.get_by_role("button", name="Larger").click()

    expect(dialog.locator("#zoom-factor")).to_have_text("150 %")
    assert dialog.locator("pre").evaluate(size) == pytest.approx(before * 1.2)
    expect(dialog.locator("pre")).to_have_text("09:14 C-STORE 0000")
    dialog.get_by_role("button", name="Close").click()
    room.press("n")
    room.expect_position(2)


def test_place_in_the_exam_can_be_hidden_and_stays_hidden(room: ExamRoom) -> None:
    room.page.locator("#hide-position").click()

    expect(room.page.locator("#position")).to_be_hidden()
    assert "of 30" not in room.page.title()
    room.press("n")
    assert "of 30" not in room.page.title()
    room.page.reload()
    expect(room.page.locator("#position")).to_be_hidden()
    room.page.locator("#hide-position").click()
    expect(room.page.locator("#position")).to_have_text("2 of 30")


def test_calculator_is_absent_unless_the_site_offers_it(room: ExamRoom) -> None:
    expect(room.page.get_by_role("button", name="Calculator")).to_have_count(0)


@pytest.fixture
def calculator(
    settings: pytest_django.Settings, page: Page, attempt: Attempt, sign_in: Callable[..., None]
) -> ExamRoom:
    settings.CALCULATOR = True
    sign_in(page.context, attempt.user)
    return ExamRoom(page, attempt).open()


@pytest.mark.parametrize(
    ("sum_", "result"),
    [
        ("(3 + 4) × 2.5", "= 17.5"),
        ("2 - 3 - 4", "= -5"),
        ("8 ÷ 4 / 2", "= 1"),
        ("-2 * -3", "= 6"),
        ("0.1 + 0.2", "= 0.3"),
        ("1,024 * 2", "= 2048"),
        ("1 / 0", "No result"),
        ("2 +", "Not readable"),
        ("(1", "Not readable"),
        ("1 2", "Not readable"),
        ("alert(1)", "Not readable"),
    ],
)
def test_calculator_works_sums_out(calculator: ExamRoom, sum_: str, result: str) -> None:
    page = calculator.page
    page.get_by_role("button", name="Calculator").click()

    page.locator("#sum").fill(sum_)
    page.keyboard.press("Enter")

    expect(page.locator("#sum-result")).to_contain_text(result)
    calculator.expect_position(1)
