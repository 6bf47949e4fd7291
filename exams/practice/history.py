"""What a person has met and how it went, over mocks and practice, oldest first.

A meeting is the first with an item when it had never been served before, in any form that was opened or any session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from exams.keys import keys_of
from exams.models import Attempt, FormItem, PracticeItem, Response
from exams.scoring import is_right
from questions.models import Domain


@dataclass(frozen=True, slots=True)
class Meeting:
    """One item at one time. `mode` is mock, test or tutor; `confidence` 1 to 3 where it was asked.

    `is_scored` is false for a mock's pilots alone: in practice all items are alike. `known_at` is when scoring or
    revealing made it known; a mock that waits for its score is not known yet.
    """

    item_id: int
    version_id: int
    domain_id: int
    at: datetime
    mode: str
    is_right: bool
    is_scored: bool
    is_answered: bool
    is_fresh: bool
    is_flagged: bool
    confidence: int | None
    visible_ms: int
    known_at: datetime | None


def of(user: User) -> list[Meeting]:
    """Every item of a finished mock and every revealed one of a session."""
    first = _first_served(user)
    meetings = [*_in_mocks(user, first), *_in_practice(user, first)]
    return sorted(meetings, key=lambda meeting: (meeting.at, meeting.item_id))


def missed(user: User) -> set[int]:
    """Ids of items whose last meeting ended without the right answer."""
    return {item for item, meeting in last_of(user).items() if not meeting.is_right}


def flagged(user: User) -> set[int]:
    return {item for item, meeting in last_of(user).items() if meeting.is_flagged}


def last_of(user: User) -> dict[int, Meeting]:
    """The last meeting with every item, by the item's id."""
    return {meeting.item_id: meeting for meeting in of(user)}


def first_answers(user: User) -> dict[str, tuple[int, int]]:
    """Right ones and all of the answers at first meetings, by the domain's code: outlines may name a domain alike."""
    code_of = dict(Domain.objects.values_list("pk", "code"))
    counts: dict[str, tuple[int, int]] = {}
    for meeting in of(user):
        if meeting.is_fresh and meeting.is_answered:
            code = code_of[meeting.domain_id]
            right, n = counts.get(code, (0, 0))
            counts[code] = right + meeting.is_right, n + 1
    return counts


def _in_mocks(user: User, first: Mapping[int, datetime]) -> list[Meeting]:
    # Plain columns: with fifty mocks behind, whole rows of versions would be most of the work.
    finished = Attempt.objects.of(user).finished()
    responses = Response.objects.filter(attempt__in=finished).values_list(
        "form_item__item_id", "form_item__version_id", "form_item__version__task__domain_id",
        "form_item__option_order", "chosen", "answered_at", "flagged", "visible_ms", "attempt__started_at",
        "attempt__finished_at", "attempt__mode", "form_item__is_scored", "attempt__score__computed_at", named=True,
    )  # fmt: skip
    rows = list(responses)
    key_of = keys_of(row.form_item__version_id for row in rows)
    return [
        Meeting(
            item_id=row.form_item__item_id,
            version_id=row.form_item__version_id,
            domain_id=row.form_item__version__task__domain_id,
            at=row.answered_at or row.attempt__finished_at or row.attempt__started_at,
            mode=row.attempt__mode,
            is_right=is_right(row.form_item__option_order, row.chosen, key_of[row.form_item__version_id]),
            is_scored=row.form_item__is_scored,
            is_answered=row.chosen is not None,
            is_fresh=first[row.form_item__item_id] == row.attempt__started_at,
            is_flagged=row.flagged,
            confidence=None,
            visible_ms=row.visible_ms,
            known_at=row.attempt__score__computed_at,
        )
        for row in rows
    ]


def _in_practice(user: User, first: Mapping[int, datetime]) -> list[Meeting]:
    places = PracticeItem.objects.filter(session__user=user, revealed_at__isnull=False).values_list(
        "item_id", "version_id", "version__task__domain_id", "option_order", "chosen", "answered_at", "revealed_at",
        "shown_at", "flagged", "confidence", "session__mode",
        "session__started_at", named=True,
    )  # fmt: skip
    rows = list(places)
    key_of = keys_of(row.version_id for row in rows)
    return [
        Meeting(
            item_id=row.item_id,
            version_id=row.version_id,
            domain_id=row.version__task__domain_id,
            at=row.answered_at or row.revealed_at or row.session__started_at,
            mode=row.session__mode,
            is_right=is_right(row.option_order, row.chosen, key_of[row.version_id]),
            is_scored=True,
            is_answered=row.chosen is not None,
            is_fresh=first[row.item_id] == row.shown_at,
            is_flagged=row.flagged,
            confidence=row.confidence,
            visible_ms=0,
            known_at=row.revealed_at,
        )
        for row in rows
    ]


def _first_served(user: User) -> dict[int, datetime]:
    """When each item was first put before the person, whatever became of it."""
    mocks = FormItem.objects.filter(exam_form__attempts__user=user).values_list(
        "item_id", "exam_form__attempts__started_at"
    )
    shown = PracticeItem.objects.filter(session__user=user, shown_at__isnull=False)
    places = shown.values_list("item_id", "shown_at")
    first: dict[int, datetime] = {}
    for item, at in [*mocks, *places]:
        if at is not None:
            first[item] = min(at, first.get(item, at))
    return first
