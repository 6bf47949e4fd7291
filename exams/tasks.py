"""Celery's doors: ids in, one call each, safe to run twice, late or inline."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from exams import scoring, sweeping
from exams.models import Attempt

logger = logging.getLogger(__name__)


@shared_task
def score_attempt(attempt_id: int) -> None:
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        logger.warning("Attempt %s is gone, nothing to score.", attempt_id)
        return
    scoring.ensure_scored(attempt=attempt, now=timezone.now())


@shared_task
def sweep_attempts() -> None:
    sweeping.sweep(now=timezone.now())


def queue_scoring(attempt: Attempt) -> None:
    """Ask for the attempt to be scored; call it after the commit.

    The submit is already safe: a broker that is down is logged and never shown; sweep and report score instead.
    """
    try:
        score_attempt.apply_async((attempt.pk,), retry=False)
    except OperationalError as error:
        logger.warning("Attempt %s could not be queued for scoring: %s", attempt.pk, error)
