from datetime import timedelta

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from exams import attempts, scoring, sweeping
from exams.models import Attempt, Score
from exams.models import attempt as attempt_model
from exams.scoring import Mark, result_of, scaled_score
from questions.models import Outline
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, start


@pytest.mark.parametrize(
    ("raw", "scaled"),
    # A = 24.99/39, B = 74.5 - 91 A: 130 -> 99.49, 92 -> 75.14, 91 -> 74.50 (rounds up), 90 -> 73.86, 0 -> 16.19
    [(130, 99), (92, 75), (91, 75), (90, 74), (0, 16)],
)
def test_scaled_score_known_points_of_the_line(raw: int, scaled: int) -> None:
    assert scaled_score(raw=raw, cut=91, most=130) == scaled


@given(
    st.integers(2, 300).flatmap(lambda most: st.tuples(st.just(most), st.integers(1, most - 1), st.integers(0, most)))
)
def test_scaled_score_is_75_or_more_exactly_from_the_cut_on(numbers: tuple[int, int, int]) -> None:
    most, cut, raw = numbers

    scaled = scaled_score(raw=raw, cut=cut, most=most)

    assert 1 <= scaled <= 99
    assert (scaled >= 75) == (raw >= cut)
    assert scaled_score(raw=cut, cut=cut, most=most) == 75


@pytest.mark.parametrize(("raw", "cut", "most"), [(-1, 91, 130), (131, 91, 130), (5, 130, 130), (5, 0, 130)])
def test_scaled_score_nonsense_is_refused(raw: int, cut: int, most: int) -> None:
    with pytest.raises(ValueError, match="Cannot scale"):
        scaled_score(raw=raw, cut=cut, most=most)


marks = st.builds(
    Mark,
    position=st.integers(1, 170),
    domain_id=st.integers(1, 10),
    is_scored=st.booleans(),
    is_answered=st.booleans(),
    is_right=st.booleans(),
)


@given(st.lists(marks, min_size=3).filter(lambda rows: sum(row.is_scored for row in rows) >= 2))
def test_result_counts_scored_items_only_in_any_order(rows: list[Mark]) -> None:
    result = result_of(rows, practice_cut=1)

    assert result.raw == sum(row.is_right for row in rows if row.is_scored)
    assert result.scored_count + result.pilot_count == len(rows)
    assert sum(right for right, _ in result.domains.values()) == result.raw
    assert sum(total for _, total in result.domains.values()) == result.scored_count
    assert result_of(rows[::-1], practice_cut=1) == result


@pytest.fixture
def finished(db: None) -> Attempt:
    make_bank()
    alice = make_user()
    attempt = start(alice)
    answer_all(attempt, right=15)
    return attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(hours=1))


def test_score_counts_right_scored_items_and_lists_pilots_apart(finished: Attempt) -> None:
    score = scoring.ensure_scored(attempt=finished, now=NOW)

    assert score is not None
    assert (score.raw, score.scored_count, score.practice_cut, score.passed) == (15, 20, 14, True)
    assert (score.pilot_right, score.pilot_count, score.answered_count) == (0, 10, 30)
    lines = [(row.domain.number, row.total) for row in score.domain_scores.all()]
    assert lines == [(1, 1), (2, 1), (3, 2), (4, 1), (5, 1), (6, 4), (7, 2), (8, 3), (9, 2), (10, 3)]


def test_score_of_an_empty_attempt_is_zero(db: None) -> None:
    make_bank()
    alice = make_user()
    attempt = attempts.submit(user=alice, public_id=start(alice).public_id, now=NOW)

    score = scoring.ensure_scored(attempt=attempt, now=NOW)

    assert score is not None
    assert (score.raw, score.answered_count) == (0, 0)


def test_scoring_twice_finds_the_same_score(finished: Attempt) -> None:
    first = scoring.ensure_scored(attempt=finished, now=NOW)
    second = scoring.ensure_scored(attempt=finished, now=NOW + timedelta(days=1))

    assert first == second
    assert Score.objects.get().computed_at == NOW


