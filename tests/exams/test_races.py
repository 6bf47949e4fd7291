"""Simultaneous doors: threads with connections of their own, on SQLite and on PostgreSQL."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from django.db import connection

from exams import attempts, scoring, sweeping
from exams.attempts import Closed, Saved, Stale
from exams.models import Attempt, AttemptEvent, ExamForm, Response, Score
from tests.factories import NOW, key_place, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db(transaction=True)
Outcome = TypeVar("Outcome")


@contextmanager
def own_connection() -> Iterator[None]:
    try:
        yield
    finally:
        connection.close()


def at_once(*calls: Callable[[], Outcome]) -> list[Outcome]:
    """Run all calls in threads that set off together."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Outcome]) -> Outcome:
        barrier.wait()
        with own_connection():
            return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.parametrize("is_published", [True, False])
def test_eight_simultaneous_starts_give_one_attempt(is_published: bool) -> None:
    make_bank()
    if is_published:
        publish_form_a()
    alice = make_user()

    started = at_once(*[lambda: start(alice)] * 8)

    assert {attempt.pk for attempt in started} == {Attempt.objects.get().pk}
    assert ExamForm.objects.count() == 1
    assert Response.objects.count() == 30
    assert AttemptEvent.objects.count() == 1


def test_forty_simultaneous_saves_of_one_item_accept_one() -> None:
    make_bank()
    attempt = start(make_user())
    op_ids = [uuid4() for _ in range(40)]

    def one(n: int) -> Callable[[], attempts.Outcome]:
        return lambda: save(attempt, chosen=n % 4 + 1, op_id=op_ids[n])

    outcomes = at_once(*[one(n) for n in range(40)])

    assert Counter(type(outcome) for outcome in outcomes) == {Saved: 1, Stale: 39}
    winner = next(n for n, outcome in enumerate(outcomes) if isinstance(outcome, Saved))
    response = Response.objects.get(attempt=attempt, position=1)
    assert (response.chosen, response.revision, response.last_op_id) == (winner % 4 + 1, 1, op_ids[winner])
    assert isinstance(save(attempt, chosen=winner % 4 + 1, op_id=op_ids[winner]), Saved)
    assert AttemptEvent.objects.filter(kind="saved").count() == 1


def test_same_operation_sent_many_times_at_once_is_stored_once_and_acknowledged_alike() -> None:
    make_bank()
    attempt = start(make_user())
    op_id = uuid4()

    outcomes = at_once(*[lambda: save(attempt, chosen=2, op_id=op_id)] * 8)

    assert {type(outcome) for outcome in outcomes} == {Saved}
    assert AttemptEvent.objects.filter(kind="saved").count() == 1


def test_chain_of_forty_saves_keeps_the_last() -> None:
    make_bank()
    attempt = start(make_user())

    for n in range(40):
        assert isinstance(save(attempt, base=n, chosen=n % 4 + 1), Saved)

    response = Response.objects.get(attempt=attempt, position=1)
    assert (response.chosen, response.revision) == (39 % 4 + 1, 40)
    revisions = AttemptEvent.objects.filter(kind="saved").values_list("revision", flat=True)
    assert list(revisions) == list(range(1, 41))


@pytest.mark.parametrize("run", range(20))
def test_saves_racing_submit_count_exactly_when_acknowledged(run: int) -> None:
    make_bank()
    alice = make_user()
    attempt = start(alice)
    rows = list(attempt.responses.select_related("form_item").order_by("position"))
    places = {row.position: key_place(row) for row in rows}
    scored = {row.position for row in rows if row.form_item.is_scored}
    later = NOW + timedelta(minutes=5)

    def answer(position: int) -> Callable[[], object]:
        return lambda: (position, save(attempt, position, chosen=places[position], now=later))

    def finish() -> object:
        ended = attempts.submit(user=alice, public_id=attempt.public_id, now=later)
        return scoring.ensure_scored(attempt=ended, now=later)

    # The run's number moves the submit through the crowd, so that it meets the saves at different moments.
    calls = [answer(position) for position in sorted(places)[:11]]
    calls.insert(run % 12, finish)
    outcomes = [outcome for outcome in at_once(*calls) if isinstance(outcome, tuple)]

    acknowledged = {position for position, outcome in outcomes if isinstance(outcome, Saved)}
    stored = set(Response.objects.filter(chosen__isnull=False).values_list("position", flat=True))
    assert acknowledged == stored
    assert {type(outcome) for _, outcome in outcomes} <= {Saved, Closed}
    assert Score.objects.get().raw == len(acknowledged & scored)
    assert Score.objects.get().answered_count == len(acknowledged)


def test_two_submits_and_a_sweep_at_once_end_once_with_one_score() -> None:
    make_bank()
    alice = make_user()
    public_id: UUID = start(alice).public_id

    def finish() -> object:
        return scoring.ensure_scored(
            attempt=attempts.submit(user=alice, public_id=public_id, now=NOW + timedelta(minutes=1)), now=NOW
        )

    at_once(*[finish] * 6, lambda: sweeping.sweep(now=NOW + timedelta(days=1)))

    assert Score.objects.count() == 1
    assert AttemptEvent.objects.exclude(kind="started").count() == 1


def test_sweeps_and_reports_at_once_score_each_of_a_class_once() -> None:
    make_bank()
    publish_form_a()
    class_ = [start(make_user(f"person{n}")) for n in range(6)]
    ended = [attempts.submit(user=one.user, public_id=one.public_id, now=NOW) for one in class_]

    reports = [partial(scoring.ensure_scored, attempt=attempt, now=NOW) for attempt in ended]
    sweeps = [partial(scoring.score_together, Attempt.objects.unscored(), now=NOW)] * 3
    at_once(*sweeps, *reports)
    scoring.score_together(Attempt.objects.unscored(), now=NOW)

    assert sorted(Score.objects.values_list("attempt", flat=True)) == [attempt.pk for attempt in ended]


def test_simultaneous_saves_of_different_items_are_all_stored_and_the_ledger_has_no_gap() -> None:
    make_bank()
    attempt = start(make_user())

    def one(position: int) -> Callable[[], attempts.Outcome]:
        return lambda: save(attempt, position, chosen=1)

    outcomes = at_once(*[one(position) for position in range(1, 13)])

    assert all(isinstance(outcome, Saved) for outcome in outcomes)
    assert attempt.responses.filter(chosen=1, revision=1).count() == 12
    entries = list(attempt.events.order_by("sequence").values_list("sequence", "position"))
    assert [sequence for sequence, _ in entries] == list(range(1, 14))
    assert {position for _, position in entries} == {None, *range(1, 13)}
