"""Reports as files, made while nobody waits: asked for, made by a worker, fetched, forgotten after a day."""

from collections.abc import Callable
from datetime import datetime
from subprocess import SubprocessError

from django.db import transaction
from django.db.models import Exists, OuterRef

from exams import report_pdf, reports, scoring
from exams.models import Attempt, ReportFile


def of(attempt: Attempt) -> ReportFile | None:
    """None also for one that was asked for before an exam that now runs: it may hold keys that this exam asks for."""
    running = Attempt.objects.filter(user=attempt.user_id, started_at__gte=OuterRef("asked_at")).open()
    return ReportFile.objects.filter(~Exists(running), attempt=attempt).first()


@transaction.atomic
def ask(*, attempt: Attempt, now: datetime) -> tuple[ReportFile, bool]:
    """The file and whether it has to be made: asking twice does not make two."""
    Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    found = of(attempt)
    if found and found.is_awaited(now):
        return found, False
    file, _ = ReportFile.objects.update_or_create(
        attempt=attempt, defaults={"asked_at": now, "ended_at": None, "content": None}
    )
    return file, True


def make(*, file: ReportFile, clock: Callable[[], datetime]) -> None:
    """Make the file and store it, unless it was asked for anew meanwhile. Raises SubprocessError after storing that."""
    score = scoring.ensure_scored(attempt=file.attempt, now=clock())
    content = None
    try:
        if score is not None and report_pdf.is_available():
            content = report_pdf.pdf_of(reports.build(file.attempt, score))
    except SubprocessError:
        _end(file, None, clock())
        raise
    _end(file, content, clock())


def forget(*, now: datetime) -> int:
    """Delete files that are older than a day; returns how many."""
    count, _ = ReportFile.objects.stale(now).delete()
    return count


def _end(file: ReportFile, content: bytes | None, now: datetime) -> None:
    asked = ReportFile.objects.filter(pk=file.pk, asked_at=file.asked_at, ended_at__isnull=True)
    asked.update(content=content, ended_at=now)
