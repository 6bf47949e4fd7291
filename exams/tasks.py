"""Celery's doors: ids in, one call each, safe to run twice, late or inline."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts.models import MailKind
from accounts.queueing import queue
from exams import answer_counts, forecasts, form_builds, regrading, reminders, report_files, scoring, sweeping
from exams.models import Attempt, FormBuild, PersonalExport, Regrade, ReportFile, Score
from exams.privacy import exports, retention

logger = logging.getLogger(__name__)


@shared_task
def score_attempt(attempt_id: int) -> None:
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        logger.warning("Attempt %s is gone, nothing to score.", attempt_id)
        return
    scoring.ensure_scored(attempt=attempt, now=timezone.now())
    # At a common deadline everybody's score comes before anybody's statistics; what cannot be queued is swept up.
    queue(learn_from_attempt, attempt.pk)


@shared_task
def learn_from_attempt(attempt_id: int) -> None:
    """Count its answers for the items' statistics, and forecast from it."""
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        logger.warning("Attempt %s is gone, nothing to learn.", attempt_id)
        return
    answer_counts.count(attempt=attempt)
    if Score.objects.filter(attempt=attempt).exists():
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
def sweep_attempts(*, everything: bool = False) -> None:
    now = timezone.now()
    sweeping.sweep(now=now, everything=everything)
    # Searches are queued, not run: nothing slow may keep overdue exams waiting.
    for build in form_builds.lost(now=now):
        queue_build(build)


@shared_task
def remind_people() -> None:
    """Queued one by one: a mail server that hangs over one mail keeps nobody else's."""
    for reminder in reminders.waiting(now=timezone.now()):
        queue(remind, reminder.user_id, reminder.kind, reminder.period)


@shared_task
def remind(user_id: int, kind: str, period: str) -> None:
    reminders.send(reminder=reminders.Reminder(user_id, MailKind(kind), period), now=timezone.now())


@shared_task
def export_person(export_id: int) -> None:
    export = PersonalExport.objects.filter(pk=export_id).select_related("user").first()
    if export is None:
        logger.warning("Export %s is gone, nothing to do.", export_id)
        return
    exports.run(export=export, clock=timezone.now)


@shared_task
def retain() -> None:
    retention.retain(now=timezone.now())


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


def queue_export(export: PersonalExport) -> bool:
    """Ask for a person's copy of everything; call it after the commit."""
    return queue(export_person, export.pk)
