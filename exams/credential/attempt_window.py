"""Attempts at the real exam: how many are left until when, what they cost, and what comes next. Pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil

from exams.credential.rules import AttemptRules
from exams.credential.spans import last_of
from exams.models import ExamResult


@dataclass(frozen=True, slots=True)
class Sitting:
    """One date of the real exam and what became of it."""

    on: date
    result: str

    @property
    def is_taken(self) -> bool:
        return self.result != ExamResult.PLANNED


class Step(StrEnum):
    """What a candidate can do next."""

    FIRST = "first"
    TELL = "tell"
    SIT = "sit"
    PASSED = "passed"
    RETAKE = "retake"
    USED_UP = "used up"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Window:
    """The months in which the attempts have to be made, both days included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a candidate stands on one day. `booked` is what the planned exam costs, `next_fee` what one more would.

    `is_planned_inside` is false for a planned day that the attempts or the months do not allow.
    """

    step: Step
    today: date
    window: Window | None
    used: int
    left: int
    spent: int
    booked: int
    next_fee: int
    planned: date | None
    reschedule_until: date | None
    is_planned_inside: bool

    @property
    def days_left(self) -> int:
        """Days after today on which an attempt is still possible."""
        return max(0, (self.window.last - self.today).days) if self.window else 0

    @property
    def days_to_exam(self) -> int:
        return (self.planned - self.today).days if self.planned else 0

    @property
    def next_number(self) -> int:
        return self.used + 1

    @property
    def may_reschedule(self) -> bool:
        return self.reschedule_until is not None and self.today <= self.reschedule_until


def standing(sittings: Iterable[Sitting], *, began_on: date | None, today: date, rules: AttemptRules) -> Standing:
    """`began_on` is the day from which the months run, if the candidate knows it; else the earliest sitting's."""
    ordered = sorted(sittings, key=lambda sitting: sitting.on)
    taken = [sitting for sitting in ordered if sitting.is_taken]
    planned = next((sitting for sitting in ordered if not sitting.is_taken), None)
    window = _window(ordered, began_on, rules)
    used = sum(window.holds(sitting.on) for sitting in taken) if window else 0
    left = max(0, rules.attempts - used)
    fees = [rules.retake_fee if place else rules.first_fee for place in range(len(ordered) + 1)]
    spent = sum(fee for fee, sitting in zip(fees, ordered, strict=False) if sitting.is_taken)
    return Standing(
        step=_step(taken, planned, window, left, today),
        today=today,
        window=window,
        used=used,
        left=left,
        spent=spent,
        booked=sum(fees[: len(ordered)]) - spent,
        next_fee=fees[-1],
        planned=planned.on if planned else None,
        reschedule_until=planned.on - timedelta(days=ceil(rules.reschedule_hours / 24)) if planned else None,
        is_planned_inside=not (planned and window) or (left > 0 and window.holds(planned.on)),
    )


def _window(ordered: Sequence[Sitting], began_on: date | None, rules: AttemptRules) -> Window | None:
    first = began_on or (ordered[0].on if ordered else None)
    return Window(first, last_of(first, rules.months)) if first else None


def _step(taken: Sequence[Sitting], planned: Sitting | None, window: Window | None, left: int, today: date) -> Step:
    if planned:
        return Step.TELL if planned.on < today else Step.SIT
    if taken and taken[-1].result == ExamResult.PASSED:
        return Step.PASSED
    if not left:
        return Step.USED_UP
    if window and today > window.last:
        return Step.OVER
    return Step.RETAKE if taken else Step.FIRST
