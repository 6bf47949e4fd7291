import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from ciip_site.backups import contents, taking
from ciip_site.backups.problem import BackupProblem


class Command(BaseCommand):
    help = "Put a backup back, after checking all of it; stop the site first."
    # The checks ask the database, which may be empty.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="lose what the database holds now")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        place = taking.Place.of(connection.settings_dict, settings.VAR_DIR)
        connection.close()
        try:
            with tempfile.TemporaryDirectory(prefix="ciip-restore-") as directory:
                manifest = taking.put_back(place, file, replace=replace, directory=Path(directory))
            different = contents.differences(manifest.contents, place.database.contents())
        except BackupProblem as problem:
            raise CommandError(f"Nothing was restored. {problem}") from problem
        if different:
            raise CommandError("Restored, but since then somebody has written:\n  " + "\n  ".join(different))
        rows = sum(manifest.contents.rows.values())
        self.stdout.write(f"Restored the backup of {manifest.taken_at}: {rows} rows. Now run manage.py migrate.")
        if taking.KEY_PART not in manifest.digests and manifest.key_mark != taking.key_mark():
            self.stdout.write(
                "It was taken under another SECRET_KEY: until that is set, or listed in SECRET_KEY_FALLBACKS, "
                "authenticator apps and receipts of its time are not accepted."
            )
