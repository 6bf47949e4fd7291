"""The clock is the server's: deadline, grace, lateness and closing."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams import attempts, sweeping
from exams.attempts import Closed, Saved
from exams.models import Attempt, Ending, Response, Score
from questions.models import Outline
from tests.factories import NOW, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
GRACE = timedelta(seconds=15)


@pytest.fixture
def attempt() -> Attempt:
    make_bank()
    return start(make_user())


def test_deadline_is_start_plus_the_outlines_minutes(attempt: Attempt) -> None:
    assert attempt.deadline_at == NOW + timedelta(minutes=170)


def test_deadline_holds_the_persons_extra_time() -> None:
    make_bank()

    assert start(make_user(extra_time_percent=50)).deadline_at == NOW + timedelta(minutes=255)


def test_deadline_does_not_move_when_the_exam_or_the_person_changes(attempt: Attempt) -> None:
    Outline.objects.update(minutes=10)
    User.objects.update(extra_time_percent=100)

    assert isinstance(save(attempt, now=NOW + timedelta(minutes=169)), Saved)


@pytest.mark.parametrize(
    ("after_deadline", "is_accepted", "late_ms"),
    [
        (-SECOND, True, 0),
        (timedelta(), True, 0),
        (GRACE - SECOND, True, 14000),
        (GRACE, False, None),
        (GRACE + SECOND, False, None),
    ],
)
def test_save_around_the_deadline(
    attempt: Attempt, after_deadline: timedelta, is_accepted: bool, late_ms: int | None
) -> None:
    outcome = save(attempt, now=attempt.deadline_at + after_deadline)

    assert isinstance(outcome, Saved if is_accepted else Closed)
    assert list(attempt.events.filter(kind="saved").values_list("late_ms", flat=True)) == [late_ms] * is_accepted


@pytest.mark.parametrize(
    ("after_deadline", "is_overdue"), [(timedelta(), False), (GRACE - SECOND, False), (GRACE, True)]
)
def test_overdue_means_the_same_for_one_row_and_for_many(
    attempt: Attempt, after_deadline: timedelta, is_overdue: bool
) -> None:
    now = attempt.deadline_at + after_deadline

    assert (attempt.is_overdue(now), Attempt.objects.overdue(now).exists()) == (is_overdue, is_overdue)


@pytest.mark.parametrize(("after_deadline", "is_closed"), [(GRACE - SECOND, False), (GRACE, True)])
def test_sweep_closes_from_deadline_plus_grace_on(attempt: Attempt, after_deadline: timedelta, is_closed: bool) -> None:
    closed, scored = sweeping.sweep(now=attempt.deadline_at + after_deadline)

    assert (closed, scored) == (is_closed, is_closed)


def test_sweep_ends_at_the_deadline_however_late_it_comes(attempt: Attempt) -> None:
    sweeping.sweep(now=NOW + timedelta(days=3))

    attempt.refresh_from_db()
    assert (attempt.ending, attempt.finished_at) == (Ending.TIME_UP, attempt.deadline_at)


def test_sweep_finds_an_attempt_after_months_and_goes_on_to_the_next(attempt: Attempt) -> None:
    start(make_user("bob"), now=NOW + timedelta(days=300))

    assert sweeping.sweep(now=NOW + timedelta(days=301)) == (2, 2)
    assert attempt.events.get(kind="time_up").late_ms == 2**31 - 1


def test_submit_within_the_grace_ends_at_the_deadline(attempt: Attempt) -> None:
    ended = attempts.submit(user=attempt.user, public_id=attempt.public_id, now=attempt.deadline_at + SECOND)

    assert (ended.ending, ended.finished_at) == (Ending.SUBMITTED, attempt.deadline_at)


def test_submit_or_abandon_long_after_the_end_is_time_up(attempt: Attempt) -> None:
    ended = attempts.abandon(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(days=1))

    assert (ended.ending, ended.is_finished) == (Ending.TIME_UP, True)


def test_closing_looks_again_under_the_lock(attempt: Attempt) -> None:
    """An extension that was granted after the row was read must win."""
    stale = Attempt.objects.get(pk=attempt.pk)
    Attempt.objects.update(deadline_at=attempt.deadline_at + timedelta(minutes=30))

    assert not attempts.close_if_overdue(attempt=stale, now=attempt.deadline_at + GRACE)
    assert stale.deadline_at == attempt.deadline_at + timedelta(minutes=30)


def test_session_outlives_an_exam_that_starts_on_its_last_day(client: Client) -> None:
    make_bank()
    with time_machine.travel(NOW - timedelta(days=13, hours=23), tick=False):
        client.force_login(make_user())
    with time_machine.travel(NOW, tick=False):
        room = client.post(reverse("exams:start"), follow=True).request["PATH_INFO"]

    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        assert client.post(f"{room}heartbeat/").json()["result"] == "open"


def test_mocks_page_closes_and_scores_where_no_worker_runs(client: Client, attempt: Attempt) -> None:
    client.force_login(attempt.user)

    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        page = client.get(reverse("exams:mocks")).content.decode()

    assert "0 of 20 right" in page
    assert Score.objects.get().attempt == attempt


FORGED = {
    "minutes": "9999", "deadline_at": "2030-01-01", "started_at": "2030-01-01", "extra_time_percent": "300",
    "exam_form": "1", "seed": "x", "mode": "practice", "now": "2020-01-01", "user": "2", "begin": "0",
}  # fmt: skip


@pytest.mark.parametrize("parameters", [{}, FORGED, *({name: value} for name, value in FORGED.items())])
def test_start_takes_nothing_from_the_browser(client: Client, parameters: dict[str, str]) -> None:
    make_bank()
    form = publish_form_a()
    client.force_login(make_user())

    with time_machine.travel(NOW, tick=False):
        client.post(reverse("exams:start"), parameters)

    attempt = Attempt.objects.get()
    assert (attempt.started_at, attempt.deadline_at) == (NOW, NOW + timedelta(minutes=170))
    assert (attempt.exam_form, attempt.user.email) == (form, "alice@example.org")


@pytest.mark.parametrize("name", ["exams:save", "exams:heartbeat"])
def test_fetch_after_the_end_closes_and_says_so(client: Client, attempt: Attempt, name: str) -> None:
    client.force_login(attempt.user)
    fields = {"item": 1, "base": 0, "op_id": "6f0a3f4e-5a3a-4d7e-9d2f-0d6f2a7c1b11", "chosen": 1}

    with time_machine.travel(attempt.deadline_at + GRACE, tick=False):
        answer = client.post(reverse(name, args=[attempt.public_id]), {**fields, "seconds_left": "500", "now": "0"})

    assert answer.status_code == 410
    assert answer.json()["result"] == "closed"
    attempt.refresh_from_db()
    assert (attempt.ending, attempt.finished_at) == (Ending.TIME_UP, attempt.deadline_at)
    assert not Response.objects.filter(chosen__isnull=False).exists()


@pytest.mark.parametrize("name", ["room", "plain_review", "submit", "abandon"])
def test_page_of_an_overdue_attempt_closes_it_and_shows_the_report(client: Client, attempt: Attempt, name: str) -> None:
    client.force_login(attempt.user)

    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        answer = client.get(reverse(f"exams:{name}", args=[attempt.public_id]))

    assert answer.headers["Location"] == reverse("exams:report", args=[attempt.public_id])
    attempt.refresh_from_db()
    assert attempt.ending == Ending.TIME_UP
