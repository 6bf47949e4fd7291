"""What the open page says of itself: which item it shows, and how long each was on screen."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Least

from exams.models import Attempt, AttemptStatus, Response

MOST_VISIBLE_MS = 24 * 3600 * 1000


def record_seen(*, attempt: Attempt, visible_ms: Mapping[int, int], now: datetime, position: int | None = None) -> None:
    """Add the browser's word on how long items were on screen, and which one is now (`position`).

    Shown in the report and to the invigilator, never believed for the clock. One statement, and none that touches the
    attempt: saves queue for its row.
    """
    shown = {**visible_ms, **({position: visible_ms.get(position, 0)} if position else {})}
    if not shown:
        return
    added = Case(*(When(position=item, then=Value(ms)) for item, ms in shown.items()), default=Value(0))
    responses = Response.objects.filter(attempt=attempt, attempt__status=AttemptStatus.OPEN, position__in=shown)
    responses.update(
        first_seen_at=Coalesce("first_seen_at", Value(now)),
        last_seen_at=Case(When(position=position, then=Value(now)), default=F("last_seen_at")),
        visible_ms=Least(F("visible_ms") + added, Value(MOST_VISIBLE_MS)),
    )
