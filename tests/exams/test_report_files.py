"""A report as a file: made once for two askers, waited for no longer than it may take, forgotten after a day."""

from datetime import timedelta
from subprocess import SubprocessError

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams import attempts, report_files, report_pdf, sweeping
from exams.models import Attempt, ReportFile
from exams.models.report_file import KEPT, PATIENCE
from tests.factories import NOW, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt() -> Attempt:
    make_bank()
    publish_form_a()
    attempt = start(make_user())
    return attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Reports that were printed, without the seconds that printing takes."""
    reports: list[object] = []

    def pdf_of(report: object) -> bytes:
        reports.append(report)
        return b"%PDF"

    monkeypatch.setattr(report_pdf, "is_available", lambda: True)
    monkeypatch.setattr(report_pdf, "pdf_of", pdf_of)
    return reports


def fails(report: object) -> bytes:
    raise SubprocessError("no room left")


def test_two_who_ask_at_once_get_one_file(attempt: Attempt, printed: list[object]) -> None:
    first, is_new = report_files.ask(attempt=attempt, now=NOW)
    second, is_new_again = report_files.ask(attempt=attempt, now=NOW + PATIENCE / 2)

    assert (first, is_new, is_new_again) == (second, True, False)


def test_a_lost_task_is_asked_for_again(attempt: Attempt, printed: list[object]) -> None:
    report_files.ask(attempt=attempt, now=NOW)

    _, is_new = report_files.ask(attempt=attempt, now=NOW + PATIENCE)

    assert is_new


def test_what_was_asked_for_anew_is_not_overwritten_by_the_old_task(attempt: Attempt, printed: list[object]) -> None:
    old, _ = report_files.ask(attempt=attempt, now=NOW)
    report_files.ask(attempt=attempt, now=NOW + PATIENCE)

    report_files.make(file=old, clock=lambda: NOW + PATIENCE)

    assert not ReportFile.objects.get().is_ready


def test_a_failure_is_told_and_may_be_mended(
    client: Client, attempt: Attempt, printed: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(attempt.user)
    url = reverse("exams:report_pdf", args=[attempt.public_id])
    with monkeypatch.context() as broken:
        broken.setattr(report_pdf, "pdf_of", fails)
        client.post(url)

    assert "could not be made" in client.get(url).content.decode()
    assert client.get(reverse("exams:report_file", args=[attempt.public_id])).status_code == 404

    client.post(url)

    assert "Download the PDF" in client.get(url).content.decode()


def test_while_it_is_being_made_the_page_asks_again_by_itself(
    client: Client, attempt: Attempt, printed: list[object]
) -> None:
    report_files.ask(attempt=attempt, now=timezone.now())
    client.force_login(attempt.user)
    url = reverse("exams:report_pdf", args=[attempt.public_id])

    page = client.get(url).content.decode()
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()

    assert f'hx-get="{url}"' in page
    assert fragment.lstrip().startswith("<div")
    assert "Make the PDF" not in page


def test_a_file_is_its_owners_alone(client: Client, attempt: Attempt, printed: list[object]) -> None:
    file, _ = report_files.ask(attempt=attempt, now=NOW)
    report_files.make(file=file, clock=lambda: NOW)
    url = reverse("exams:report_file", args=[attempt.public_id])

    client.force_login(attempt.user)
    own = client.get(url)
    client.force_login(make_user("mallory"))
    others = client.get(url)

    assert (own.status_code, own.content, others.status_code) == (200, b"%PDF", 404)
    assert own["Cache-Control"].find("no-store") >= 0


def test_a_file_from_before_an_exam_tells_nothing_while_that_runs(
    client: Client, attempt: Attempt, printed: list[object]
) -> None:
    """It has the keys of the questions that the exam asks again."""
    now = timezone.now()
    file, _ = report_files.ask(attempt=attempt, now=now)
    report_files.make(file=file, clock=lambda: now)
    running = start(attempt.user, now=now)
    asked = set(running.exam_form.form_items.values_list("item", flat=True))
    assert asked & set(attempt.exam_form.form_items.values_list("item", flat=True))
    client.force_login(attempt.user)
    page, download = (reverse(f"exams:{name}", args=[attempt.public_id]) for name in ("report_pdf", "report_file"))

    assert client.get(download).status_code == 404
    assert "Download the PDF" not in client.get(page).content.decode()

    # One that is made now leaves those questions out, as the page does.
    client.post(page)
    assert client.get(download).status_code == 200


def test_files_are_forgotten_after_a_day(attempt: Attempt, printed: list[object]) -> None:
    report_files.ask(attempt=attempt, now=NOW)

    sweeping.sweep(now=NOW + KEPT)
    kept = ReportFile.objects.count()
    sweeping.sweep(now=NOW + KEPT + timedelta(seconds=1))

    assert (kept, ReportFile.objects.count()) == (1, 0)
