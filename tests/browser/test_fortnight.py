"""A fortnight of one candidate with a moved clock; every number on the pages is computed again from raw rows."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from math import exp, lgamma

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from exams.models import Attempt, PracticeItem, PracticeSession, Response, ReviewCard, Score
from questions.models import Option
from tests.factories import key_place, make_bank, make_user, publish_form_a

DAY = timedelta(days=1)
SCORED = 60


@pytest.fixture
def alice(transactional_db: None, page: Page, sign_in: Callable[[BrowserContext, User], None]) -> User:
    make_bank(scored_count=SCORED, pilot_count=20, forms=3)
    publish_form_a(now=timezone.now())
    user = make_user()
    sign_in(page.context, user)
    return user


@pytest.fixture
def doors(alice: User) -> Client:
    """What is not looked at goes through the same doors without a browser."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def day() -> Iterator[Callable[[int], None]]:
    """`day(3)` moves server and test to three days after the start."""
    start = timezone.now()
    travels: list[time_machine.travel] = []

    def move(days: int) -> None:
        travels.append(time_machine.travel(start + days * DAY, tick=True))
        travels[-1].start()

    yield move
    for travel in reversed(travels):
        travel.stop()


def sit_mock(doors: Client, user: User, *, every: int) -> Attempt:
    """Every `every`-th item is answered wrongly, one in ten is left out."""
    doors.post(reverse("exams:start"))
    attempt = Attempt.objects.of(user).open().get()
    for response in attempt.responses.select_related("form_item").order_by("position"):
        if response.position % 10 == 0:
            continue
        place = key_place(response)
        chosen = place % 4 + 1 if response.position % every == 0 else place
        said = {"item": response.position, "base": 0, "op_id": str(uuid.uuid4()), "chosen": chosen}
        assert doors.post(reverse("exams:save", args=[attempt.public_id]), said).status_code == 200
    doors.post(reverse("exams:submit", args=[attempt.public_id]))
    doors.get(reverse("exams:report", args=[attempt.public_id]))
    return attempt


def practise(doors: Client, session: PracticeSession, *, every: int) -> None:
    for place in session.places.order_by("position"):
        key = Option.objects.get(version=place.version_id, is_key=True).position
        right = place.option_order.index(str(key)) + 1
        chosen = right % 4 + 1 if place.position % every == 0 else right
        door = reverse("exams:practice_answer", args=[session.public_id, place.position])
        doors.post(door, {"chosen": chosen, "confidence": 3})
    doors.post(reverse("exams:finish_practice", args=[session.public_id]))


# --- The same numbers by other means ------------------------------------------------------------------------------
def raw_right(attempt: Attempt) -> int:
    return sum(
        response.chosen == key_place(response)
        for response in Response.objects.filter(attempt=attempt, form_item__is_scored=True).select_related("form_item")
    )


def fresh_answers(user: User) -> list[tuple[datetime, bool]]:
    """First meetings: scored items of mocks, answered ones of tests; here no item is met in both."""
    found = [
        (response.answered_at or response.attempt.finished_at or response.attempt.started_at,
         response.chosen == key_place(response))
        for response in Response.objects.filter(attempt__user=user, form_item__is_scored=True).select_related(
            "form_item", "attempt"
        )
    ]  # fmt: skip
    for place in PracticeItem.objects.filter(session__user=user, session__mode="test", chosen__isnull=False):
        assert place.answered_at
        key = Option.objects.get(version=place.version_id, is_key=True).position
        found.append((place.answered_at, place.option_order[(place.chosen or 0) - 1] == str(key)))
    return found


def forecast(user: User, now: datetime) -> tuple[int, int, int, int]:
    """Answers, expected, low and high of a beta-binomial on Beta(14, 6), by log-gamma instead of recurrence."""
    answers = fresh_answers(user)
    weight = [0.5 ** ((now - at).total_seconds() / (30 * 86400)) for at, _ in answers]
    a = 14 + sum(w for w, (_, is_right) in zip(weight, answers, strict=True) if is_right)
    b = 6 + sum(w for w, (_, is_right) in zip(weight, answers, strict=True) if not is_right)

    def log_beta(x: float, y: float) -> float:
        return lgamma(x) + lgamma(y) - lgamma(x + y)

    def share(y: int) -> float:
        ways = lgamma(SCORED + 1) - lgamma(y + 1) - lgamma(SCORED - y + 1)
        return exp(ways + log_beta(a + y, b + SCORED - y) - log_beta(a, b))

    shares = [share(y) for y in range(SCORED + 1)]
    low = max(y for y in range(SCORED + 1) if sum(shares[:y]) <= 0.1)
    high = min(y for y in range(SCORED + 1) if sum(shares[y + 1 :]) <= 0.1)
    return len(answers), int(SCORED * a / (a + b) + 0.5), low, high


