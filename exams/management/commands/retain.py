from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from exams.privacy import retention


class Command(BaseCommand):
    help = "Let go of what the retention settings no longer keep: what beat does each hour."

    def handle(self, *args: Any, **options: Any) -> None:
        done = retention.retain(now=timezone.now())
        self.stdout.write(
            f"{done.ledger_entries} ledger entries and {done.files} export files deleted, "
            f"{done.warned} people warned, {done.erased} erased"
        )
