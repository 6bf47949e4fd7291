import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from questions import exporting


class Command(BaseCommand):
    help = "Print the bank as a bank file (YAML), or as JSON for programs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        rows_or_yaml = json.dumps(exporting.rows(), indent=1) if options["json"] else exporting.as_yaml()
        self.stdout.write(rows_or_yaml)
