"""Keeping a study plan: what counts as done, what was missed, and where that goes. Plain values throughout."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from exams.models import PlanTaskKind
from exams.study_plan import ALL, WEEK, week_of

# A drill of all domains takes its items from so many at least.
FEWEST_OF_ALL = 3


@dataclass(frozen=True, slots=True)
class Due:
    """A task that nobody has ticked, under the key its owner knows it by."""

    key: int
    on: date
    kind: str
    minutes: int
    domain: str = ALL
    item_count: int = 0


@dataclass(frozen=True, slots=True)
class Practised:
    """What a person did here on one day of theirs: items met in a domain, or a finished mock or review."""

    on: date
    kind: str
    domain: str = ALL
    count: int = 1


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Missed tasks on new days, and what that makes of the days that are left.

    `left_out` are those for which no day is left: mocks, where every day but the last has one.
    """

    moved: dict[int, date]
    left_out: list[int]
    missed_minutes: int
    planned_minutes: int
    day_count: int

    @property
    def minutes_a_day_before(self) -> int:
        return round(self.planned_minutes / self.day_count)

    @property
    def minutes_a_day_after(self) -> int:
        return round((self.planned_minutes + self.missed_minutes) / self.day_count)

    @property
    def hours_a_week_after(self) -> float:
        return round((self.planned_minutes + self.missed_minutes) / self.day_count * WEEK / 60, 1)


def done_by_themselves(due: Iterable[Due], practised: Iterable[Practised]) -> set[int]:
    """Keys of the tasks that what was done on the site settles beyond doubt.

    Only what was done on the task's own day counts, and nothing counts twice:

    1. A mock or a review is done by a mock or a review that was finished that day, one each.
    2. A drill of a domain is done by at least as many items of that domain. Several of one domain take their items one
       after the other, in the order of the plan.
    3. A drill of all domains is done by as many items as are then left, from three domains at least.

    Reading leaves no trace and is ticked by hand, as is everything done on another day.
    """
    left = Counter[tuple[date, str, str]]()
    for found in practised:
        left[found.on, found.kind, found.domain] += found.count
    done = set()
    for task in sorted(due, key=_is_of_all):
        places = [place for place in sorted(left) if left[place] and _may_settle(place, task)]
        wanted = task.item_count or 1
        if sum(left[place] for place in places) < wanted or (_is_of_all(task) and len(places) < FEWEST_OF_ALL):
            continue
        done.add(task.key)
        for place in places:
            taken = min(wanted, left[place])
            left[place] -= taken
            wanted -= taken
    return done


def _is_of_all(task: Due) -> bool:
    return task.kind == PlanTaskKind.DRILL and task.domain == ALL


def _may_settle(place: tuple[date, str, str], task: Due) -> bool:
    on, kind, domain = place
    return (on, kind) == (task.on, task.kind) and (domain == task.domain or _is_of_all(task))


def missed(due: Iterable[Due], *, today: date, exam_on: date) -> list[Due]:
    """Tasks of weeks that are over. Reviews are not among them: what was due then is due now."""
    week = week_of(today, exam_on)
    return [task for task in due if week_of(task.on, exam_on) > week and task.kind != PlanTaskKind.REVIEW]


def spread(lost: Sequence[Due], planned: Iterable[Due], *, today: date, exam_on: date) -> CatchUp | None:
    """Put each missed task, in order, on the day from today on that has least to do; the earlier one of equals.

    A mock goes to no day that has one and, as in every plan, not to the last before the exam. None when no day is left.
    """
    days = [today + timedelta(days=n) for n in range((exam_on - today).days)]
    if not days:
        return None
    load = dict.fromkeys(days, 0)
    mock_days = set()
    for task in planned:
        if task.on in load:
            load[task.on] += task.minutes
            if task.kind == PlanTaskKind.MOCK:
                mock_days.add(task.on)
    planned_minutes = sum(load.values())
    moved: dict[int, date] = {}
    for task in lost:
        free = days
        if task.kind == PlanTaskKind.MOCK:
            free = [day for day in days[:-1] if day not in mock_days]
        if free:
            day = min(free, key=lambda day: (load[day], day))
            moved[task.key] = day
            load[day] += task.minutes
            if task.kind == PlanTaskKind.MOCK:
                mock_days.add(day)
    return CatchUp(
        moved=moved,
        left_out=[task.key for task in lost if task.key not in moved],
        missed_minutes=sum(load.values()) - planned_minutes,
        planned_minutes=planned_minutes,
        day_count=len(days),
    )
