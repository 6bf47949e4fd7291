"""Heal whatever a crash, a lost task or a closed laptop left behind; safe to run at any time, by several at once."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.core.cache import cache
from django.db import DatabaseError

from exams import answer_counts, attempts, forecasts, regrading, report_files, scoring
from exams.models import Attempt, PracticeSession
from exams.practice import sessions

logger = logging.getLogger(__name__)

LAST_SWEEP = "last_sweep"


def sweep(*, now: datetime) -> tuple[int, int]:
    """Close what is overdue, practice against the clock too; score, count and forecast from it; finish regrades.

    Returns how many were closed and how many scored.
    """
    overdue = Attempt.objects.overdue(now).order_by("deadline_at")
    closed = _each(overdue, partial(attempts.close_if_overdue, now=now))
    scored = _scored_together(now)
    unscored = Attempt.objects.unscored().order_by("finished_at")
    scored += _each(unscored, partial(scoring.ensure_scored, now=now))
    _each(answer_counts.uncounted(), answer_counts.count)
    _each(PracticeSession.objects.overdue(now), partial(sessions.finish, now=now), word="session")
    _each(forecasts.attempts_without(now=now), partial(forecasts.after_mock, now=now))
    _each(forecasts.sessions_without(now=now), partial(forecasts.after_practice, now=now), word="session")
    regrading.finish(now=now)
    report_files.forget(now=now)
    cache.set(LAST_SWEEP, now, timeout=None)
    return closed, scored


def last_sweep() -> datetime | None:
    """When one was last complete; None where nobody knows, because none was or the cache has forgotten."""
    at: datetime | None = cache.get(LAST_SWEEP)
    return at


def _scored_together(now: datetime) -> int:
    """As many as can be; one that cannot be scored ends it, and the rest is scored one by one."""
    scored = 0
    try:
        while done := scoring.score_waiting(now=now):
            scored += done
    except (DatabaseError, ArithmeticError, LookupError, ValueError):
        logger.exception("Attempts could not be scored together.")
    return scored


def _each(found: Iterable[Attempt | PracticeSession], step: Callable[..., object], *, word: str = "attempt") -> int:
    return sum(_done(step, word, one) for one in found)


def _done(step: Callable[..., object], word: str, one: Attempt | PracticeSession) -> bool:
    """One that cannot be mended must not keep all others from it."""
    try:
        return bool(step(**{word: one}))
    except (DatabaseError, ArithmeticError, LookupError, ValueError):
        logger.exception("The %s %s could not be closed, scored, counted or forecast from.", word, one.public_id)
        return False
