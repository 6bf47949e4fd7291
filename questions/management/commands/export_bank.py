import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from accounts.models import Verb
from questions import exporting
from questions.exchange import formats


class Command(BaseCommand):
    help = (
        "Write the bank to FILE in one of the exchange formats, or print it as a bank file (YAML), or with --json "
        "for programs. Items that a format cannot carry are named with the reason."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--format", choices=formats.BY_CODE, default="yaml")
        parser.add_argument("--output", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["format"] in formats.BINARY and not (options["json"] or options["output"]):
            raise CommandError(f"The format {options['format']} is no text; name a file with --output.")
        detail = {"format": "json" if options["json"] else options["format"]}
        audit.record(verb=Verb.BANK_EXPORTED, by=None, target="item bank", detail=detail)
        if options["json"]:
            self.stdout.write(json.dumps(exporting.rows(), indent=1))
            return
        written = formats.write(exporting.entries(), formats.BY_CODE[options["format"]])
        for code, reason in written.left_out:
            self.stderr.write(f"{code} is left out: {reason}.")
        if options["output"]:
            options["output"].write_bytes(written.content)
            self.stdout.write(f"{written.count} items are in {options['output']}.")
        else:
            self.stdout.write(written.content.decode())
