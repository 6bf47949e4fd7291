"""After an exam: why each scored item was missed, the sure ones first; what is sorted comes back for review."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from exams import scoring
from exams.models import Attempt, MissReason, Response, Triage
from exams.practice import review
from exams.reviewed_items import ReviewedItem, reviewed_items

# What to do about each reason, in one sentence.
ADVICE = {
    MissReason.UNKNOWN: "Read the references of these items, then drill their domains.",
    MissReason.MISREAD: "Slow down on the last line of the stem; say in your own words what is asked before you look.",
    MissReason.REASONING: "Write down the step that went wrong; the rationale of your option names it.",
    MissReason.TIME: "Set a pace of a minute an item and flag what takes longer.",
    MissReason.GUESS: "Treat right guesses as misses too: practise these domains until you are sure.",
}


class NoSuchMiss(Exception):
    """The attempt has no such item, or it was not missed, or it is in an exam that is open."""


@dataclass(frozen=True)
class Miss:
    item: ReviewedItem
    reason: str

    @property
    def is_sure(self) -> bool:
        """Answered without a flag: what one believes to know and does not costs most."""
        return bool(self.item.chosen) and not self.item.response.flagged


@dataclass(frozen=True)
class Sorting:
    """The misses in the order in which to look at them."""

    misses: Sequence[Miss]

    @property
    def waiting(self) -> list[Miss]:
        return [miss for miss in self.misses if not miss.reason]

    @property
    def done(self) -> int:
        return len(self.misses) - len(self.waiting)

    @property
    def by_reason(self) -> list[tuple[str, int, str]]:
        """Label, number and advice of every reason that was given, the most frequent first."""
        counts = Counter(miss.reason for miss in self.misses if miss.reason)
        return [(MissReason(reason).label, n, ADVICE[MissReason(reason)]) for reason, n in counts.most_common()]


def sorting_of(attempt: Attempt) -> Sorting:
    reasons = dict(Triage.objects.filter(response__attempt=attempt).values_list("response__position", "reason"))
    missed = [item for item in reviewed_items(attempt) if item.is_scored and not item.is_right]
    misses = [Miss(item, reasons.get(item.position, "")) for item in missed]
    return Sorting(sorted(misses, key=lambda miss: (not miss.is_sure, not miss.item.chosen, miss.item.position)))


def unsorted_count(attempt: Attempt) -> int:
    """How many misses of a finished attempt wait, without making them ready for a page."""
    missed = sum(mark.is_scored and not mark.is_right for mark in scoring.marks_of(attempt))
    return max(0, missed - Triage.objects.filter(response__attempt=attempt).count())


def tell(*, user: User, public_id: uuid.UUID, position: int, reason: str, now: datetime) -> None:
    """Note why an item was missed and have it come back tomorrow; telling another reason later moves nothing.

    Raises NoSuchMiss.
    """
    attempt = Attempt.objects.of(user).finished().filter(public_id=public_id).first()
    misses = sorting_of(attempt).misses if attempt else []
    miss = next((miss for miss in misses if miss.item.position == position), None)
    if miss is None:
        raise NoSuchMiss
    with transaction.atomic():
        response = Response.objects.select_related("form_item__item").get(attempt=attempt, position=position)
        _, is_new = Triage.objects.update_or_create(response=response, defaults={"reason": reason, "at": now})
        if is_new:
            key = miss.item.key_text
            item = response.form_item.item
            review.rate(user=user, item=item, key_text=key, is_right=False, confidence=None, now=now)
