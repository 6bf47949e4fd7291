"""A person's copy of everything, from the asking to the file's end. Files have random names and one reader."""

import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.models import User
from exams.models import Attempt, ExportState, PersonalExport
from exams.privacy import copying

# A file that no row names, and that nobody can be writing any more.
ORPHAN_AGE = timedelta(hours=1)


def directory() -> Path:
    """Outside of what any web server hands out, and readable by the site alone."""
    path = Path(settings.VAR_DIR) / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def file_of(export: PersonalExport) -> Path:
    return directory() / export.file_name


def ask(*, user: User, now: datetime) -> tuple[PersonalExport, bool]:
    """The person's export, and whether it is to be built: one that is under way goes on, any other is replaced.

    The person's row is locked, so that of two who ask one is heard.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        held = PersonalExport.objects.filter(user=user).first()
        if held and held.is_under_way(now):
            return held, False
        if held:
            discard(held)
        name = f"{secrets.token_urlsafe(32)}.zip"
        return PersonalExport.objects.create(user=user, asked_at=now, heard_at=now, file_name=name), True


def run(*, export: PersonalExport, clock: Callable[[], datetime]) -> None:
    """Build the file. Of several runners one claims the export; one that is gone by the end leaves no file behind.

    A fault is stored, so that the page can say so, and raised all the same.
    """
    waiting = PersonalExport.objects.filter(pk=export.pk, state=ExportState.WAITING)
    if not waiting.update(state=ExportState.RUNNING, heard_at=clock()):
        return
    running = PersonalExport.objects.filter(pk=export.pk, state=ExportState.RUNNING)

    def tell(done: int, total: int) -> None:
        running.update(done=done, total=total, heard_at=clock())

    try:
        _build(export, tell, clock())
    except Exception:
        file_of(export).unlink(missing_ok=True)
        running.update(state=ExportState.FAILED)
        raise
    now = clock()
    expires_at = now + timedelta(days=settings.RETAIN_EXPORT_DAYS)
    size = file_of(export).stat().st_size
    if not running.update(state=ExportState.READY, heard_at=now, expires_at=expires_at, size=size):
        file_of(export).unlink(missing_ok=True)


def _build(export: PersonalExport, tell: Callable[[int, int], None], now: datetime) -> None:
    path = file_of(export)
    # Made here with these rights, so that nobody else on the server can read it even while it grows.
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    copying.write(user=export.user, path=path, now=now, tell=tell)


def is_closed_by_an_exam(export: PersonalExport) -> bool:
    """Whether an exam began after the export was asked for: it may hold answers that this exam asks for."""
    return Attempt.objects.of(export.user).open().filter(started_at__gte=export.asked_at).exists()


def discard(export: PersonalExport) -> None:
    """The row now, its file when that is certain."""
    path = file_of(export)
    export.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def sweep(*, now: datetime) -> int:
    """Remove what has expired, and files that a crash left behind; how many files."""
    count = 0
    for export in PersonalExport.objects.expired(now):
        discard(export)
        count += 1
    named = set(PersonalExport.objects.values_list("file_name", flat=True))
    for path in directory().iterdir():
        if path.name not in named and now.timestamp() - path.stat().st_mtime > ORPHAN_AGE.total_seconds():
            path.unlink(missing_ok=True)
            count += 1
    return count
