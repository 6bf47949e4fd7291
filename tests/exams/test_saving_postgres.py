"""The save of one statement and the ordinary one: the same answer, and the same rows behind it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from exams import attempts
from exams.attempts import MOST_ENTRIES, Outcome, Saved, Stale
from exams.item_state import ItemState, Operation
from exams.models import Attempt, AttemptEvent, Response
from exams.saving_postgres import save_usual
from tests.factories import NOW, make_bank, make_user, start

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="other databases have one way alone"),
]

Save = tuple[int, int, UUID, ItemState]
Moment = tuple[str, timedelta]
Way = Callable[[Operation], Outcome]

TICK = timedelta(microseconds=1)
OP_IDS = [UUID(int=n) for n in range(1, 5)]
FIRST: Save = (1, 0, OP_IDS[0], ItemState(1, False))
HAPPENINGS = ["nothing", "extension", "break", "break over", "submitted", "abandoned", "closed"]
# Items that are there and one that is not, options that are there and one that is not.
saves = st.tuples(
    st.sampled_from([1, 2, 31]),
    st.integers(0, 2),
    st.sampled_from(OP_IDS),
    st.builds(
        ItemState,
        chosen=st.none() | st.integers(1, 5),
        flagged=st.booleans(),
        struck=st.none() | st.sampled_from(["", "24", "35"]),
        note=st.none() | st.sampled_from(["", "50 %s of 8 :: 'x' \\"]),
        highlights=st.none() | st.sampled_from([(), (("stem", 0, 4), ("exhibit", 1, 2))]),
    ),
)
moments = st.tuples(
    st.sampled_from(["middle", "end of break", "deadline", "grace"]),
    st.sampled_from([-TICK, timedelta(0), TICK, 500 * TICK, timedelta(milliseconds=1001.5)]),
)


class Undo(Exception):
    """Leaves nothing of what was done."""


def usual_first(operation: Operation) -> Outcome:
    stored = save_usual(operation, most=MOST_ENTRIES)
    return Saved(*stored) if stored else attempts._save(operation)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    before=st.lists(saves, max_size=3),
    happening=st.sampled_from(HAPPENINGS),
    last=saves,
    moment=moments,
    is_own=st.sampled_from([True, True, True, False]),
)
# Half a millisecond late.
@example([], "nothing", FIRST, ("deadline", 500 * TICK), True)
# The operation stored last, sent again after the end with a base that is stale by now.
@example([FIRST], "closed", FIRST, ("grace", TICK), True)
def test_both_ways_answer_and_store_alike(
    sitting: tuple[Attempt, User], before: list[Save], happening: str, last: Save, moment: Moment, is_own: bool
) -> None:
    usual, ordinary = (
        played(sitting, way, before, happening, last, moment, is_own) for way in (usual_first, attempts._save)
    )

    assert usual == ordinary


@pytest.fixture
def sitting() -> tuple[Attempt, User]:
    """Alice's, and somebody whose it is not."""
    make_bank()
    return start(make_user()), make_user("bob")


def played(
    sitting: tuple[Attempt, User],
    way: Way,
    before: list[Save],
    happening: str,
    last: Save,
    moment: Moment,
    is_own: bool,
) -> list[Any]:
    """What was answered and stored when some saves, a happening and a last save came one after another."""
    found: list[Any] = []
    attempt, stranger = sitting
    try:
        with transaction.atomic():
            found += [answered(way, attempt.user, attempt, save, NOW + timedelta(minutes=5)) for save in before]
            happen(happening, attempt, stranger)
            now = moment_of(Attempt.objects.get(pk=attempt.pk), moment)
            found.append(answered(way, attempt.user if is_own else stranger, attempt, last, now))
            found += Response.objects.filter(attempt=attempt, revision__gt=0).order_by("position").values()
            entries = AttemptEvent.objects.filter(attempt=attempt).order_by("sequence")
            found += entries.values(*AttemptEvent.append_only)
            raise Undo
    except Undo:
        return found


def happen(happening: str, attempt: Attempt, by: User) -> None:
    now = NOW + timedelta(minutes=10)
    match happening:
        case "extension":
            attempts.extend(public_id=attempt.public_id, seconds=60, reason="A fire drill.", by=by, now=now)
        case "break" | "break over":
            Attempt.objects.update(break_seconds=600)
            attempts.begin_break(user=attempt.user, public_id=attempt.public_id, now=now)
            if happening == "break over":
                attempts.end_break(user=attempt.user, public_id=attempt.public_id, now=now + timedelta(minutes=1))
        case "submitted":
            attempts.submit(user=attempt.user, public_id=attempt.public_id, now=now)
        case "abandoned":
            attempts.abandon(user=attempt.user, public_id=attempt.public_id, now=now)
        case "closed":
            attempts.close_if_overdue(attempt=Attempt.objects.get(pk=attempt.pk), now=now + timedelta(days=1))


def moment_of(attempt: Attempt, moment: Moment) -> datetime:
    named, after = moment
    found = {
        "middle": NOW + timedelta(minutes=15),
        "end of break": attempt.break_ends_at or NOW + timedelta(minutes=20),
        "deadline": attempt.deadline_at,
        "grace": attempt.closes_at,
    }
    return found[named] + after


def answered(way: Way, user: User, attempt: Attempt, save: Save, now: datetime) -> list[Any]:
    """All of an outcome that a page is told."""
    position, base, op_id, state = save
    try:
        with transaction.atomic():
            outcome = way(Operation(user, attempt.public_id, position, base, op_id, state, now))
    except (attempts.NoSuchPlace, Attempt.DoesNotExist) as error:
        return [type(error)]
    if not isinstance(outcome, Saved | Stale):
        return [type(outcome), outcome.attempt.pk]
    response = outcome.response
    names = ("pk", "position", "chosen", "flagged", "struck", "note", "revision", "last_op_id")
    return [
        type(outcome),
        outcome.sequence if isinstance(outcome, Saved) else None,
        [getattr(response, name) for name in names],
        [tuple(highlight) for highlight in response.highlights],
        response.attempt.seconds_left(now) if isinstance(outcome, Saved) and outcome.sequence else None,
    ]
