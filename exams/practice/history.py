"""What a person has met and how it went, over mocks and practice, oldest first.

A meeting is the first with an item when it had never been served before, in any form that was opened or any session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from exams.keys import keys_of
from exams.models import Attempt, FormItem, PracticeItem, Response


@dataclass(frozen=True, slots=True)
class Meeting:
    """One item at one time. `mode` is mock, test or tutor; `confidence` 1 to 3 where it was asked."""

    item_id: int
    version_id: int
    domain_id: int
    at: datetime
    mode: str
    is_right: bool
    is_answered: bool
    is_fresh: bool
    is_flagged: bool
    confidence: int | None
    visible_ms: int


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


def _in_mocks(user: User, first: Mapping[int, datetime]) -> list[Meeting]:
    responses = list(
        Response.objects.filter(attempt__in=Attempt.objects.of(user).finished()).select_related(
            "form_item__version__task", "attempt"
        )
    )
    key_of = keys_of(response.form_item.version_id for response in responses)
    found = []
    for response in responses:
        form_item, attempt = response.form_item, response.attempt
        order, chosen = form_item.option_order, response.chosen
        found.append(
            Meeting(
                item_id=form_item.item_id,
                version_id=form_item.version_id,
                domain_id=form_item.version.task.domain_id,
                at=response.answered_at or attempt.finished_at or attempt.started_at,
                mode=attempt.mode,
                is_right=chosen is not None and int(order[chosen - 1]) == key_of[form_item.version_id],
                is_answered=chosen is not None,
                is_fresh=first[form_item.item_id] == attempt.started_at,
                is_flagged=response.flagged,
                confidence=None,
                visible_ms=response.visible_ms,
            )
        )
    return found


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
            is_answered=place.chosen is not None,
            is_fresh=first[place.item_id] == place.shown_at,
            is_flagged=place.flagged,
            confidence=place.confidence,
            visible_ms=0,
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
