"""What an invigilator sees of a cohort's sittings: where people are and how much time they have, never an answer."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from exams import attempts
from exams.models import Attempt, AttemptEvent, Cohort, EventKind, Mode, Response


@dataclass(frozen=True, slots=True)
class Seat:
    """One member with the newest mock, if any. Ages are in seconds."""

    person: User
    attempt: Attempt | None
    state: str
    position: int | None
    item_count: int
    answered: int
    seconds_left: float
    saved_ago: float | None
    beat_ago: float | None

    @property
    def is_sitting(self) -> bool:
        return self.attempt is not None and self.attempt.is_open and self.state != "time is up"


def seats_of(cohort: Cohort, *, now: datetime) -> list[Seat]:
    """Every member in order of name; one statement for people, two for all their sittings."""
    people = list(cohort.members.order_by("name", "email"))
    newest = Attempt.objects.filter(user=OuterRef("user"), mode=Mode.MOCK).order_by("-started_at").values("pk")[:1]
    saved = AttemptEvent.objects.filter(attempt=OuterRef("pk"), kind=EventKind.SAVED).order_by("-sequence")
    shown = Response.objects.filter(attempt=OuterRef("pk"), last_seen_at__isnull=False).order_by("-last_seen_at")
    rows = (
        Attempt.objects.filter(user__in=people, pk=Subquery(newest))
        .select_related("exam_form")
        .annotate(
            item_count=Count("responses"),
            answered=Count("responses", filter=Q(responses__chosen__isnull=False)),
            last_saved_at=Subquery(saved.values("at")[:1]),
            last_position=Subquery(shown.values("position")[:1]),
            last_beat_at=Subquery(shown.values("last_seen_at")[:1]),
        )
    )
    by_person = {attempt.user_id: attempt for attempt in rows}
    return [_seat(person, by_person.get(person.pk), now) for person in people]


def _seat(person: User, attempt: Attempt | None, now: datetime) -> Seat:
    if attempt is None:
        return Seat(person, None, "no exam yet", None, 0, 0, 0.0, None, None)
    return Seat(
        person=person,
        attempt=attempt,
        state=_state(attempt, now),
        position=attempt.last_position if attempt.is_open else None,  # type: ignore[attr-defined]  # annotated
        item_count=attempt.item_count,  # type: ignore[attr-defined]  # annotated
        answered=attempt.answered,  # type: ignore[attr-defined]  # annotated
        seconds_left=attempt.seconds_left(now),
        saved_ago=_ago(attempt.last_saved_at, now),  # type: ignore[attr-defined]  # annotated
        beat_ago=_ago(attempt.last_beat_at, now),  # type: ignore[attr-defined]  # annotated
    )


def _state(attempt: Attempt, now: datetime) -> str:
    if not attempt.is_open:
        return "abandoned" if attempt.ending == "abandoned" else "finished"
    if attempt.is_on_break(now):
        return "on a break"
    return "time is up" if now >= attempt.deadline_at else "sitting"


def _ago(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def running(cohort: Cohort) -> QuerySet[Attempt]:
    """The members' open mocks, in order of name."""
    sittings = Attempt.objects.open().filter(user__in=cohort.members.all(), mode=Mode.MOCK)
    return sittings.select_related("user").order_by("user__name", "user__email")


def extend(
    *, cohort: Cohort, public_id: uuid.UUID | None, seconds: int, reason: str, by: User, now: datetime
) -> list[Attempt]:
    """Grant more time to the member's attempt that is named, or to all that run; returns those that got it."""
    wanted = running(cohort) if public_id is None else running(cohort).filter(public_id=public_id)
    extended = []
    for attempt in wanted:
        try:
            attempts.extend(public_id=attempt.public_id, seconds=seconds, reason=reason, by=by, now=now)
        except attempts.NotNow:
            # Ended between the list and the lock.
            continue
        extended.append(attempt)
    return extended
