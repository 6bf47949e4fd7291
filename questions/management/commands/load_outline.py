from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions import outlines


class Command(BaseCommand):
    help = "Create or update content outlines from their files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["paths"]:
            try:
                self.stdout.write(f"Outline {outlines.load(path)}")
            except outlines.BadOutline as error:
                raise CommandError(str(error)) from error
