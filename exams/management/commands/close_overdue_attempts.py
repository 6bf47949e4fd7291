from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from exams import sweeping


class Command(BaseCommand):
    help = "Close attempts past their deadline and grace, and score what is closed but unscored."

    def handle(self, *args: Any, **options: Any) -> None:
        closed, scored = sweeping.sweep(now=timezone.now(), everything=True)
        self.stdout.write(f"{closed} closed, {scored} scored")
