"""What a person has met and how it went, over mocks and practice, oldest first.

A meeting is the first with an item when it had never been served before, in any form that was opened or any session.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from exams.keys import keys_of
from exams.models import Attempt, FormItem, PracticeItem, Response


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
    return {item for item, meeting in _last(of(user)).items() if not meeting.is_right}


def flagged(user: User) -> set[int]:
    return {item for item, meeting in _last(of(user)).items() if meeting.is_flagged}


def _last(meetings: Iterable[Meeting]) -> dict[int, Meeting]:
    return {meeting.item_id: meeting for meeting in meetings}


# Rows instead of objects: somebody with fifty mocks has met thousands of items, and each would make six objects.
MOCK_COLUMNS = (
    "chosen", "flagged", "visible_ms", "answered_at",
    "form_item__item_id", "form_item__version_id", "form_item__version__task__domain_id",
    "form_item__option_order", "form_item__is_scored",
    "attempt__mode", "attempt__started_at", "attempt__finished_at", "attempt__score__computed_at",
)  # fmt: skip


def _in_mocks(user: User, first: Mapping[int, datetime]) -> list[Meeting]:
    responses = Response.objects.filter(attempt__in=Attempt.objects.of(user).finished())
    rows = list(responses.order_by().values_list(*MOCK_COLUMNS))
    key_of = keys_of(row[5] for row in rows)
    return [
        Meeting(
            item_id=item,
            version_id=version,
            domain_id=domain,
            at=answered_at or finished_at or started_at,
            mode=mode,
            is_right=chosen is not None and int(order[chosen - 1]) == key_of[version],
            is_scored=is_scored,
            is_answered=chosen is not None,
            is_fresh=first[item] == started_at,
            is_flagged=flagged,
            confidence=None,
            visible_ms=visible_ms,
            known_at=computed_at,
        )
        for (
            chosen, flagged, visible_ms, answered_at, item, version, domain, order, is_scored,
            mode, started_at, finished_at, computed_at,
        ) in rows
    ]  # fmt: skip


def _in_practice(user: User, first: Mapping[int, datetime]) -> list[Meeting]:
    places = list(
        PracticeItem.objects.filter(session__user=user, revealed_at__isnull=False).select_related(
            "version__task", "session"
        )
    )
    key_of = keys_of(place.version_id for place in places)
    return [
        Meeting(
            item_id=place.item_id,
            version_id=place.version_id,
            domain_id=place.version.task.domain_id,
            at=place.answered_at or place.revealed_at or place.session.started_at,
            mode=place.session.mode,
            is_right=is_right(place, key_of[place.version_id]),
            is_scored=True,
            is_answered=place.chosen is not None,
            is_fresh=first[place.item_id] == place.shown_at,
            is_flagged=place.flagged,
            confidence=place.confidence,
            visible_ms=0,
            known_at=place.revealed_at,
        )
        for place in places
    ]


def is_right(place: PracticeItem, key_position: int) -> bool:
    return place.chosen is not None and int(place.option_order[place.chosen - 1]) == key_position


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
