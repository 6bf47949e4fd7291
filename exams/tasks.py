"""Celery's doors: ids in, one call each, safe to run twice, late or inline."""

import logging

from celery import shared_task
from django.utils import timezone

from exams import answer_counts, regrading, scoring, sweeping
from exams.models import Attempt, Regrade
from questions.queueing import queue

logger = logging.getLogger(__name__)


@shared_task
def score_attempt(attempt_id: int) -> None:
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        logger.warning("Attempt %s is gone, nothing to score.", attempt_id)
        return
    scoring.ensure_scored(attempt=attempt, now=timezone.now())
    answer_counts.count(attempt=attempt)


@shared_task
def apply_regrade(regrade_id: int) -> None:
    regrade = Regrade.objects.filter(pk=regrade_id).first()
    if regrade is None:
        logger.warning("Regrade %s is gone, nothing to do.", regrade_id)
        return
    regrading.apply(regrade=regrade, now=timezone.now())


@shared_task
def sweep_attempts() -> None:
    sweeping.sweep(now=timezone.now())


def queue_scoring(attempt: Attempt) -> None:
    """Ask for the attempt to be scored; call it after the commit. What cannot be queued is swept up."""
    queue(score_attempt, attempt.pk)


def queue_regrade(regrade: Regrade) -> None:
    """Ask for a regrade to reach the scores; call it after the commit."""
    queue(apply_regrade, regrade.pk)
