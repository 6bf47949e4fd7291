"""Which of a person's meetings count as evidence of their level: first ones, under exam conditions, and recent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from exams import item_statistics, readiness
from exams.models import Mode, PracticeMode
from exams.practice import history
from exams.practice.history import Meeting
from exams.readiness import FreshAnswer

# An answer this quick is taken for a guess: a tenth of the item's median time, and never more than ten seconds
# (Wise and Kong's NT10). Without a median yet, the ten seconds.
QUICK_SHARE = 0.10
QUICK_MS = 10_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What counts, and the ids of items that were left out because the answer came too quickly."""

    answers: tuple[FreshAnswer, ...]
    rapid_items: tuple[int, ...]


def of(user: User, *, now: datetime, rapid_items: Collection[int] | None = None) -> Evidence:
    """The evidence as it was known at `now`.

    Medians move as people answer: to have the evidence of an earlier moment again, say what was left out then.
    """
    meetings = [meeting for meeting in history.of(user) if _counts(meeting, now)]
    rapid = _rapid(meetings) if rapid_items is None else set(rapid_items)
    return Evidence(
        answers=tuple(
            FreshAnswer(meeting.item_id, meeting.domain_id, meeting.at, meeting.is_right)
            for meeting in meetings
            if meeting.item_id not in rapid
        ),
        rapid_items=tuple(sorted(rapid)),
    )


def _counts(meeting: Meeting, now: datetime) -> bool:
    """A mock counts as its score does: pilots do not, and what was left out is wrong. A test counts what was answered.

    What a tutor shows after each answer helps with the next.
    """
    if not meeting.is_fresh or not readiness.is_recent(meeting.at, now=now):
        return False
    if meeting.known_at is None or meeting.known_at > now:
        return False
    return (meeting.mode == Mode.MOCK and meeting.is_scored) or (
        meeting.mode == PracticeMode.TEST and meeting.is_answered
    )


def _rapid(meetings: Collection[Meeting]) -> set[int]:
    """Only mocks know the time on screen, and only where the browser said it."""
    quick = [meeting for meeting in meetings if meeting.is_answered and 0 < meeting.visible_ms < QUICK_MS]
    medians = item_statistics.median_seconds(meeting.version_id for meeting in quick)
    return {meeting.item_id for meeting in quick if meeting.visible_ms < _threshold(medians.get(meeting.version_id))}


def _threshold(median_seconds: int | None) -> float:
    return QUICK_MS if median_seconds is None else min(QUICK_MS, QUICK_SHARE * 1000 * median_seconds)
