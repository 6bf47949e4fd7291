"""Celery's doors: ids in, one call each, safe to run twice, late or inline."""

import logging
from typing import Any

from celery import current_app, shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from exams import answer_counts, form_builds, regrading, scoring, sweeping
from exams.models import Attempt, FormBuild, Regrade

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
def apply_regrade(regrade_id: int) -> None:
    regrade = Regrade.objects.filter(pk=regrade_id).first()
    if regrade is None:
        logger.warning("Regrade %s is gone, nothing to do.", regrade_id)
        return
    regrading.apply(regrade=regrade, now=timezone.now())


@shared_task
def build_forms(build_id: int) -> None:
    build = FormBuild.objects.filter(pk=build_id).first()
    if build is None:
        logger.warning("Build %s is gone, nothing to do.", build_id)
        return
    form_builds.run(build=build, clock=timezone.now)


@shared_task
def sweep_attempts() -> None:
    now = timezone.now()
    sweeping.sweep(now=now)
    # Searches are queued, not run: nothing slow may keep overdue exams waiting.
    for build in form_builds.lost(now=now):
        queue_build(build)


def queue_scoring(attempt: Attempt) -> None:
    """Ask for the attempt to be scored; call it after the commit."""
    _queue(score_attempt, attempt.pk)


def queue_regrade(regrade: Regrade) -> None:
    """Ask for a regrade to reach the scores; call it after the commit."""
    _queue(apply_regrade, regrade.pk)


def queue_build(build: FormBuild) -> None:
    """Ask for parallel forms to be searched for; call it after the commit."""
    _queue(build_forms, build.pk)


def _queue(task: Any, pk: int) -> None:
    """What is queued is safe in the database: a broker that is down or silent is logged, and the sweep does the work.

    A connection of its own keeps the bound on waiting from the workers, whose reads block for longer on purpose.
    """
    try:
        with current_app.connection_for_write() as connection:
            connection.transport_options = {**(connection.transport_options or {}), "socket_timeout": QUEUEING_SECONDS}
            task.apply_async((pk,), connection=connection, retry=False)
    except OperationalError as error:
        logger.warning("%s of %s could not be queued: %s", task.name, pk, error)
