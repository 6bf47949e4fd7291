from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from ciip_site.backups import taking
from ciip_site.backups.problem import BackupProblem


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("must be a whole number, at least 1")
    return int(text)


class Command(BaseCommand):
    help = "Back up the database, and the key of an embedded site, into one archive while the site runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=settings.VAR_DIR / "backups", metavar="FOLDER")
        parser.add_argument("--keep", type=at_least_one, metavar="N", help="delete all but the N newest archives there")
        parser.add_argument("--verify", action="store_true", help="restore it into an empty place and compare the rows")

    def handle(self, *args: Any, to: Path, keep: int | None, verify: bool, **options: Any) -> None:
        place = taking.Place.of(connection.settings_dict, settings.VAR_DIR)
        try:
            path = taking.take(place, folder=to, verify=verify, now=timezone.now())
            old = taking.prune(to, keep=keep) if keep else []
            # What the page of health and the alerts look at.
            settings.BACKUP_MARKER.parent.mkdir(parents=True, exist_ok=True)
            settings.BACKUP_MARKER.touch()
        except BackupProblem as problem:
            raise CommandError(f"No backup was taken. {problem}") from problem
        except OSError as error:
            raise CommandError(f"No backup was taken: {error}") from error
        self.stdout.write(f"{path}: {path.stat().st_size} bytes{', restored for a trial' if verify else ''}")
        if old:
            self.stdout.write(f"Deleted: {', '.join(file.name for file in old)}")
