"""Practice, sorting misses and bringing files in a real browser: by keyboard, without scripts, in every look."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts import roles
from accounts.models import User
from exams import attempts, scoring
from exams.models import Attempt, Cohort, PracticeSession, Triage
from exams.practice import sessions
from exams.practice.choosing import Wish
from exams.practice.sessions import Plan
from tests.browser.exam_room import Axe
from tests.browser.test_accessibility import assert_accessible, open_details
from tests.factories import answer_all, make_bank, make_user, publish_form_a, start

SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture
def alice(transactional_db: None, page: Page, sign_in: SignIn) -> User:
    make_bank(forms=3)
    publish_form_a(now=timezone.now())
    user = make_user()
    sign_in(page.context, user)
    return user


@pytest.fixture
def drill(alice: User) -> PracticeSession:
    """Three items: one missed, two waiting."""
    session = sessions.start(user=alice, plan=Plan("Drill", "tutor", Wish(3)), now=timezone.now())
    sessions.answer(session=session, position=1, chosen=None, confidence=None, now=timezone.now())
    return session


@pytest.fixture
def finished(alice: User) -> Attempt:
    attempt = start(alice, now=timezone.now())
    answer_all(attempt, right=18)
    return attempts.submit(user=alice, public_id=attempt.public_id, now=timezone.now())


def test_twenty_items_by_keyboard_alone(page: Page, alice: User) -> None:
    page.goto("/practice/")
    page.get_by_role("button", name="20 items").press("Enter")
    for _ in range(2):
        page.get_by_role("radio").first.focus()
        page.keyboard.press("ArrowDown")
        page.get_by_role("button", name="Unsure").press("Enter")
        expect(page.get_by_text("You said: unsure.")).to_be_visible()
        page.get_by_role("link", name="Next item").press("Enter")
    page.get_by_role("button", name="Finish").press("Enter")

    expect(page.get_by_text("of 2 right")).to_be_visible()
    assert PracticeSession.objects.get().places.filter(chosen=2).count() == 2


def test_practice_works_without_scripts(browser: Browser, base_url: str, alice: User, sign_in: SignIn) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto("/practice/?domain=IM&size=2")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("radio").nth(0).check()
    page.get_by_role("button", name="Sure", exact=True).click()

    expect(page.get_by_text("✓ key")).to_be_visible()
    context.close()


def test_misses_are_sorted_with_one_key_each_and_the_keys_can_be_switched_off(page: Page, finished: Attempt) -> None:
    page.goto(f"/attempts/{finished.public_id}/report/")
    page.get_by_role("link", name="Sort the misses").click()
    page.wait_for_load_state()
    page.keyboard.press("3")
    expect(page.get_by_text("1 of 2 sorted.")).to_be_visible()

    User.objects.update(single_keys=False)
    page.reload()
    expect(page.get_by_text("Single keys are off.")).to_be_visible()
    page.keyboard.press("1")
    assert list(Triage.objects.values_list("reason", flat=True)) == ["reasoning"]
    page.get_by_role("button", name="Guessed").click()

    expect(page.get_by_text("All 2 sorted.")).to_be_visible()


def test_report_prints_on_two_pages(page: Page, finished: Attempt) -> None:
    page.goto(f"/attempts/{finished.public_id}/report/")

    pdf = page.pdf(format="Letter")

    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") <= 2
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("path", ["/", "/practice/", "{drill}1/", "{drill}2/", "{drill}results/", "{drill}1/fault/"])
def test_page_of_practice_is_accessible(page: Page, drill: PracticeSession, axe_findings: Axe, path: str) -> None:
    page.goto(path.format(drill=f"/practice/{drill.public_id}/"))
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.mark.parametrize("path", ["report/", "triage/"])
def test_page_after_a_mock_is_accessible(page: Page, finished: Attempt, axe_findings: Axe, path: str) -> None:
    page.goto(f"/attempts/{finished.public_id}/{path}")
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.fixture
def ivy(finished: Attempt, page: Page, sign_in: SignIn) -> User:
    user = make_user("ivy")
    roles.make_instructor(user=user, roles=["editor", "invigilator"])
    cohort = Cohort.objects.create(name="Class")
    cohort.instructors.add(user)
    cohort.members.add(finished.user)
    scoring.ensure_scored(attempt=finished, now=timezone.now())
    sign_in(page.context, user)
    return user


@pytest.mark.parametrize(
    "path",
    [
        "/workshop/exchange/",
        "/workshop/exchange/export/?format=aiken",
        "/cohorts/1/results/?form=1",
        "/cohorts/1/results/{attempt}/",
    ],
)
def test_page_of_instructors_is_accessible(
    page: Page, ivy: User, finished: Attempt, axe_findings: Axe, path: str
) -> None:
    page.goto(path.replace("/1/", f"/{Cohort.objects.get().pk}/").format(attempt=finished.public_id))
    open_details(page)

    assert_accessible(page, axe_findings)


def test_file_is_brought_looked_at_and_applied(page: Page, ivy: User, axe_findings: Axe) -> None:
    page.goto("/workshop/exchange/")
    text = b"Which port does the registry give to DICOM?\nA. 11112\nB. 443\nC. 80\nANSWER: A\n"
    page.get_by_label("File with questions").set_input_files(
        {"name": "q.txt", "mimeType": "text/plain", "buffer": text}
    )
    page.locator("[name=task]").select_option("IT-1")
    page.get_by_role("button", name="Look at it").press("Enter")
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    assert_accessible(page, axe_findings)
    page.get_by_role("button", name="Apply all of it").press("Enter")

    expect(page.get_by_text("Applied.")).to_be_visible()
    page.goto("/workshop/")
    expect(page.get_by_role("region", name="Your items").get_by_text("Which port does the registry")).to_be_visible()
