from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string

from exams import bank_quality
from exams.shipped import BANK, current_outline, quotas_by_code
from questions import bank_format, bank_metrics

PAGE = settings.BASE_DIR / "docs/bank-quality.md"


class Command(BaseCommand):
    help = (
        "Write docs/bank-quality.md from the bank's files and audit records. --check only says whether it is current."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when the page is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        entries = [entry for path in bank_format.files_in([BANK]) for entry in bank_format.parse_file(path)[0]]
        outline = current_outline()
        quotas = quotas_by_code(outline)
        checked = bank_metrics.check(entries, quotas)
        page = render_to_string("exams/bank_quality.md", bank_quality.context(entries, checked, outline, quotas, BANK))
        if options["check"]:
            if PAGE.read_text(encoding="utf-8") != page:
                raise CommandError(f"{PAGE.name} is older than the bank; run `manage.py bank_report`.")
            return
        PAGE.write_text(page, encoding="utf-8")
        self.stdout.write(f"Wrote {PAGE.name} about {len(entries)} items.")
