"""Stored forecasts: when, from what, once, healed by the sweep, and computed again from the raw responses."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts import roles
from accounts.models import User
from exams import attempts, forecasts, fresh_answers, full_forms, readiness, scoring, sweeping, tasks
from exams.models import (
    Attempt,
    Forecast,
    PracticeItem,
    PracticeMode,
    PracticeSession,
    Response,
    Score,
    TimeCount,
)
from exams.practice import sessions
from exams.practice.choosing import Wish
from exams.practice.sessions import Plan
from questions.models import Outline
from tests.factories import NOW, answer_all, make_bank, make_user, start

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=4)


@pytest.fixture
def outline() -> Outline:
    return make_bank(scored_count=40, pilot_count=10, forms=3)


@pytest.fixture
def alice(outline: Outline) -> User:
    return make_user()


def sit(user: User, *, right: int = 28, now: object = NOW) -> Attempt:
    """A mock with every item answered, given in and not yet scored."""
    attempt = start(user, now=now)  # type: ignore[arg-type]
    answer_all(attempt, right=right)
    attempts.submit(user=user, public_id=attempt.public_id, now=attempt.started_at + timedelta(hours=1))
    attempt.refresh_from_db()
    return attempt


def forecast_after(attempt: Attempt, *, now: object = LATER) -> Forecast:
    scoring.ensure_scored(attempt=attempt, now=now)  # type: ignore[arg-type]
    assert forecasts.after_mock(attempt=attempt, now=now)  # type: ignore[arg-type]
    return Forecast.objects.get(attempt=attempt)


def practise(user: User, *, mode: str = PracticeMode.TEST, size: int = 5, now: object = LATER) -> PracticeSession:
    """A session with its first four places answered and the last one left out."""
    session = sessions.start(user=user, plan=Plan("Drill", mode, Wish(size)), now=now)  # type: ignore[arg-type]
    for position in range(1, size):
        sessions.answer(session=session, position=position, chosen=1, confidence=3, now=now)  # type: ignore[arg-type]
    sessions.show(place=session.places.get(position=size), now=now)  # type: ignore[arg-type]
    return sessions.finish(session=session, now=now)  # type: ignore[arg-type]


def evidence(user: User) -> tuple[int, int]:
    found = fresh_answers.of(user, now=LATER + timedelta(days=1))
    return sum(answer.is_right for answer in found.answers), len(found.answers)


# --- What counts ----------------------------------------------------------------------------------------------------


def test_mock_counts_its_scored_items_and_what_was_left_out_as_wrong(alice: User) -> None:
    attempt = start(alice)
    answer_all(attempt, right=28)
    Response.objects.filter(attempt=attempt, form_item__is_scored=True, position__lte=10).update(
        chosen=None, answered_at=None
    )
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW)
    assert evidence(alice) == (0, 0)

    score = scoring.ensure_scored(attempt=attempt, now=LATER)

    assert score
    assert evidence(alice) == (score.raw, 40)


def test_test_mode_counts_what_was_answered_and_tutor_mode_nothing(alice: User) -> None:
    practise(alice, mode=PracticeMode.TUTOR)
    assert evidence(alice) == (0, 0)

    practise(alice)

    assert evidence(alice)[1] == 4


def test_second_meeting_does_not_count(outline: Outline) -> None:
    alice = make_user()
    for number in range(4):
        attempt = sit(alice, now=NOW + timedelta(hours=2 * number - 8))
        scoring.ensure_scored(attempt=attempt, now=LATER)

    assert evidence(alice)[1] == 120


def test_others_answers_do_not_count(alice: User) -> None:
    scoring.ensure_scored(attempt=sit(make_user("bob")), now=LATER)

    assert evidence(alice) == (0, 0)


def ids(responses: Iterable[Response]) -> list[int]:
    return sorted(response.form_item.item_id for response in responses)


def test_answers_too_quick_to_be_read_are_left_out(alice: User) -> None:
    attempt = sit(alice)
    scored = attempt.responses.filter(form_item__is_scored=True).select_related("form_item")
    unknown, quick, timed, slow, omitted = scored[:5]
    for response, milliseconds in ((quick, 9_999), (timed, 3_999), (slow, 4_001), (omitted, 500)):
        Response.objects.filter(pk=response.pk).update(visible_ms=milliseconds)
    Response.objects.filter(pk=omitted.pk).update(chosen=None, answered_at=None)
    # The middle of thirty people had these two on screen for forty seconds, and one person alone had the other.
    for response in (timed, slow):
        TimeCount.objects.create(version_id=response.form_item.version_id, step=8, n=30)
    TimeCount.objects.create(version_id=quick.form_item.version_id, step=2, n=1)
    scoring.ensure_scored(attempt=attempt, now=LATER)

    found = fresh_answers.of(alice, now=LATER)

    assert list(found.rapid_items) == ids([quick, timed])
    assert len(found.answers) == 38
    assert {unknown.form_item.item_id, slow.form_item.item_id, omitted.form_item.item_id} <= {
        answer.item_id for answer in found.answers
    }


# --- When it is stored ----------------------------------------------------------------------------------------------


def test_scoring_task_stores_a_forecast_once(alice: User) -> None:
    attempt = sit(alice)

    for _ in range(2):
        tasks.score_attempt(attempt.pk)

    stored = Forecast.objects.get()
    assert (stored.user, stored.attempt, stored.session, stored.n, stored.domain_count) == (
        alice,
        attempt,
        None,
        40,
        10,
    )
    assert (stored.scored_count, stored.cut, stored.is_rough) == (40, 28, True)
    assert stored.low < stored.expected < stored.high


def test_finishing_a_test_stores_a_forecast_once_and_a_tutor_none(alice: User) -> None:
    practise(alice, mode=PracticeMode.TUTOR)
    session = practise(alice)
    sessions.finish(session=session, now=LATER + timedelta(hours=1))

    stored = Forecast.objects.get()
    assert (stored.session, stored.attempt, stored.n, stored.at) == (session, None, 4, LATER)
    assert not forecasts.shown_of(alice).exists()


def test_abandoned_mock_stores_none(alice: User) -> None:
    attempt = start(alice)
    attempts.abandon(user=alice, public_id=attempt.public_id, now=NOW)

    tasks.score_attempt(attempt.pk)

    assert not Forecast.objects.exists()


def test_sweep_stores_what_lost_tasks_left_out(alice: User) -> None:
    attempt, session = sit(alice), practise(alice)
    Forecast.objects.all().delete()

    for _ in range(2):
        sweeping.sweep(now=LATER + timedelta(minutes=5))

    assert {(row.attempt, row.session, row.n) for row in Forecast.objects.all()} == {
        (attempt, None, 44),
        (None, session, 44),
    }


def test_sweep_leaves_alone_what_is_too_old_to_count(alice: User) -> None:
    scoring.ensure_scored(attempt=sit(alice), now=LATER)

    sweeping.sweep(now=NOW + timedelta(days=91))

    assert not Forecast.objects.exists()


def test_sweep_waits_for_a_score_of_after_its_own_moment(alice: User) -> None:
    attempt = sit(alice)
    scoring.ensure_scored(attempt=attempt, now=LATER)

    assert not forecasts.attempts_without(now=LATER - timedelta(seconds=1)).exists()
    assert list(forecasts.attempts_without(now=LATER)) == [attempt]


def test_without_an_outline_nothing_is_forecast_and_nothing_breaks(alice: User) -> None:
    attempt = sit(alice)
    Outline.objects.update(is_current=False)

    tasks.score_attempt(attempt.pk)

    assert Score.objects.exists()
    assert not Forecast.objects.exists()


# --- Proof ----------------------------------------------------------------------------------------------------------


def test_stored_forecast_is_computed_again_from_raw_responses_whatever_came_later(alice: User) -> None:
    attempt = sit(alice)
    quick = attempt.responses.filter(form_item__is_scored=True).first()
    assert quick
    Response.objects.filter(pk=quick.pk).update(visible_ms=2_000)
    first = forecast_after(attempt)
    practise(alice, now=LATER + timedelta(days=1))
    forecast_after(sit(alice, now=LATER + timedelta(days=2)), now=LATER + timedelta(days=3))
    # By now people take so long for the item that nothing looks quick, or the reverse.
    TimeCount.objects.create(version_id=quick.form_item.version_id, step=1, n=40)

    stored = list(Forecast.objects.all())

    assert [row.n for row in stored] == [39, 43, 83]
    assert first.rapid_items == [quick.form_item.item_id]
    assert [forecasts.equals_stored(row) for row in stored] == [True, True, True]


def test_changed_response_shows_in_the_proof(alice: User) -> None:
    attempt = sit(alice)
    stored = forecast_after(attempt)
    wrong = attempt.responses.filter(form_item__is_scored=True).last()
    assert wrong
    Response.objects.filter(pk=wrong.pk).update(chosen=wrong.chosen % 4 + 1 if wrong.chosen else 1)
    right = attempt.responses.filter(form_item__is_scored=True).first()
    assert right
    Response.objects.filter(pk=right.pk).update(chosen=None, answered_at=None)

    assert not forecasts.equals_stored(stored)


def test_mock_closed_late_does_not_creep_into_an_earlier_forecast(alice: User) -> None:
    """Its clock ran out first, but it was scored after the session had ended."""
    attempt = start(alice)
    answer_all(attempt, right=20)
    session = practise(alice, now=LATER)
    stored = Forecast.objects.get(session=session)
    attempts.close_if_overdue(attempt=attempt, now=LATER + timedelta(hours=1))
    scoring.ensure_scored(attempt=attempt, now=LATER + timedelta(hours=1))

    assert Attempt.objects.get(pk=attempt.pk).finished_at < stored.at  # type: ignore[operator]
    assert forecasts.equals_stored(stored)
    assert stored.n == 4


def test_database_refuses_to_alter_a_forecast(alice: User) -> None:
    forecast_after(sit(alice))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Forecast.objects.update(chance=0.99)


@pytest.mark.parametrize(
    "change",
    [{"low": 39, "high": 40}, {"chance": 1.5}, {"attempt": None}, {"high": 41}, {"prior_a": 0}, {"cut": 40}],
)
def test_database_refuses_impossible_forecasts(alice: User, change: dict[str, object]) -> None:
    stored = forecast_after(sit(alice))
    Forecast.objects.all().delete()
    stored.pk = None
    for name, value in change.items():
        setattr(stored, name, value)

    with pytest.raises(IntegrityError), transaction.atomic():
        stored.save(force_insert=True)


# --- The population -------------------------------------------------------------------------------------------------


def test_full_forms_are_the_newest_of_each_person_and_no_instructors(outline: Outline) -> None:
    alice, bob, ivy = make_user(), make_user("bob"), make_user("ivy")
    roles.make_instructor(user=ivy, roles=roles.ROLES)
    for number, (user, right) in enumerate([(alice, 10), (bob, 20), (alice, 30)]):
        tasks.score_attempt(sit(user, right=right, now=NOW + timedelta(hours=2 * number)).pk)
    empty = start(make_user("charlie"))
    attempts.submit(user=empty.user, public_id=empty.public_id, now=NOW)
    tasks.score_attempt(empty.pk)
    tasks.score_attempt(sit(ivy, right=40).pk)

    forms = full_forms.newest(outline)

    assert sorted(form.raw for form in forms) == [20, 30]
    assert [sum(total for _, total in form.values()) for form in full_forms.domains_of(forms)] == [40, 40]


def test_thirty_people_with_full_forms_make_the_prior(alice: User, outline: Outline) -> None:
    attempt = sit(alice)
    scoring.ensure_scored(attempt=attempt, now=LATER)
    template = Score.objects.get()
    for number in range(30):
        other = sit_quietly(attempt, make_user(f"person-{number}"))
        Score.objects.create(
            attempt=other, algorithm=1, raw=20 + number % 15, scored_count=40, practice_cut=28, answered_count=50,
            scaled=template.scaled if 20 + number % 15 >= 28 else 60, pilot_right=0, pilot_count=10,
            computed_at=LATER, is_counted=True,
        )  # fmt: skip

    forecasts.after_mock(attempt=attempt, now=LATER)

    stored = Forecast.objects.get()
    prior = readiness.prior_of([form.raw for form in full_forms.newest(outline)], scored_count=40)
    assert not stored.is_rough
    assert (stored.prior_a, stored.prior_b) == (prior.a, prior.b)
    assert forecasts.equals_stored(stored)


def sit_quietly(attempt: Attempt, user: User) -> Attempt:
    """A finished attempt of somebody else on the same form, without responses."""
    twin = Attempt.objects.get(pk=attempt.pk)
    twin.pk, twin.user = None, user
    twin.public_id = Attempt._meta.get_field("public_id").get_default()
    twin.save(force_insert=True)
    return twin


def test_only_revealed_places_are_answers(alice: User) -> None:
    session = sessions.start(user=alice, plan=Plan("Drill", PracticeMode.TEST, Wish(5)), now=NOW)
    sessions.answer(session=session, position=1, chosen=1, confidence=3, now=NOW)

    assert PracticeItem.objects.filter(chosen__isnull=False).exists()
    assert evidence(alice) == (0, 0)
