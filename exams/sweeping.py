"""Heal whatever a crash, a lost task or a closed laptop left behind; safe to run at any time, by several at once."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from django.core.cache import cache
from django.db import DatabaseError
from django.db.models import QuerySet

from exams import answer_counts, attempts, forecasts, regrading, report_files, scoring
from exams.models import Attempt, PracticeSession
from exams.practice import sessions

logger = logging.getLogger(__name__)

LAST_SWEEP = "last_sweep"
LATELY = timedelta(days=1)


def sweep(*, now: datetime, everything: bool = False) -> tuple[int, int]:
    """Close what is overdue, practice against the clock too; score, count and forecast from it; finish regrades.

    What was left behind is looked for among the newest attempts and regrades, or among `everything`: of a million old
    attempts that takes seconds. Returns how many were closed and how many scored.
    """
    overdue = list(Attempt.objects.overdue(now).order_by("deadline_at"))
    closed = _each(overdue, partial(attempts.close_if_overdue, now=now))
    unscored, unforeseen = Attempt.objects.unscored(), forecasts.attempts_without(now=now)
    if not everything:
        unscored = unscored.newest() | unscored.filter(pk__in=[attempt.pk for attempt in overdue])
        unforeseen = unforeseen.newest()
    scored = _scored_together(unscored, now)
    scored += _each(unscored.order_by("finished_at"), partial(scoring.ensure_scored, now=now))
    _each(answer_counts.uncounted(), answer_counts.count)
    _each(PracticeSession.objects.overdue(now), partial(sessions.finish, now=now), word="session")
    _each(unforeseen, partial(forecasts.after_mock, now=now))
    _each(forecasts.sessions_without(now=now), partial(forecasts.after_practice, now=now), word="session")
    regrading.finish(now=now, since=None if everything else now - LATELY)
    report_files.forget(now=now)
    cache.set(LAST_SWEEP, now, timeout=None)
    return closed, scored


def last_sweep() -> datetime | None:
    """When one was last complete; None where nobody knows, because none was or the cache has forgotten."""
    at: datetime | None = cache.get(LAST_SWEEP)
    return at


def _scored_together(unscored: QuerySet[Attempt], now: datetime) -> int:
    """As many as can be; one that cannot be scored ends it, and the rest is scored one by one."""
    scored = 0
    try:
        while done := scoring.score_together(unscored, now=now):
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
