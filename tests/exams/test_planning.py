"""Stored plans: making, ticking, catching up, and whose day it is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from exams import attempts, planning
from exams.models import PlanTask, PracticeMode, StudyPlan
from exams.planning import Line, Overview
from exams.pools import NoOutline
from exams.practice import sessions
from questions.models import Domain
from tests.exams.test_practice_sessions import begin, do
from tests.factories import NOW, WEIGHTS, make_bank, make_outline, make_user, start

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = NOW.date()
# NOW is a Monday; the exam is six weeks later, so the plan's weeks begin on Mondays.
EXAM = NOW.date() + 42 * DAY


@pytest.fixture
def alice() -> User:
    make_bank(forms=6)
    return make_user()


def plan(user: User, *, exam_on: date = EXAM, hours: int = 6, now: datetime = NOW) -> StudyPlan:
    return planning.make(user=user, exam_on=exam_on, hours_per_week=hours, now=now)


def look(user: User, *, now: datetime = NOW) -> Overview:
    found = planning.overview(user=user, now=now)
    assert found
    return found


def line_of(user: User, task: PlanTask, *, now: datetime = NOW) -> Line:
    return next(line for line in look(user, now=now).lines if line.task.pk == task.pk)


def test_plan_is_stored_as_it_was_made(alice: User) -> None:
    made = plan(alice)

    tasks = made.tasks.all()
    assert (tasks[0].on, tasks[len(tasks) - 1].on) == (NOW.date(), EXAM - DAY)
    assert {task.domain.code for task in tasks.select_related("domain") if task.domain} == set(WEIGHTS)
    assert (made.exam_on, made.hours_per_week, made.emphasis, made.calendar_digest) == (EXAM, 6, {}, None)


def test_there_is_no_plan_without_an_outline() -> None:
    with pytest.raises(NoOutline, match="No question bank"):
        plan(make_user())
    assert StudyPlan.objects.count() == 0


def test_one_plan_a_person() -> None:
    make_outline()
    made = plan(make_user())

    with pytest.raises(IntegrityError), transaction.atomic():
        StudyPlan.objects.create(user=made.user, exam_on=EXAM, hours_per_week=5, made_at=NOW)
    assert planning.overview(user=make_user("bob"), now=NOW) is None


@pytest.mark.parametrize(
    "task",
    [
        {"kind": "read"}, {"kind": "drill"}, {"kind": "nap"}, {"kind": "review", "item_count": 3},
        {"kind": "mock", "minutes": 0},
    ],
)  # fmt: skip
def test_tasks_that_make_no_sense_are_refused_by_the_database(task: dict[str, object]) -> None:
    make_outline()
    made = plan(make_user())

    with pytest.raises(IntegrityError), transaction.atomic():
        PlanTask.objects.create(**{"plan": made, "on": EXAM, "position": 1, "minutes": 5, "revised_at": NOW, **task})


def test_own_first_answers_weigh_in_the_plan_and_second_ones_do_not() -> None:
    make_bank(forms=10)
    alice = make_user()
    for day, (code, right) in enumerate([("IM", True), ("CE", False), ("CE", True)]):
        now, source = NOW + day * DAY, "unseen" if day < 2 else "missed"
        session = begin(alice, size=30, domains=frozenset({code}), mode=PracticeMode.TEST, source=source, now=now)
        for place in session.places.all():
            do(session, place.position, right=right, now=now)
        sessions.finish(session=session, now=now)
    plain = plan(make_user("bob"))

    made = plan(alice)

    # 30 of 60 right altogether: the gap is 0.5 · 30 / 55, and what it makes is cut at 2.
    assert (made.emphasis, plain.emphasis) == ({"CE": 2.0}, {})
    minutes = [sum(task.minutes for task in found.tasks.filter(domain__code="CE")) for found in (made, plain)]
    assert minutes[0] > 1.5 * minutes[1]


def test_made_anew_the_plan_keeps_what_is_done_and_nothing_else(alice: User) -> None:
    made = plan(alice)
    done, undone = made.tasks.filter(kind="drill")[:2]
    planning.tick(user=alice, pk=done.pk, is_done=True, now=NOW)

    again = plan(alice, exam_on=EXAM + 7 * DAY, hours=3, now=NOW + 9 * DAY)

    assert (again.pk, again.revision) == (made.pk, made.revision + 1)
    assert list(again.tasks.exclude(done_at=None)) == [done]
    assert not again.tasks.filter(pk=undone.pk).exists()
    assert min(task.on for task in again.tasks.undone()) == NOW.date() + 9 * DAY
    assert look(alice, now=NOW + 9 * DAY).missed == []


def test_tick_counts_once_and_can_be_undone(alice: User) -> None:
    task = plan(alice).tasks.filter(kind="read")[0]

    assert planning.tick(user=alice, pk=task.pk, is_done=True, now=NOW)
    assert planning.tick(user=alice, pk=task.pk, is_done=True, now=NOW + DAY)
    task.refresh_from_db()
    assert task.done_at == NOW
    assert line_of(alice, task).is_done

    assert planning.tick(user=alice, pk=task.pk, is_done=False, now=NOW)
    assert not line_of(alice, task).is_done


def test_nobody_ticks_anothers_task(alice: User) -> None:
    task = plan(alice).tasks.all()[0]

    assert not planning.tick(user=make_user("bob"), pk=task.pk, is_done=True, now=NOW)
    task.refresh_from_db()
    assert task.done_at is None


# --- What is done on the site --------------------------------------------------------------------------------------


def only_task(user: User, *, on: date = TODAY, kind: str, code: str = "", items: int | None = None) -> PlanTask:
    """The plan reduced to one task."""
    made = plan(user)
    domain = made.tasks.filter(domain__code=code)[0].domain if code else None
    made.tasks.all().delete()
    return PlanTask.objects.create(
        plan=made, on=on, position=1, kind=kind, domain=domain, minutes=9, item_count=items, revised_at=NOW
    )


def test_drill_of_the_day_ticks_its_task_and_another_domain_does_not(alice: User) -> None:
    task = only_task(alice, kind="drill", code="IM", items=3)
    for code in ("SYS", "IM"):
        session = begin(alice, size=3, domains=frozenset({code}))
        for position in (1, 2, 3):
            assert not line_of(alice, task).is_done
            do(session, position, right=False)

    line = line_of(alice, task)
    assert (line.is_done, line.is_settled) == (True, True)
    task.refresh_from_db()
    assert task.done_at is None


def test_drill_of_another_day_ticks_nothing(alice: User) -> None:
    task = only_task(alice, kind="drill", code="IM", items=1)
    do(begin(alice, size=1, domains=frozenset({"IM"})), 1, right=True, now=NOW + DAY)

    assert not line_of(alice, task, now=NOW + DAY).is_done


def test_finished_mock_ticks_its_task_and_an_open_or_abandoned_one_does_not(alice: User) -> None:
    task = only_task(alice, kind="mock")
    attempts.abandon(user=alice, public_id=start(alice).public_id, now=NOW)
    attempt = start(alice)
    assert not line_of(alice, task).is_done

    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(hours=2))

    assert line_of(alice, task).is_settled


def test_review_ticks_its_task_and_is_no_drill(alice: User) -> None:
    do(begin(alice, size=1, domains=frozenset({"IM"})), 1, right=False, now=NOW - DAY)
    review = only_task(alice, kind="review")
    drill = PlanTask.objects.create(
        plan=review.plan, on=NOW.date(), position=2, kind="drill", minutes=2, item_count=1, revised_at=NOW,
        domain=Domain.objects.get(code="IM"),
    )  # fmt: skip
    session = begin(alice, source="due", size=1)
    do(session, 1, right=True)
    sessions.finish(session=session, now=NOW)

    assert line_of(alice, review).is_settled
    assert not line_of(alice, drill).is_done


def test_what_was_done_today_is_kept_when_the_plan_is_made_anew(alice: User) -> None:
    task = only_task(alice, kind="drill", code="IM", items=1)
    do(begin(alice, size=1, domains=frozenset({"IM"})), 1, right=True)

    plan(alice)

    task.refresh_from_db()
    assert task.done_at == NOW


@pytest.mark.parametrize(
    ("zone", "at", "is_done"),
    [
        # 23:30 and half past midnight in Los Angeles, on the night in which its clocks go back.
        ("America/Los_Angeles", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), False),
        ("America/Los_Angeles", datetime(2026, 11, 1, 7, 30, tzinfo=UTC), True),
        ("America/Los_Angeles", datetime(2026, 11, 2, 7, 30, tzinfo=UTC), True),
        ("America/Los_Angeles", datetime(2026, 11, 2, 8, 30, tzinfo=UTC), False),
        # A zone that this machine does not know is UTC.
        ("Mars/Olympus", datetime(2026, 11, 1, 23, 59, tzinfo=UTC), True),
        ("Pacific/Kiritimati", datetime(2026, 10, 31, 10, 0, tzinfo=UTC), True),
    ],
)
def test_days_are_the_persons_own(alice: User, zone: str, at: datetime, is_done: bool) -> None:
    User.objects.update(time_zone=zone)
    alice.refresh_from_db()
    task = only_task(alice, on=date(2026, 11, 1), kind="drill", code="IM", items=1)
    do(begin(alice, size=1, domains=frozenset({"IM"}), now=at), 1, right=True, now=at)

    assert line_of(alice, task, now=NOW).is_done == is_done


# --- Weeks and catching up -----------------------------------------------------------------------------------------


def test_this_week_is_the_week_around_today(alice: User) -> None:
    plan(alice)

    week = planning.this_week(user=alice, now=NOW + 8 * DAY)

    assert week
    assert (week.first, week.last) == (NOW.date() + 7 * DAY, NOW.date() + 13 * DAY)
    assert [day for day, _ in week.days] == [week.first + n * DAY for n in range(7)]
    assert planning.this_week(user=alice, now=NOW + 42 * DAY) is None
    assert planning.this_week(user=make_user("bob"), now=NOW) is None


def test_week_that_was_missed_is_offered_and_nothing_moves_by_itself(alice: User) -> None:
    made = plan(alice)
    before = list(made.tasks.values_list("pk", "on", "revision"))

    assert look(alice, now=NOW + 6 * DAY).missed == []
    found = look(alice, now=NOW + 7 * DAY)

    assert {line.task.on for line in found.missed} <= {NOW.date() + n * DAY for n in range(7)}
    assert {line.task.kind for line in found.missed} == {"read", "drill"}
    assert found.catch_up
    lost = sum(line.task.minutes for line in found.missed)
    left = sum(task.minutes for task in made.tasks.all() if task.on >= NOW.date() + 7 * DAY)
    assert found.catch_up.minutes_a_day_before == round(left / 35)
    assert found.catch_up.minutes_a_day_after == round((left + lost) / 35)
    assert list(made.tasks.values_list("pk", "on", "revision")) == before


def test_catching_up_moves_what_was_missed_once(alice: User) -> None:
    made = plan(alice)
    later = NOW + 8 * DAY
    done = made.tasks.filter(kind="read")[0]
    planning.tick(user=alice, pk=done.pk, is_done=True, now=later)
    missed = {line.task.pk for line in look(alice, now=later).missed}

    assert planning.catch_up(user=alice, now=later) == len(missed)
    assert planning.catch_up(user=alice, now=later) == 0

    moved = made.tasks.filter(revision=1)
    assert {task.pk for task in moved} == missed
    assert all(later.date() <= task.on < EXAM and task.revised_at == later for task in moved)
    done.refresh_from_db()
    assert (done.on, done.revision) == (NOW.date(), 0)
    assert look(alice, now=later).missed == []


def test_letting_go_drops_what_was_missed_alone(alice: User) -> None:
    made = plan(alice)
    later = NOW + 8 * DAY
    rest = set(made.tasks.values_list("pk", flat=True)) - {line.task.pk for line in look(alice, now=later).missed}

    assert planning.let_go(user=alice, now=later) > 0

    assert set(made.tasks.values_list("pk", flat=True)) == rest
    assert planning.let_go(user=alice, now=later) == 0


def test_leap_day_is_a_day_of_the_plan(alice: User) -> None:
    made = plan(alice, exam_on=date(2028, 3, 1), now=datetime(2028, 2, 25, 12, tzinfo=UTC))

    assert max(task.on for task in made.tasks.all()) == date(2028, 2, 29)
