"""Heal whatever a crash, a lost task or a closed laptop left behind; safe to run at any time, by several at once."""

from datetime import datetime

from exams import attempts, scoring
from exams.models import Attempt


def sweep(*, now: datetime) -> tuple[int, int]:
    """Close what is overdue, then score what is closed. Returns how many were closed and how many scored."""
    closed = attempts.close_overdue(now=now)
    unscored = list(Attempt.objects.unscored().order_by("finished_at"))
    for attempt in unscored:
        scoring.ensure_scored(attempt=attempt, now=now)
    return len(closed), len(unscored)
