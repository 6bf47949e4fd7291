"""Scoring: a pure function of stored responses and keys, stored once, recomputable."""

from collections.abc import Iterable
from dataclasses import Field, dataclass, fields
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any

from django.db import transaction

from exams.keys import keys_of
from exams.models import Attempt, DomainScore, Response, Score

ALGORITHM = 1

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
    responses = Response.objects.filter(attempt=attempt).select_related("form_item__version__task").order_by("position")
    key_of = keys_of(response.form_item.version_id for response in responses)
    return [
        Mark(
            position=response.position,
            domain_id=response.form_item.version.task.domain_id,
            is_scored=response.form_item.is_scored,
            is_answered=response.chosen is not None,
            is_right=is_right(response.form_item.option_order, response.chosen, key_of[response.form_item.version_id]),
        )
        for response in responses
    ]


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
            score = _store(locked, compute(locked), now=now)
        return score


def replace(score: Score, result: Result) -> None:
    """Put another result into a stored score: for exams.regrading, which keeps what was there before."""
    for field in _columns():
        setattr(score, field.name, getattr(result, field.name))
    score.save(update_fields=[field.name for field in _columns()])
    score.domain_scores.all().delete()
    _store_domains(score, result)


def _store(attempt: Attempt, result: Result, *, now: datetime) -> Score:
    values = {field.name: getattr(result, field.name) for field in _columns()}
    score = Score.objects.create(attempt=attempt, algorithm=ALGORITHM, computed_at=now, **values)
    _store_domains(score, result)
    return score


def _store_domains(score: Score, result: Result) -> None:
    DomainScore.objects.bulk_create(
        DomainScore(score=score, domain_id=domain_id, right=right, total=total)
        for domain_id, (right, total) in result.domains.items()
    )
