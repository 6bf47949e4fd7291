import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from questions import importing
from questions.importing import Fate, Plan
from questions.linting import Severity


class Command(BaseCommand):
    help = "Import bank files: all or nothing. --dry-run only says what would happen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = importing.plan(options["paths"])
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(plan), indent=1))
        else:
            self._print(plan)
        if plan.problems:
            raise CommandError(f"{len(plan.problems)} problem(s); nothing was changed.")
        if not options["dry_run"]:
            importing.apply(plan, by=None, now=timezone.now())

    def _print(self, plan: Plan) -> None:
        for problem in plan.problems:
            self.stderr.write(str(problem))
        for entry, finding in plan.findings:
            if finding.counts and finding.severity != Severity.INFORMATION:
                self.stdout.write(f"{entry.code}: {finding}")
        for fate in (Fate.NEW, Fate.CHANGED):
            for entry in plan.of(fate):
                self.stdout.write(f"{fate}: {entry.code}")
        self.stdout.write(", ".join(f"{len(plan.of(fate))} {fate}" for fate in Fate))


def _as_json(plan: Plan) -> dict[str, Any]:
    return {
        **{fate.value: [entry.code for entry in plan.of(fate)] for fate in Fate},
        "errors": [
            {"file": problem.file, "line": problem.line, "item": problem.item, "message": problem.message}
            for problem in plan.problems
        ],
        "findings": [{"item": entry.code, **asdict(finding)} for entry, finding in plan.findings],
    }
