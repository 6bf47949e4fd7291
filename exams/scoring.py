"""Scoring: a pure function of stored responses and keys, stored once, recomputable."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import Field, dataclass, fields
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from exams.keys import keys_of
from exams.models import Attempt, DomainScore, Response, Score

ALGORITHM = 1
# So many rows are locked for some tens of milliseconds.
MOST_AT_ONCE = 50

PASS_SCALED = 75
TOP_SCALED = Fraction("99.49")
CUT_SCALED = Fraction("74.50")


@dataclass(frozen=True, slots=True)
class Mark:
    """One response as scoring sees it; an omitted answer is wrong."""

    position: int
    domain_id: int
    is_scored: bool
    is_answered: bool
    is_right: bool


@dataclass(frozen=True, slots=True)
class Result:
    """A whole attempt's result. `domains` maps domain id to (right, total) over scored items."""

    raw: int
    scored_count: int
    practice_cut: int
    scaled: int
    answered_count: int
    pilot_right: int
    pilot_count: int
    domains: dict[int, tuple[int, int]]


def scaled_score(*, raw: int, cut: int, most: int) -> int:
    """The ARRT-style scaled score, 1 to 99 with 75 exactly at the cut.

    scaled = A·raw + B with A = (99.49 − 74.50)/(most − cut) and B = 74.50 − A·cut (ARRT's published line), rounded half
    up in exact arithmetic: Python's round(74.5) is 74.
    """
    if not 0 < cut < most or not 0 <= raw <= most:
        raise ValueError(f"Cannot scale {raw} of {most} with a cut of {cut}.")
    slope = (TOP_SCALED - CUT_SCALED) / (most - cut)
    return max(1, min(99, floor(CUT_SCALED + slope * (raw - cut) + Fraction(1, 2))))


def result_of(marks: Iterable[Mark], *, practice_cut: int) -> Result:
    marks = list(marks)
    scored = [mark for mark in marks if mark.is_scored]
    pilots = [mark for mark in marks if not mark.is_scored]
    raw = sum(mark.is_right for mark in scored)
    domains: dict[int, tuple[int, int]] = {}
    for mark in scored:
        right, total = domains.get(mark.domain_id, (0, 0))
        domains[mark.domain_id] = right + mark.is_right, total + 1
    return Result(
        raw=raw,
        scored_count=len(scored),
        practice_cut=practice_cut,
        scaled=scaled_score(raw=raw, cut=practice_cut, most=len(scored)),
        answered_count=sum(mark.is_answered for mark in marks),
        pilot_right=sum(mark.is_right for mark in pilots),
        pilot_count=len(pilots),
        domains=domains,
    )


def is_right(option_order: str, chosen: int | None, key_position: int) -> bool:
    """Whether the chosen place shows the key: option_order maps displayed places to the options' own positions."""
    return chosen is not None and int(option_order[chosen - 1]) == key_position


def marks_of(attempt: Attempt) -> list[Mark]:
    """In the form's order."""
    return _marks_of([attempt])[attempt.pk]


def _marks_of(attempts: Collection[Attempt]) -> dict[int, list[Mark]]:
    """By attempt id."""
    columns = (
        "attempt", "position", "chosen", "form_item__is_scored", "form_item__option_order", "form_item__version",
        "form_item__version__task__domain",
    )  # fmt: skip
    rows = list(Response.objects.filter(attempt__in=attempts).order_by("attempt", "position").values_list(*columns))
    key_of = keys_of(version for *_, version, _ in rows)
    marks: dict[int, list[Mark]] = {attempt.pk: [] for attempt in attempts}
    for attempt, position, chosen, is_scored, option_order, version, domain in rows:
        right = is_right(option_order, chosen, key_of[version])
        marks[attempt].append(Mark(position, domain, is_scored, chosen is not None, right))
    return marks


def compute(attempt: Attempt) -> Result:
    """The result of an attempt from stored data alone, without writing."""
    return result_of(marks_of(attempt), practice_cut=attempt.exam_form.practice_cut)


def stored_result(score: Score) -> Result:
    """The result that a stored score and its domain rows hold: columns and fields have the same names."""
    domains = {row.domain_id: (row.right, row.total) for row in score.domain_scores.all()}
    return Result(domains=domains, **{field.name: getattr(score, field.name) for field in _columns()})


def _columns() -> list[Field[Any]]:
    return [field for field in fields(Result) if field.name != "domains"]


def ensure_scored(*, attempt: Attempt, now: datetime) -> Score | None:
    """The attempt's score, computed and stored if it is not there yet; None unless the attempt is finished.

    Task, sweep and report may arrive together: the attempt row is locked, and whoever comes second finds the score.
    """
    with transaction.atomic():
        locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
        score = Score.objects.filter(attempt=locked).first()
        if score is None and locked.is_finished:
            (score,) = _store([(locked, compute(locked))], now=now)
        return score


def score_together(attempts: QuerySet[Attempt], *, now: datetime) -> int:
    """Score up to fifty of some unscored attempts at once; returns how many it did.

    A class ends at one moment, and most of a score is asking for it. Who is being scored elsewhere is left to that.
    """
    with transaction.atomic():
        first = attempts.order_by("finished_at", "pk").select_related("exam_form")
        locked = first.select_for_update(no_key=True, skip_locked=True, of=("self",))
        waiting = {attempt.pk: attempt for attempt in locked[:MOST_AT_ONCE]}
        # Asked again under the lock: the first question may be older than somebody's score.
        for scored in Score.objects.filter(attempt__in=waiting).values_list("attempt", flat=True):
            del waiting[scored]
        marks = _marks_of(waiting.values())
        results = [
            (attempt, result_of(marks[pk], practice_cut=attempt.exam_form.practice_cut))
            for pk, attempt in waiting.items()
        ]
        _store(results, now=now)
        return len(results)


def replace(score: Score, result: Result) -> None:
    """Put another result into a stored score: for exams.regrading, which keeps what was there before."""
    for field in _columns():
        setattr(score, field.name, getattr(result, field.name))
    score.save(update_fields=[field.name for field in _columns()])
    score.domain_scores.all().delete()
    _store_domains([(score, result)])


def _store(results: Sequence[tuple[Attempt, Result]], *, now: datetime) -> list[Score]:
    scores = [
        Score(
            attempt=attempt,
            algorithm=ALGORITHM,
            computed_at=now,
            **{field.name: getattr(result, field.name) for field in _columns()},
        )
        for attempt, result in results
    ]
    Score.objects.bulk_create(scores)
    _store_domains([(score, result) for score, (_, result) in zip(scores, results, strict=True)])
    return scores


def _store_domains(results: Iterable[tuple[Score, Result]]) -> None:
    DomainScore.objects.bulk_create(
        DomainScore(score=score, domain_id=domain_id, right=right, total=total)
        for score, result in results
        for domain_id, (right, total) in result.domains.items()
    )
