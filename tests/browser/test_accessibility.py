"""Every page by day and by night, wide and narrow: WCAG 2.2 AA as far as a machine can tell, and quiet."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Literal

import pytest
import pytest_django
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from exams import attempts, tasks
from exams.models import Attempt
from questions.models import Outline
from tests.browser.exam_room import Axe, ExamRoom
from tests.factories import (
    make_bank,
    make_forecast,
    make_outline,
    make_sample,
    make_scored_mock,
    make_user,
    publish_form_a,
    save,
    start,
)

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# 320 pixels are also what a page of 1280 has left at a zoom of 400 %.
WIDTHS = (1280, 390, 320)


def looks(page: Page, widths: tuple[int, ...]) -> Iterator[str]:
    """The page in each scheme and width."""
    for scheme, width in product(SCHEMES, widths):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        yield f"{scheme} {width}"


def assert_accessible(page: Page, axe_findings: Axe, widths: tuple[int, ...] = WIDTHS) -> None:
    assert page.locator("h1:visible").count() == 1
    for look in looks(page, widths):
        assert (look, axe_findings(page)) == (look, {})
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert (look, page.evaluate(overflow)) == (look, 0)


@pytest.fixture
def outline(transactional_db: None) -> Outline:
    outline = make_outline()
    make_sample(outline, domain_code="IM")
    make_sample(outline, domain_code="IT", number=902)
    return outline


@pytest.fixture
def finished(attempt: Attempt) -> Attempt:
    """Two right, one wrong or right, the others open; given in and not yet scored."""
    for position in (1, 2, 3):
        save(attempt, position, chosen=position, flagged=position == 2, now=timezone.now())
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=timezone.now())
    return attempt


def test_axe_finds_a_target_that_is_too_small(page: Page, axe_findings: Axe) -> None:
    buttons = "<button>a</button><button>b</button>"
    style = "<style>button { width: 12px; height: 12px; padding: 0; margin: 0; border: 0; font-size: 8px; }</style>"
    page.set_content(f'<html lang="en"><title>Try</title>{style}<main><h1>Try</h1>{buttons}</main></html>')

    assert list(axe_findings(page)) == ["target-size"]


@pytest.mark.usefixtures("outline")
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/samples/",
        "/about/",
        "/terms/",
        "/privacy/",
        "/account/signup/",
        "/account/login/",
        "/account/password/reset/",
    ],
)
def test_open_page_is_accessible(page: Page, axe_findings: Axe, path: str) -> None:
    page.goto(path)
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.mark.parametrize("path", ["/account/signup/", "/account/login/"])
def test_refused_form_is_accessible(page: Page, axe_findings: Axe, path: str) -> None:
    page.goto(path)
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password").fill("nobody@example.org")
    page.locator("main form").first.evaluate("form => { form.noValidate = true; }")
    page.locator("main form .btn-primary").click()
    expect(page.locator(".errorlist, .errors").first).to_be_visible()

    assert_accessible(page, axe_findings)


@pytest.mark.parametrize("path", ["/", "/mocks/", "/account/settings/", "/privacy/export/", "/privacy/delete/"])
def test_page_of_a_candidate_with_an_open_mock_is_accessible(
    page: Page, room: ExamRoom, axe_findings: Axe, path: str
) -> None:
    page.goto(path)
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.mark.parametrize("path", ["/", "/mocks/", "/readiness/", "/readiness/calibration/", "{room}report/1/fault/"])
def test_page_of_a_candidate_with_a_finished_mock_is_accessible(
    page: Page, finished: Attempt, sign_in: Callable[..., None], axe_findings: Axe, path: str
) -> None:
    sign_in(page.context, finished.user)
    page.goto(path.format(room=f"/attempts/{finished.public_id}/"))
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.fixture
def forecasts_and_mocks(alice: User) -> User:
    """Alice has answered 150 scored items afresh; ten others have sat a mock after a forecast."""
    yesterday = timezone.now() - timedelta(days=1)
    make_bank(scored_count=150, pilot_count=10)
    attempt = start(alice, now=yesterday)
    attempt.responses.update(chosen=1, answered_at=yesterday)
    attempts.submit(user=alice, public_id=attempt.public_id, now=yesterday)
    tasks.score_attempt(attempt.pk)
    for number in range(10):
        user = make_user(f"person-{number}")
        make_forecast(user, at=yesterday - timedelta(days=1))
        make_scored_mock(user, raw=25 + number, now=yesterday)
    return alice


@pytest.mark.parametrize("path", ["/readiness/", "/readiness/calibration/"])
def test_page_with_forecasts_is_accessible(
    page: Page, forecasts_and_mocks: User, sign_in: Callable[..., None], axe_findings: Axe, path: str
) -> None:
    sign_in(page.context, forecasts_and_mocks)
    page.goto(path)
    expect(page.locator("figure svg").first).to_be_visible()
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.mark.parametrize("path", ["items/2/", "review/", "submit/", "abandon/"])
def test_plain_page_of_an_open_mock_is_accessible(page: Page, room: ExamRoom, axe_findings: Axe, path: str) -> None:
    room.press("a", "f", "n", "n")
    room.expect_saved()
    page.goto(room.path + path)

    assert_accessible(page, axe_findings)


def test_room_is_accessible(room: ExamRoom, axe_findings: Axe) -> None:
    room.press("a", "f")
    room.expect_saved()

    assert_accessible(room.page, axe_findings)


@pytest.mark.usefixtures("failing_requests")
def test_room_in_trouble_is_accessible(room: ExamRoom, axe_findings: Axe) -> None:
    Session.objects.all().delete()
    room.press("a")
    expect(room.notice).to_be_visible()
    room.expect_unsaved(1)

    assert_accessible(room.page, axe_findings)


def test_review_screen_is_accessible(room: ExamRoom, axe_findings: Axe) -> None:
    room.press("a", "n", "f", "n", "r")
    room.expect_saved()

    assert_accessible(room.page, axe_findings)


DIALOGS = ("end-dialog", "keys-dialog", "note-dialog", "zoom-dialog", "unread-dialog", "sign-in-dialog", "calculator")


@pytest.mark.parametrize("dialog", DIALOGS)
def test_dialog_of_the_room_is_accessible(
    page: Page,
    alice: User,
    sign_in: Callable[[BrowserContext, User], None],
    axe_findings: Axe,
    settings: pytest_django.Settings,
    dialog: str,
) -> None:
    settings.CALCULATOR = True
    make_bank(exhibit="09:14 C-STORE 0000")
    publish_form_a(now=timezone.now())
    sign_in(page.context, alice)
    room = ExamRoom(page, start(alice, now=timezone.now())).open()
    if dialog == "zoom-dialog":
        room.item.get_by_role("button", name="Enlarge").click()
    # Shown as its own part of the room shows it, which other tests do.
    page.evaluate("id => { const dialog = document.getElementById(id); dialog.open || dialog.showModal(); }", dialog)

    assert_accessible(page, axe_findings)


def test_item_with_an_exhibit_and_marks_is_accessible(
    page: Page, alice: User, sign_in: Callable[[BrowserContext, User], None], axe_findings: Axe
) -> None:
    make_bank(exhibit="09:14 C-STORE 0000 " * 8)
    publish_form_a(now=timezone.now())
    attempt = start(alice, now=timezone.now())
    save(attempt, 1, struck="24", note="so", highlights=(("stem", 5, 20),), now=timezone.now())
    sign_in(page.context, alice)
    ExamRoom(page, attempt).open(at=1)

    assert_accessible(page, axe_findings)


def open_details(page: Page) -> None:
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
