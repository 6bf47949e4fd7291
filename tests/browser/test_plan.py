"""The study plan in a real browser: made, ticked by keyboard, mended after a missed week; accessible in every look."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from exams import plan_calendar, planning
from exams.models import PlanTask
from tests.browser.exam_room import Axe
from tests.browser.test_accessibility import assert_accessible, open_details
from tests.factories import make_bank

DAY = timedelta(days=1)


@pytest.fixture
def signed_in(page: Page, alice: User, sign_in: Callable[[BrowserContext, User], None]) -> User:
    make_bank()
    sign_in(page.context, alice)
    return alice


@pytest.fixture
def eight_days_later(signed_in: User) -> Iterator[None]:
    """A plan of six weeks, and a week and a day in which nothing was done."""
    now = timezone.now()
    planning.make(user=signed_in, exam_on=now.date() + 42 * DAY, hours_per_week=6, now=now)
    with time_machine.travel(now + 8 * DAY, tick=True):
        yield


def test_plan_is_made_ticked_by_keyboard_and_mended(page: Page, signed_in: User) -> None:
    now = timezone.now()
    page.goto("/plan/")
    page.get_by_role("link", name="Make a plan").click()
    page.get_by_label("Date of your exam").fill((now.date() + 42 * DAY).isoformat())
    page.get_by_label("Hours a week for study").fill("6")
    page.get_by_role("button", name="Make the plan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("42 days until your exam.")

    first = page.locator(".plan-tick").first
    first.focus()
    page.keyboard.press("Space")
    expect(page.locator("#plan-now")).to_contain_text("1 of")
    # The part was exchanged, the keyboard's place was not lost.
    expect(first).to_be_focused()
    expect(first).to_have_attribute("aria-pressed", "true")
    assert PlanTask.objects.exclude(done_at=None).count() == 1
    page.keyboard.press("Space")
    expect(page.locator("#plan-now")).to_contain_text("0 of")
    expect(first).to_be_focused()

    with time_machine.travel(now + 8 * DAY, tick=True):
        page.goto("/plan/")
        expect(page.get_by_role("heading", level=1)).to_have_text("34 days until your exam.")
        expect(page.locator("#plan-now")).to_contain_text("Spread over the 34 days left")
        assert not PlanTask.objects.filter(revision=1).exists()
        page.get_by_role("button", name="Spread over the days left").click()
        expect(page.get_by_text("moved to the days that are left.")).to_be_visible()
        expect(page.get_by_role("button", name="Spread over the days left")).to_have_count(0)
        assert PlanTask.objects.filter(revision=1, on__gte=(now + 8 * DAY).date()).exists()


def test_press_right_after_the_part_was_exchanged_needs_no_new_page(page: Page, signed_in: User) -> None:
    now = timezone.now()
    planning.make(user=signed_in, exam_on=now.date() + 42 * DAY, hours_per_week=6, now=now)
    page.goto("/plan/")
    page.evaluate("""() => {
        const body = document.body;
        document.addEventListener("htmx:afterSwap", () => {
            body.dataset.exchanges = Number(body.dataset.exchanges ?? 0) + 1;
            if (body.dataset.exchanges === "1") setTimeout(() => document.activeElement.click());
        });
    }""")
    page.locator(".plan-tick").first.focus()
    page.keyboard.press("Space")

    # A new page would know nothing of the first exchange.
    expect(page.locator("body")).to_have_attribute("data-exchanges", "2")


def test_address_of_the_calendar_is_shown_once_to_be_copied(
    page: Page, signed_in: User, eight_days_later: None
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/plan/")
    page.get_by_role("button", name="Make a calendar address").click()
    address = page.get_by_label("Address").input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()

    assert page.evaluate("navigator.clipboard.readText()") == address
    assert page.request.get(address).text().startswith("BEGIN:VCALENDAR")
    page.goto("/plan/")
    page.get_by_role("button", name="End the address").click()
    expect(page.get_by_text("leads nowhere from now on")).to_be_visible()
    assert page.request.get(address).status == 404


@pytest.mark.usefixtures("eight_days_later")
@pytest.mark.parametrize("path", ["", "make/", "delete/"])
def test_page_of_a_plan_is_accessible(page: Page, signed_in: User, axe_findings: Axe, path: str) -> None:
    plan_calendar.new_token(signed_in)
    task = PlanTask.objects.all()[0]
    planning.tick(user=signed_in, pk=task.pk, is_done=True, now=timezone.now())
    page.goto(f"/plan/{path}")
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("path", ["", "make/"])
def test_page_without_a_plan_is_accessible(page: Page, axe_findings: Axe, path: str) -> None:
    page.goto(f"/plan/{path}")

    assert_accessible(page, axe_findings)


@pytest.mark.usefixtures("eight_days_later", "failing_requests")
def test_page_of_the_address_and_a_refused_form_are_accessible(page: Page, axe_findings: Axe) -> None:
    page.goto("/plan/")
    page.get_by_role("button", name="Make a calendar address").click()
    assert_accessible(page, axe_findings)

    page.goto("/plan/make/")
    page.get_by_label("Date of your exam").fill("2020-01-01")
    page.get_by_role("button", name="Replace the plan").click()
    expect(page.get_by_text("This day is past.")).to_be_visible()
    assert_accessible(page, axe_findings)