def assert_forecast_is_shown(page: Page, user: User) -> None:
    n, expected, low, high = forecast(user, timezone.now())
    page.goto("/readiness/")
    said = page.locator(".forecast").inner_text()
    assert re.search(rf"expected\s+{expected} right \(80 % range {low}–{high}\)", said), (said, expected, low, high)
    expect(page.get_by_text(f"{n} fresh answers").first).to_be_visible()


def test_a_fortnight(page: Page, alice: User, doors: Client, day: Callable[[int], None]) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Start with one full mock")

    # The diagnostic mock, its report, its misses.
    first = sit_mock(doors, alice, every=4)
    right = raw_right(first)
    assert Score.objects.get().raw == right
    page.goto(f"/attempts/{first.public_id}/report/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{right} of {SCORED} right")
    assert_forecast_is_shown(page, alice)
    sort_all(page, first, missed=SCORED - right)

    make_plan(page)

    # Next day everything that was missed is due, and the review ends when it is done.
    day(1)
    page.goto("/practice/")
    expect(page.get_by_text(f"{SCORED - right} items due for review today")).to_be_visible()
    page.get_by_role("button", name="Review them now").click()
    review = PracticeSession.objects.get()
    practise(doors, review, every=5)
    missed_again = sum(1 for position in range(1, SCORED - right + 1) if position % 5 == 0)
    page.goto(f"/practice/{review.public_id}/results/")
    expect(page.get_by_text(f"{SCORED - right - missed_again} of {SCORED - right} right.")).to_be_visible()
    page.goto("/practice/")
    expect(page.get_by_text("Nothing is due for review today")).to_be_visible()

    # A drill under test conditions counts for the forecast; the tutor's review did not.
    day(5)
    doors.post(reverse("exams:start_practice"), {"source": "unseen", "mode": "test", "size": 20})
    practise(doors, PracticeSession.objects.get(mode="test"), every=3)
    assert_forecast_is_shown(page, alice)
    page.goto("/practice/")
    due = ReviewCard.objects.filter(user=alice, due_at__date__lte=timezone.now().date()).count()
    expect(page.get_by_text(f"{due} items due for review today")).to_be_visible()

    day(12)
    assert_second_mock_is_told(page, alice, sit_mock(doors, alice, every=7), first_right=right)


def assert_second_mock_is_told(page: Page, alice: User, second: Attempt, *, first_right: int) -> None:
    """In its report beside the first one, on the home page, and two days before the exam."""
    page.goto(f"/attempts/{second.public_id}/report/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{raw_right(second)} of {SCORED} right")
    expect(page.get_by_role("table").filter(has_text="this one")).to_contain_text(f"{first_right} of {SCORED}")
    page.goto("/")
    _, expected, _, _ = forecast(alice, timezone.now())
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"about {expected} of {SCORED} right")
    page.goto("/plan/")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 days until your exam.")


def make_plan(page: Page) -> None:
    page.goto("/plan/make/")
    page.get_by_label("Date of your exam").fill((timezone.now().date() + 14 * DAY).isoformat())
    page.get_by_label("Hours a week for study").fill("8")
    page.get_by_role("button", name="Make the plan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("14 days until your exam.")


def sort_all(page: Page, attempt: Attempt, *, missed: int) -> None:
    page.goto(f"/attempts/{attempt.public_id}/triage/")
    expect(page.get_by_text(f"0 of {missed} sorted.")).to_be_visible()
    for n in range(1, missed + 1):
        page.get_by_role("button", name="Reasoned wrongly" if n % 2 else "Did not know it").click()
        expect(page.get_by_text(f"{n} of {missed} sorted." if n < missed else f"All {missed} sorted.")).to_be_visible()
    expect(page.get_by_text(f"Reasoned wrongly: {(missed + 1) // 2}.")).to_be_visible()
