"""PostgreSQL's save in one statement answers and stores what the ordinary way would, whatever is sent and when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as site
from django.db import connection, transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from accounts.models import User
from exams import attempts
from exams.attempts import NoSuchPlace
from exams.item_state import ItemState, Operation
from exams.models import Attempt, AttemptEvent, Response
from tests.factories import NOW, make_bank, make_user, save, start

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere there is one way alone"),
]
# Used before the save: for item 1, for item 1 after that, and for item 2.
OPS = [UUID(int=n) for n in range(1, 4)]
BREAK = timedelta(minutes=10)
REVISIONS = {1: 2, 2: 1}
MOMENTS = [-3600_000, -1, 0, 1, 7_500]

states = st.builds(
    ItemState,
    chosen=st.sampled_from([None, 1, 2, 3, 4, 4, 5, 8]),
    flagged=st.booleans(),
    struck=st.sampled_from([None, None, "", "1", "24", "5"]),
    note=st.sampled_from([None, "", "100 % of 'it'\n{}"]),
    highlights=st.sampled_from([None, (), (("stem", 0, 4), ("exhibit", 2, 3))]),
)
# Before, at and behind the deadline, and around the end of the grace.
moments = st.sampled_from([*MOMENTS, *(site.SAVE_GRACE_SECONDS * 1000 + ms for ms in MOMENTS[1:4])])


def prepared(alice: User, before: str) -> Attempt:
    """An exam in which item 1 was saved twice and item 2 once."""
    attempt = start(alice)
    save(attempt, 1, chosen=2, op_id=OPS[0], struck="1", note="old", highlights=(("stem", 1, 2),))
    save(attempt, 1, base=1, chosen=3, op_id=OPS[1])
    save(attempt, 2, chosen=4, op_id=OPS[2])
    soon = NOW + timedelta(minutes=5)
    if before == "on a break":
        Attempt.objects.filter(pk=attempt.pk).update(
            break_ends_at=attempt.deadline_at - timedelta(milliseconds=1), deadline_at=attempt.deadline_at
        )
    elif before == "extended":
        attempts.extend(public_id=attempt.public_id, seconds=60, reason="fire alarm", by=alice, now=soon)
    elif before == "submitted":
        attempts.submit(user=alice, public_id=attempt.public_id, now=soon)
    elif before == "given up":
        attempts.abandon(user=alice, public_id=attempt.public_id, now=soon)
    return Attempt.objects.get(pk=attempt.pk)


def told(call: Callable[[], attempts.Outcome]) -> Any:
    """Everything that a page is told of an outcome."""
    try:
        outcome = call()
    except (Attempt.DoesNotExist, NoSuchPlace) as error:
        return type(error)
    about = outcome.response.attempt if isinstance(outcome, attempts.Saved | attempts.Stale) else outcome.attempt
    when = (about.public_id, about.deadline_at, about.break_ends_at, about.is_open)
    if not isinstance(outcome, attempts.Saved | attempts.Stale):
        return type(outcome), when
    response = outcome.response
    names = ("pk", "position", "chosen", "flagged", "struck", "note", "highlights", "revision", "last_op_id")
    shown = {name: getattr(response, name) for name in names}
    shown["highlights"] = [list(row) for row in shown["highlights"]]
    return type(outcome), getattr(outcome, "sequence", None), when, shown


def stored() -> tuple[list[Any], list[Any]]:
    events = AttemptEvent.objects.order_by("attempt", "sequence").values()
    return list(Response.objects.order_by("pk").values()), [{**row, "id": None} for row in events]


@given(
    before=st.sampled_from(["nothing", "nothing", "extended", "on a break", "submitted", "given up"]),
    # Most are what a page may send, so that much is stored.
    whose=st.sampled_from([*["own"] * 8, "foreign", "unknown"]),
    position=st.sampled_from([1, 1, 1, 2, 2, 2, 3, 3, 999]),
    behind=st.sampled_from([0, 0, 0, 0, 1, -1]),
    op_id=st.sampled_from([*OPS, *[None] * 3]),
    state=states,
    milliseconds=moments,
)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_ways_answer_and_store_the_same(
    before: str,
    whose: str,
    position: int,
    behind: int,
    op_id: UUID | None,
    state: ItemState,
    milliseconds: int,
    people: dict[str, User],
) -> None:
    with transaction.atomic():
        attempt = prepared(people["alice"], before)
        public_id = uuid4() if whose == "unknown" else attempt.public_id
        user = people["bob" if whose == "foreign" else "alice"]
        base = max(0, REVISIONS.get(position, 0) - behind)
        now: datetime = attempt.deadline_at + timedelta(milliseconds=milliseconds)
        operation = Operation(user, public_id, position, base, op_id or uuid4(), state, now)
        point = transaction.savepoint()
        expected = told(lambda: attempts._save(operation)), stored()
        transaction.savepoint_rollback(point)

        as_it_is = told(
            lambda: attempts.save(
                user=user, public_id=public_id, position=position, base=base, op_id=operation.op_id, state=state, now=now
            )
        ), stored()

        transaction.set_rollback(True)
    event(str(expected[0][0] if isinstance(expected[0], tuple) else expected[0]))
    assert as_it_is == expected


@pytest.fixture
def people() -> dict[str, User]:
    make_bank()
    return {name: make_user(name) for name in ("alice", "bob")}
