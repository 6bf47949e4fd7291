"""Exam day as a whole in a browser: tutorial with its network drill, agreement, exam, survey, report."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from exams import appointments
from exams.models import Appointment, Attempt, Survey
from tests.browser.exam_room import Axe
from tests.browser.test_accessibility import assert_accessible
from tests.factories import make_bank, make_sample, publish_form_a

pytestmark = pytest.mark.usefixtures("failing_requests")


@pytest.fixture
def candidate(page: Page, alice: User, sign_in: Callable[[BrowserContext, User], None]) -> User:
    outline = make_bank()
    for domain in ("IM", "IT", "CE"):
        make_sample(outline, domain_code=domain)
    publish_form_a(now=timezone.now())
    sign_in(page.context, alice)
    return alice


@pytest.fixture
def appointment(candidate: User) -> Appointment:
    return appointments.start(user=candidate, now=timezone.now())


def open_block(page: Page, appointment: Appointment) -> None:
    page.goto(f"/appointments/{appointment.public_id}/")


def open_tutorial(page: Page, appointment: Appointment) -> None:
    open_block(page, appointment)
    expect(page.locator(".room.scripted")).to_be_visible()


def end_part(page: Page) -> None:
    page.keyboard.press("r")
    page.locator("#end-exam").click()
    page.locator("#end-now").click()


@pytest.mark.usefixtures("candidate")
def test_whole_appointment_by_hand(page: Page) -> None:
    page.goto("/mocks/")
    page.get_by_role("button", name="Sit the full appointment").click()
    expect(page.locator(".room.scripted")).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator("#saved")).to_contain_text("saved")

    end_part(page)
    expect(page.get_by_role("heading", name="The agreement")).to_be_visible()
    expect(page.locator("#clock")).to_have_text(re.compile(r"0:01:\d\d|0:02:00"))
    page.get_by_role("button", name="I accept").click()

    expect(page.locator("#position")).to_have_text("1 of 30")
    expect(page.locator("#clock")).to_have_text(re.compile(r"2:49:\d\d|2:50:00"))
    end_part(page)

    expect(page.get_by_role("heading", name="How was it?")).to_be_visible()
    page.get_by_label("Mostly").first.check()
    page.get_by_role("button", name="Send, and open the report").click()

    expect(page.get_by_role("heading", name="The ten domains")).to_be_visible()
    assert Survey.objects.get().ready == 4


def test_network_drill_loses_nothing(page: Page, appointment: Appointment) -> None:
    open_tutorial(page, appointment)
    page.context.set_offline(True)
    for key in ("a", "n", "b", "n", "c"):
        page.keyboard.press(key)
    expect(page.locator("#saved")).to_contain_text("3 answers not yet saved, retrying")

    page.context.set_offline(False)

    expect(page.locator("#saved")).to_contain_text(re.compile("^saved"))
    appointment.refresh_from_db()
    assert [appointment.practice[place]["chosen"] for place in "123"] == [1, 2, 3]


def test_tutorial_whose_time_is_up_leads_to_the_agreement(page: Page, appointment: Appointment) -> None:
    appointment.block_ends_at = timezone.now() + timedelta(seconds=4)
    appointment.save()
    open_tutorial(page, appointment)

    expect(page.get_by_role("heading", name="The agreement")).to_be_visible(timeout=15_000)


def test_agreement_whose_time_is_up_ends_the_appointment(page: Page, appointment: Appointment) -> None:
    appointment.block_ends_at = timezone.now() - timedelta(seconds=116)
    appointment.save()
    open_block(page, appointment)

    expect(page.get_by_text("was not accepted in time")).to_be_visible(timeout=15_000)
    assert not Attempt.objects.exists()


def test_survey_that_is_not_sent_by_its_end_still_leads_to_the_report(
    page: Page, appointment: Appointment, candidate: User
) -> None:
    now = timezone.now()
    appointments.leave_tutorial(user=candidate, public_id=appointment.public_id, now=now)
    attempt = appointments.accept(user=candidate, public_id=appointment.public_id, now=now)
    Attempt.objects.update(status="finished", ending="submitted", finished_at=now - timedelta(seconds=476))
    open_block(page, appointment)
    page.get_by_label("Mostly").first.check()

    expect(page.get_by_role("heading", name="The ten domains")).to_be_visible(timeout=15_000)
    assert page.url.endswith(f"/attempts/{attempt.public_id}/report/")


def test_every_block_is_accessible(page: Page, axe_findings: Axe, appointment: Appointment, candidate: User) -> None:
    open_tutorial(page, appointment)
    assert_accessible(page, axe_findings)

    now = timezone.now()
    appointments.leave_tutorial(user=candidate, public_id=appointment.public_id, now=now)
    open_block(page, appointment)
    assert_accessible(page, axe_findings)

    appointments.accept(user=candidate, public_id=appointment.public_id, now=now)
    Attempt.objects.update(status="finished", ending="submitted", finished_at=now)
    open_block(page, appointment)
    assert_accessible(page, axe_findings)


def test_without_scripts_every_block_has_its_way_on(
    page: Page,
    appointment: Appointment,
    sign_in: Callable[[BrowserContext, User], None],
    candidate: User,
    base_url: str,
) -> None:
    assert page.context.browser
    context = page.context.browser.new_context(java_script_enabled=False)
    sign_in(context, candidate)
    plain = context.new_page()
    plain.goto(f"{base_url}/appointments/{appointment.public_id}/")
    plain.get_by_role("button", name="To the agreement").click()
    plain.get_by_role("button", name="I accept").click()

    plain.get_by_role("link", name="plain room").click()
    expect(plain.get_by_role("heading", name="Item 1 of 30")).to_be_visible()
    context.close()
