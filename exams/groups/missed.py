"""Missed by most: the items of a shared form that were hardest for a group, and what its members chose.

Only answers of members count who let the group see their domains at least, and only those to items that a member met
for the first time there. Nothing is told of fewer than five people.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Share
from exams.groups.standing import FEWEST
from exams.keys import keys_of
from exams.models import Attempt, FormItem, GroupExam, PracticeItem, Response
from exams.scoring import is_right

MOST_ITEMS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """One member's first answer to one item; `chosen` is the displayed place."""

    position: int
    chosen: int | None
    is_right: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """What the members made of one item. `chosen` counts displayed places, and is empty for fewer than five answers."""

    position: int
    people: int
    missed: int
    chosen: Mapping[int, int]
    left_open: int


@dataclass(frozen=True)
class Missed:
    """`people` count here; without five of them there are no tallies. `hardest` are the ten for a session."""

    people: int
    tallies: Mapping[int, Tally]
    fewest: int = FEWEST

    @property
    def hardest(self) -> list[Tally]:
        """The largest share of misses first, earlier items first among equals; none that everybody had right."""
        missed = [tally for tally in self.tallies.values() if tally.missed]
        return sorted(missed, key=lambda tally: (-tally.missed / tally.people, tally.position))[:MOST_ITEMS]


def of(exam: GroupExam) -> Missed:
    """As it stands now: who stops sharing or leaves the group is gone from it."""
    sharing = exam.group.memberships.sharing(Share.DOMAINS).values("user")
    finished = Attempt.objects.finished().filter(exam_form=exam.exam_form_id, user__in=sharing)
    attempts = {user: (pk, at) for pk, user, at in finished.order_by().values_list("pk", "user_id", "started_at")}
    if len(attempts) < FEWEST:
        return Missed(len(attempts), {})
    return Missed(len(attempts), tally(_first_answers(exam, attempts)))


def tally(answers: Iterable[Answer]) -> dict[int, Tally]:
    """By position; items that fewer than five people met for the first time are left out."""
    by_position: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_position[answer.position].append(answer)
    return {position: _tally(position, found) for position, found in by_position.items() if len(found) >= FEWEST}


def _tally(position: int, answers: list[Answer]) -> Tally:
    chosen = Counter(answer.chosen for answer in answers if answer.chosen)
    is_told = chosen.total() >= FEWEST
    return Tally(
        position=position,
        people=len(answers),
        missed=sum(not answer.is_right for answer in answers),
        chosen=dict(chosen) if is_told else {},
        left_open=len(answers) - chosen.total() if is_told else 0,
    )


def _first_answers(exam: GroupExam, attempts: Mapping[int, tuple[int, datetime]]) -> list[Answer]:
    """To scored items; what was left open is wrong, as in the score."""
    begun_at = dict(attempts.values())
    responses = Response.objects.filter(attempt__in=begun_at, form_item__is_scored=True).values_list(
        "attempt__user_id", "position", "chosen", "form_item__item_id", "form_item__version_id",
        "form_item__option_order",
    )  # fmt: skip
    rows = list(responses)
    key_of = keys_of({row[4] for row in rows})
    met = _met_before(exam, attempts)
    return [
        Answer(position, chosen, is_right(order, chosen, key_of[version]))
        for user, position, chosen, item, version, order in rows
        if (user, item) not in met
    ]


def _met_before(exam: GroupExam, attempts: Mapping[int, tuple[int, datetime]]) -> set[tuple[int, int]]:
    """(person, item) of what they had been served before they began the form, in a mock or in practice."""
    items = FormItem.objects.filter(exam_form=exam.exam_form_id).values("item")
    served = FormItem.objects.filter(item__in=items, exam_form__attempts__user__in=attempts).values_list(
        "exam_form__attempts__user_id", "item_id", "exam_form__attempts__started_at"
    )
    shown = PracticeItem.objects.filter(item__in=items, session__user__in=attempts, shown_at__isnull=False)
    practised = shown.values_list("session__user_id", "item_id", "shown_at")
    meetings = [(user, item, at) for user, item, at in [*served, *practised] if user in attempts]
    return {(user, item) for user, item, at in meetings if at and at < attempts[user][1]}
