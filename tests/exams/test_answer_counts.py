"""Counts of answers: each item at a person's first meeting with it, the same whether kept up or rebuilt."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import roles
from accounts.models import User
from exams import answer_counts, attempts, scoring, sweeping, tasks
from exams.models import AnswerCount, Attempt, FormItem, Score, TimeCount
from exams.practice import sessions
from exams.practice.choosing import Wish
from exams.practice.sessions import Plan
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt() -> Attempt:
    make_bank(forms=2)
    publish_form_a()
    return start(make_user())


def finish(attempt: Attempt, now: datetime = NOW + timedelta(hours=1)) -> Attempt:
    ended = attempts.submit(user=attempt.user, public_id=attempt.public_id, now=now)
    scoring.ensure_scored(attempt=ended, now=now)
    return ended


def answers() -> Counter[tuple[int, bool, int, int]]:
    rows = AnswerCount.objects.filter(n__gt=0).values_list("version_id", "is_scored", "answer", "total", "n")
    return Counter({row[:4]: row[4] for row in rows})


def times() -> Counter[tuple[int, int]]:
    return Counter(
        {row[:2]: row[2] for row in TimeCount.objects.filter(n__gt=0).values_list("version_id", "step", "n")}
    )


def test_answer_is_the_options_own_place_whatever_order_it_was_shown_in(attempt: Attempt) -> None:
    answer_all(attempt, right=20)
    answer_counts.count(attempt=finish(attempt))

    keys = {row.version_id: key_place_in_version(row) for row in attempt.exam_form.form_items.all()}
    scored = AnswerCount.objects.filter(is_scored=True)
    assert {(row.version_id, row.answer, row.total, row.n) for row in scored} == {
        (version, keys[version], 20, 1) for version in scored.values_list("version_id", flat=True)
    }
    assert scored.count() == 20


def key_place_in_version(form_item: FormItem) -> int:
    return form_item.version.options.get(is_key=True).position


def test_blank_is_omitted_before_a_later_answer_and_not_reached_at_the_end(attempt: Attempt) -> None:
    save(attempt, 1)
    save(attempt, 5)
    answer_counts.count(attempt=finish(attempt))

    by_position = {row.version_id: row.position for row in attempt.exam_form.form_items.all()}
    found = {by_position[version]: answer for version, _, answer, _ in answers()}
    assert [found[place] for place in (2, 3, 4)] == [AnswerCount.OMITTED] * 3
    assert {found[place] for place in range(6, 31)} == {AnswerCount.NOT_REACHED}
    # Nobody met what was not reached, so its time says nothing.
    assert len(times()) == 5


def test_counting_twice_counts_once(attempt: Attempt) -> None:
    ended = finish(attempt)

    assert answer_counts.count(attempt=ended)
    before = answers()
    assert not answer_counts.count(attempt=ended)
    tasks.score_attempt(ended.pk)

    assert answers() == before


def test_second_meeting_with_an_item_is_not_counted(attempt: Attempt) -> None:
    answer_counts.count(attempt=finish(attempt))
    met = set(attempt.exam_form.form_items.values_list("version_id", flat=True))
    # The bank holds two forms: the third mock repeats items.
    for day in (1, 2):
        again = start(attempt.user, now=NOW + timedelta(days=day))
        answer_counts.count(attempt=finish(again, now=NOW + timedelta(days=day, hours=1)))

    assert all(n == 1 for n in answers().values())
    assert {version for version, *_ in answers()} > met


def test_abandoned_mock_is_not_counted_and_its_items_are_met(attempt: Attempt) -> None:
    met = set(attempt.exam_form.form_items.values_list("version_id", flat=True))
    attempts.abandon(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(minutes=1))
    again = start(attempt.user, now=NOW + timedelta(days=1))
    answer_counts.count(attempt=finish(again, now=NOW + timedelta(days=1, hours=1)))

    assert not met & {version for version, *_ in answers()}


def test_item_that_practice_has_shown_before_is_not_counted() -> None:
    make_bank()
    alice = make_user()
    drill = sessions.start(user=alice, plan=Plan("Drill", "test", Wish(3)), now=NOW)
    shown, unseen = drill.places.all()[0], drill.places.all()[1]
    sessions.show(place=shown, now=NOW)
    attempt = start(alice, now=NOW + timedelta(minutes=5))
    answer_all(attempt, right=20)
    answer_counts.count(attempt=finish(attempt, NOW + timedelta(hours=1)))

    counted = set(AnswerCount.objects.values_list("version_id", flat=True))
    assert shown.version_id not in counted
    assert unseen.version_id in counted


def test_instructor_is_left_out(attempt: Attempt) -> None:
    roles.make_instructor(user=attempt.user, roles=["author"])

    assert not answer_counts.count(attempt=finish(attempt))
    assert not AnswerCount.objects.exists()
    assert Score.objects.get().is_counted is False


def test_sweep_counts_what_a_lost_task_left(attempt: Attempt) -> None:
    finish(attempt)

    sweeping.sweep(now=NOW + timedelta(hours=2))

    assert AnswerCount.objects.count() == 30


def test_taking_out_and_counting_again_changes_nothing(attempt: Attempt) -> None:
    ended = finish(attempt)
    answer_counts.count(attempt=ended)
    before = answers(), times()

    answer_counts.take_out(score=Score.objects.get())
    assert (answers(), times()) == (Counter(), Counter())
    answer_counts.count(attempt=ended)

    assert (answers(), times()) == before


def test_time_on_screen_is_counted_in_steps_of_five_seconds(attempt: Attempt) -> None:
    for position, milliseconds in ((1, 4_999), (2, 5_000), (3, 86_000_000)):
        save(attempt, position)
        attempt.responses.filter(position=position).update(visible_ms=milliseconds)
    answer_counts.count(attempt=finish(attempt))

    by_position = {row.version_id: row.position for row in attempt.exam_form.form_items.all()}
    assert {by_position[version]: step for version, step in times()} == {1: 0, 2: 1, 3: TimeCount.LAST_STEP}


plans = st.lists(
    st.tuples(st.sampled_from(["alice", "bob", "ivy"]), st.dictionaries(st.integers(1, 30), st.integers(1, 4))),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans)
def test_rebuilding_equals_what_was_kept_up(client: Client, plan: list[tuple[str, dict[int, int]]]) -> None:
    User.objects.all().delete()
    AnswerCount.objects.all().delete()
    TimeCount.objects.all().delete()
    if not FormItem.objects.exists():
        make_bank(forms=2)
        publish_form_a()
    people = {name: make_user(name) for name in ("alice", "bob", "ivy")}
    roles.make_instructor(user=people["ivy"], roles=["editor"])
    for day, (name, choices) in enumerate(plan):
        now = NOW + timedelta(days=day)
        attempt = start(people[name], now=now)
        for position, chosen in choices.items():
            save(attempt, position, chosen=chosen)
        answer_counts.count(attempt=finish(attempt, now=now + timedelta(hours=1)))
    kept_up = answers(), times()

    answer_counts.rebuild()

    assert (answers(), times()) == kept_up
