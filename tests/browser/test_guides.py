"""Guides and the credential desk in Chromium: read, try, drill, count, keep track."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from exams.models import CreditEntry, Duty, RealAttempt
from exams.practice.history import first_answers
from tests.browser.exam_room import Axe
from tests.browser.test_accessibility import assert_accessible, open_details
from tests.exams.test_guides import publish_anew
from tests.exams.test_practice_sessions import begin, do
from tests.factories import make_bank, make_sample

DAY = timedelta(days=1)


@pytest.fixture
def bank(transactional_db: None) -> None:
    outline = make_bank(forms=2)
    for number in (901, 902):
        publish_anew(make_sample(outline, domain_code="IM", number=number), tags=["guide"])


@pytest.fixture
def candidate(alice: User, bank: None, page: Page, sign_in: Callable[..., None]) -> User:
    """Alice, with some first answers and a record of an exam that is planned."""
    now = timezone.now()
    session = begin(alice, size=5, domains=frozenset({"IM"}), now=now)
    for position in range(1, 6):
        do(session, position, right=position > 2, now=now)
    RealAttempt.objects.create(user=alice, on=now.date() - 30 * DAY, result="failed")
    RealAttempt.objects.create(user=alice, on=now.date(), result="planned")
    sign_in(page.context, alice)
    return alice


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    "path",
    [
        "/guides/", "/guides/IM/", "/credential/", "/credential/eligibility/",
        "/credential/eligibility/?months=17&level=bachelor&hours=20", "/credential/eligibility/?months=many",
    ],
)  # fmt: skip
def test_open_page_is_accessible(page: Page, axe_findings: Axe, failing_requests: None, path: str) -> None:
    page.goto(path)
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.mark.usefixtures("candidate")
@pytest.mark.parametrize("path", ["/guides/IM/", "/credential/", "/credential/attempts/", "/credential/maintenance/"])
def test_page_of_a_candidate_is_accessible(page: Page, axe_findings: Axe, path: str) -> None:
    page.goto(path)
    open_details(page)

    assert_accessible(page, axe_findings)


def test_page_of_somebody_certified_is_accessible(page: Page, candidate: User, axe_findings: Axe) -> None:
    today = timezone.now().date()
    RealAttempt.objects.create(user=candidate, on=today - 900 * DAY, result="passed")
    CreditEntry.objects.create(user=candidate, on=today, title="Annual meeting", credits=12)
    Duty.objects.create(user=candidate, text="Keep certificates", done_on=today)
    Duty.objects.create(user=candidate, text="Ask ABII")

    page.goto("/credential/maintenance/")

    expect(page.get_by_role("heading", name="Where you stand")).to_be_visible()
    assert_accessible(page, axe_findings)


def test_refused_dates_are_told_beside_their_field(
    page: Page, candidate: User, axe_findings: Axe, failing_requests: None
) -> None:
    page.goto("/credential/attempts/")
    page.get_by_role("button", name="Add it").click()

    expect(page.locator(".errorlist")).to_have_text("This field is required.")
    assert_accessible(page, axe_findings)


@pytest.mark.usefixtures("candidate")
def test_from_a_guide_to_a_drill_of_its_domain(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Guides").click()
    page.get_by_role("link", name="Domain IM").click()
    expect(page.get_by_text("Not enough yet: 5 of 25.")).to_be_visible()
    page.get_by_role("link", name="Drill this domain").click()

    expect(page.get_by_role("heading", name="Practice", exact=True)).to_be_visible()
    expect(page.get_by_label("Domain IM")).to_be_checked()
    expect(page.get_by_label("Domain IT")).not_to_be_checked()


def test_sample_in_a_guide_is_answered_and_counts_nowhere(page: Page, candidate: User) -> None:
    before = first_answers(candidate)
    page.goto("/guides/IM/")
    sample = page.get_by_role("article", name="Sample question 1")
    sample.get_by_role("radio").first.check()
    expect(sample.get_by_text("is the key")).to_be_hidden()
    sample.get_by_text("Show the key and the reasons").click()

    expect(sample.get_by_text("is the key")).to_be_visible()
    assert first_answers(candidate) == before == {"IM": (3, 5)}


def test_stranger_counts_points_by_keyboard(page: Page) -> None:
    page.goto("/credential/")
    page.get_by_role("link", name="Count my points").press("Enter")
    page.get_by_label("Months of experience").fill("30")
    page.get_by_label("Education", exact=True).select_option("Bachelor's degree")
    page.get_by_label("One degree or diploma of mine is in imaging informatics").press("Space")
    page.get_by_label("Hours of continuing education").fill("0")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="By these rules you have enough: 7 points, 7 needed.")).to_be_visible()


def test_a_pass_leads_to_keeping_the_credential(page: Page, candidate: User) -> None:
    page.goto("/credential/attempts/")
    page.get_by_role("button", name="I passed").click()
    expect(page.get_by_role("heading", name="You have passed. Congratulations.")).to_be_visible()
    page.get_by_role("link", name="Keep the credential").click()
    year = timezone.now().year + 1

    expect(page.get_by_role("heading", name=f"Your first biennium begins on January 1, {year}.")).to_be_visible()
    page.get_by_label("Day").fill(f"{timezone.now().date():%Y-%m-%d}")
    page.get_by_label("What it was").fill("Annual meeting")
    page.get_by_role("spinbutton", name="Credits").fill("7.5")
    page.get_by_role("button", name="Add them").click()

    expect(page.get_by_text("Annual meeting 7.5 credits")).to_be_visible()
