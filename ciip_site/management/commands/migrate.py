from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import OperationalError, connections

LOCK_NOT_AVAILABLE = "55P03"


class Command(MigrateCommand):
    """Django's own, which on PostgreSQL gives up where it would keep candidates waiting.

    A migration that waits for a table makes everybody wait who comes after it.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{settings.MIGRATE_LOCK_SECONDS}s"])
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            raise CommandError(
                f"Somebody held a table for {settings.MIGRATE_LOCK_SECONDS} seconds (MIGRATE_LOCK_SECONDS). "
                "The migration that needed it was undone as a whole; run migrate again, best between exams."
            ) from error
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
