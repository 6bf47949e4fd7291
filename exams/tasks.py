"""Celery's doors: ids in, one call each, safe to run twice, late or inline."""

import logging

from celery import shared_task
from django.utils import timezone

from exams import answer_counts, forecasts, form_builds, regrading, report_files, scoring, sweeping
from exams.models import Attempt, FormBuild, Regrade, ReportFile
from questions.queueing import queue

logger = logging.getLogger(__name__)


@shared_task
def score_attempt(attempt_id: int) -> None:
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        logger.warning("Attempt %s is gone, nothing to score.", attempt_id)
        return
    score = scoring.ensure_scored(attempt=attempt, now=timezone.now())
    answer_counts.count(attempt=attempt)
    if score is not None:
        forecasts.after_mock(attempt=attempt, now=timezone.now())


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
def make_report_file(file_id: int) -> None:
    file = ReportFile.objects.filter(pk=file_id).select_related("attempt").first()
    if file is None:
        logger.warning("Report file %s is gone, nothing to make.", file_id)
        return
    report_files.make(file=file, clock=timezone.now)


@shared_task
def sweep_attempts() -> None:
    now = timezone.now()
    sweeping.sweep(now=now)
    # Searches are queued, not run: nothing slow may keep overdue exams waiting.
    for build in form_builds.lost(now=now):
        queue_build(build)


def queue_scoring(attempt: Attempt) -> None:
    """Ask for the attempt to be scored; call it after the commit. What cannot be queued is swept up."""
    queue(score_attempt, attempt.pk)


def queue_regrade(regrade: Regrade) -> None:
    """Ask for a regrade to reach the scores; call it after the commit."""
    queue(apply_regrade, regrade.pk)


def queue_build(build: FormBuild) -> None:
    """Ask for parallel forms to be searched for; call it after the commit."""
    queue(build_forms, build.pk)


def queue_report_file(file: ReportFile) -> None:
    """Ask for a report to be made into a file; call it after the commit."""
    queue(make_report_file, file.pk)
