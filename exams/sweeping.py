"""Heal whatever a crash, a lost task or a closed laptop left behind; safe to run at any time, by several at once."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError

from exams import attempts, scoring
from exams.models import Attempt

logger = logging.getLogger(__name__)


def sweep(*, now: datetime) -> tuple[int, int]:
    """Close what is overdue, then score what is closed. Returns how many were closed and how many scored."""
    overdue = Attempt.objects.overdue(now).order_by("deadline_at")
    closed = sum(_done(attempts.close_if_overdue, attempt, now) for attempt in overdue)
    unscored = Attempt.objects.unscored().order_by("finished_at")
    scored = sum(_done(scoring.ensure_scored, attempt, now) for attempt in unscored)
    return closed, scored


def _done(step: Callable[..., object], attempt: Attempt, now: datetime) -> bool:
    """One attempt that cannot be mended must not keep all others from it."""
    try:
        return bool(step(attempt=attempt, now=now))
    except (DatabaseError, ArithmeticError, LookupError, ValueError):
        logger.exception("Attempt %s could not be closed or scored.", attempt.public_id)
        return False
