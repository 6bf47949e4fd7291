"""Celery's doors: ids in, one call each, safe to run twice, late or inline."""

import logging

from celery import current_app, shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from exams import answer_counts, scoring, sweeping
from exams.models import Attempt

logger = logging.getLogger(__name__)

# Nobody who ends an exam waits longer than this for the broker.
QUEUEING_SECONDS = 0.5


@shared_task
def score_attempt(attempt_id: int) -> None:
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        logger.warning("Attempt %s is gone, nothing to score.", attempt_id)
        return
    scoring.ensure_scored(attempt=attempt, now=timezone.now())
    answer_counts.count(attempt=attempt)


@shared_task
def sweep_attempts() -> None:
    sweeping.sweep(now=timezone.now())


def queue_scoring(attempt: Attempt) -> None:
    """Ask for the attempt to be scored; call it after the commit.

    The submit is already safe: a broker that is down or silent is logged, never shown; sweep and report score instead.
    A connection of its own keeps the bound on waiting from the workers, whose reads block for longer on purpose.
    """
    try:
        with current_app.connection_for_write() as connection:
            connection.transport_options = {**(connection.transport_options or {}), "socket_timeout": QUEUEING_SECONDS}
            score_attempt.apply_async((attempt.pk,), connection=connection, retry=False)  # type: ignore[call-arg]  # untyped there
    except OperationalError as error:
        logger.warning("Attempt %s could not be queued for scoring: %s", attempt.pk, error)
