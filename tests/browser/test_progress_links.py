"""A progress link in a real browser: made in two clicks, opened by a stranger, unfurled, locked, revoked, gone."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import ProgressLink, User
from exams import planning
from tests.browser.exam_room import Axe
from tests.browser.test_accessibility import assert_accessible, open_details
from tests.factories import make_bank, make_forecast, make_progress_link, make_scored_mock, publish_form_a

PARTS = ("readiness", "domains", "trend", "streak", "plan")


@pytest.fixture
def practised(page: Page, alice: User, sign_in: Callable[[BrowserContext, User], None]) -> User:
    """Alice, signed in: a mock, a forecast and a plan behind her."""
    now = timezone.now()
    make_bank()
    publish_form_a(now=now)
    make_scored_mock(alice, raw=30, now=now - timedelta(days=2))
    make_forecast(alice, at=now - timedelta(days=1))
    planning.make(user=alice, exam_on=(now + timedelta(days=30)).date(), hours_per_week=5, now=now)
    sign_in(page.context, alice)
    return alice


@pytest.fixture
def stranger(browser: Browser, base_url: str) -> Iterator[Page]:
    """Somebody without an account, in a browser of their own."""
    context = browser.new_context(base_url=base_url, locale="en-US")
    yield context.new_page()
    context.close()


def made_link(page: Page) -> str:
    page.get_by_role("button", name="Make the link").click()
    return page.get_by_label("Address").input_value()


def tag(page: Page, name: str) -> str:
    return page.locator(f'meta[property="og:{name}"]').get_attribute("content") or ""


@pytest.mark.parametrize("start", ["/", "/readiness/"])
def test_link_is_made_opened_unfurled_revoked_and_gone(page: Page, practised: User, stranger: Page, start: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(start)
    page.get_by_role("link", name="Share your progress by a link").click()
    address = made_link(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address

    referrers = []
    stranger.on("request", lambda request: referrers.append(request.headers.get("referer")))
    stranger.goto(address)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Progress in CIIP practice")
    expect(stranger.get_by_text("of the last 28 days")).to_be_visible()
    assert "Alice" not in stranger.content()
    assert stranger.context.cookies() == []
    assert referrers
    assert not any(referrers)

    assert tag(stranger, "title") == "Progress in CIIP practice"
    assert "Practised on" in tag(stranger, "description")
    picture = stranger.request.get(tag(stranger, "image"))
    assert Image.open(BytesIO(picture.body())).size == (1200, 630)
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/png", "no-store")

    page.goto("/progress-links/")
    expect(page.get_by_text(re.compile("Opened 1 time, last on"))).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("leads nowhere from now on")).to_be_visible()
    stranger.goto(address)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert stranger.request.get(f"{address}/card.png").status == 404
    assert stranger.request.get("/p/unknown").text() == stranger.request.get(address).text()


def test_passphrase_is_asked_for_and_opens_without_a_cookie(page: Page, practised: User, stranger: Page) -> None:
    page.goto("/progress-links/")
    page.get_by_label("My name").check()
    page.get_by_label("Passphrase (optional)").fill("open sesame")
    address = made_link(page)

    stranger.goto(address)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This link asks for a passphrase")
    assert "Alice" not in stranger.content()
    assert tag(stranger, "description") == "This link asks for a passphrase."
    stranger.get_by_label("Passphrase").fill("open the door")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_text("This is not the passphrase of this link.")).to_be_visible()
    stranger.get_by_label("Passphrase").fill("open sesame")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Progress of Alice")
    assert stranger.context.cookies() == []


@pytest.mark.usefixtures("failing_requests")
def test_page_of_links_is_accessible(page: Page, practised: User, axe_findings: Axe) -> None:
    make_progress_link(practised, *PARTS, passphrase="open sesame", now=timezone.now())
    make_progress_link(practised, days=1, now=timezone.now() - timedelta(days=3))
    page.goto("/progress-links/")
    assert_accessible(page, axe_findings)

    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("Tick at least one thing.")).to_be_visible()
    assert_accessible(page, axe_findings)
    page.get_by_label("The ten domains").check()
    made_link(page)
    assert_accessible(page, axe_findings)


@pytest.mark.usefixtures("failing_requests")
def test_page_that_a_link_shows_is_accessible(page: Page, practised: User, axe_findings: Axe) -> None:
    made = make_progress_link(practised, *PARTS, name=True, now=timezone.now())
    page.goto(f"/p/{made.token}")
    open_details(page)
    assert_accessible(page, axe_findings)

    locked = make_progress_link(practised, passphrase="open sesame", now=timezone.now())
    page.goto(f"/p/{locked.token}")
    page.get_by_label("Passphrase").fill("wrong one")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not the passphrase")).to_be_visible()
    assert_accessible(page, axe_findings)
    ProgressLink.objects.all().delete()
    page.goto(f"/p/{made.token}")
    assert_accessible(page, axe_findings)