def test_open_and_abandoned_attempts_are_not_scored(db: None) -> None:
    make_bank()
    alice = make_user()
    attempt = start(alice)

    assert scoring.ensure_scored(attempt=attempt, now=NOW) is None
    attempts.abandon(user=alice, public_id=attempt.public_id, now=NOW)
    assert scoring.ensure_scored(attempt=attempt, now=NOW) is None


def test_recomputing_equals_what_is_stored_after_outline_and_bank_moved_on(finished: Attempt) -> None:
    score = scoring.ensure_scored(attempt=finished, now=NOW)
    Outline.objects.update(practice_cut=19)

    assert score is not None
    assert scoring.compute(Attempt.objects.get()) == scoring.stored_result(score)


def test_sweep_scores_what_was_closed_and_never_queued(finished: Attempt) -> None:
    assert sweeping.sweep(now=NOW) == (0, 1)
    assert sweeping.sweep(now=NOW) == (0, 0)
    assert Score.objects.get().raw == 15


def ended_class(*rights: int) -> list[Attempt]:
    """One person for each number of right answers, all on Form A, but the first on a form of their own."""
    alice, *others = [make_user(f"person{right}") for right in rights]
    started = [start(alice)]
    publish_form_a()
    started += [start(other) for other in others]
    for attempt, right in zip(started, rights, strict=True):
        answer_all(attempt, right=right)
    later = NOW + timedelta(hours=1)
    return [attempts.submit(user=one.user, public_id=one.public_id, now=later) for one in started]


def test_class_is_scored_together_as_each_would_be_alone(finished: Attempt) -> None:
    several = ended_class(3, 20, 7)
    left = start(make_user("bob"))
    attempts.abandon(user=left.user, public_id=left.public_id, now=NOW)
    start(make_user("eve"))

    assert sweeping.sweep(now=NOW) == (0, 4)
    found = {score.attempt: score for score in Score.objects.all()}
    assert [found[attempt].raw for attempt in [finished, *several]] == [15, 3, 20, 7]
    for attempt, score in found.items():
        assert scoring.stored_result(score) == scoring.compute(attempt)


def test_scores_of_a_class_ask_no_more_than_one(
    finished: Attempt, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ended_class(3, 20, 7, 8, 9)

    with django_assert_max_num_queries(11):
        assert scoring.score_together(Attempt.objects.unscored(), now=NOW) == 6


def test_old_attempts_are_looked_through_when_everything_is(finished: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten, newest = ended_class(3, 20)
    monkeypatch.setattr(attempt_model, "NEWEST", 1)

    assert sweeping.sweep(now=NOW) == (0, 1)
    assert Score.objects.get().attempt == newest
    assert sweeping.sweep(now=NOW, everything=True) == (0, 2)
    assert Score.objects.filter(attempt__in=[finished, forgotten]).count() == 2


def test_what_the_sweep_has_closed_is_scored_however_long_ago_it_began(
    finished: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_open = start(make_user("bob"))
    ended_class(3, 20)
    monkeypatch.setattr(attempt_model, "NEWEST", 1)

    assert sweeping.sweep(now=left_open.closes_at) == (1, 2)
    assert Score.objects.filter(attempt=left_open).exists()


def test_one_that_cannot_be_scored_keeps_nobody_else(finished: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    ended_class(3, 20)
    scaled = scoring.scaled_score

    def fail(*, raw: int, cut: int, most: int) -> int:
        if raw == 15:
            raise ValueError
        return scaled(raw=raw, cut=cut, most=most)

    monkeypatch.setattr(scoring, "scaled_score", fail)

    assert sweeping.sweep(now=NOW) == (0, 2)
    assert set(Score.objects.values_list("raw", flat=True)) == {3, 20}


def test_command_says_when_the_stored_score_differs(finished: Attempt, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("score_attempt", str(finished.public_id))
    scoring.ensure_scored(attempt=finished, now=NOW)
    call_command("score_attempt", str(finished.public_id))
    Score.objects.update(raw=16)
    call_command("score_attempt", str(finished.public_id))

    verdicts = [line.split(": ")[1] for line in capsys.readouterr().out.splitlines()]
    assert verdicts == ["nothing is stored yet", "equals what is stored", "DIFFERS from what is stored"]
