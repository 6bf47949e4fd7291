from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date

from exams import ledger_archive


class Command(BaseCommand):
    help = "Move the ledgers of exams long over into a file, or back: archive_ledgers --before 2026-01-01 --to FOLDER"

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--before", metavar="DATE", help="of exams that ended before this day (UTC)")
        what.add_argument("--back", metavar="FILE", type=Path, help="bring an archive's ledgers back")
        parser.add_argument("--to", metavar="FOLDER", type=Path, default=Path())

    def handle(self, *args: Any, before: str | None, back: Path | None, to: Path, **options: Any) -> None:
        try:
            if back:
                moved = ledger_archive.bring_back(file=back)
                self.stdout.write(f"{moved.entries} entries of {moved.attempts} exams are back.")
                return
            moved = ledger_archive.archive(before=_moment(before or ""), folder=_folder(to), now=timezone.now())
        except ledger_archive.NoArchive as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{moved.entries} entries of {moved.attempts} exams are in {moved.file}."
            if moved.file
            else f"No ledger of an exam that ended before {before} is left in the database."
        )


def _moment(text: str) -> datetime:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"--before {text} is no day; write it as 2026-01-31.")
    return datetime.combine(day, time.min, UTC)


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise CommandError(f"There is no folder {path}; make it first or name another with --to.")
    return path
