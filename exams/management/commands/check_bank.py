import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exams.shipped import BANK, current_outline, quotas_by_code
from questions import bank_format, bank_metrics
from questions.bank_metrics import Checked, Metric
from questions.linting import Severity


class Command(BaseCommand):
    help = (
        "Check bank files against the writing rules and the bank's targets. Without FILES the bank that comes with "
        "the site. Fails on errors; warnings and missed targets are listed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILES", default=[BANK])
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--all", action="store_true", help="list information and waived findings as well")

    def handle(self, *args: Any, **options: Any) -> None:
        parsed = [bank_format.parse_file(path) for path in bank_format.files_in(options["files"])]
        entries = [entry for found, _ in parsed for entry in found]
        problems = [problem for _, bad in parsed for problem in bad]
        checked = bank_metrics.check(entries, quotas_by_code(current_outline()))
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(checked, [str(problem) for problem in problems]), indent=1))
        else:
            for problem in problems:
                self.stderr.write(str(problem))
            self._print(checked, with_all=options["all"])
        if not entries and not problems:
            raise CommandError("No bank file found; a folder must hold files such as IM-2.yaml.")
        if errors := checked.count(Severity.ERROR) + len(problems):
            raise CommandError(f"{errors} error(s) in {len(entries)} items.")

    def _print(self, checked: Checked, *, with_all: bool) -> None:
        for entry, finding in checked.findings:
            if with_all or (finding.counts and finding.severity != Severity.INFORMATION):
                self.stdout.write(f"{entry.file}:{entry.line}: {entry.code}: {finding}")
        for metric in checked.metrics:
            self.stdout.write(f"{_mark(metric):6} {metric.name}: {metric} of {metric.n}{_target(metric)}")
        self.stdout.write(", ".join(f"{checked.count(severity)} {severity}" for severity in Severity))


def _mark(metric: Metric) -> str:
    return {True: "met", False: "MISSED", None: ""}[metric.met]


def _target(metric: Metric) -> str:
    return f", target {metric.target}" if metric.target else ""


def _as_json(checked: Checked, problems: list[str]) -> dict[str, Any]:
    return {
        "problems": problems,
        "findings": [
            {"file": entry.file, "line": entry.line, "item": entry.code, **asdict(finding)}
            for entry, finding in checked.findings
        ],
        "near_duplicates": [asdict(alike) for alike in checked.likenesses],
        "metrics": [asdict(metric) for metric in checked.metrics],
        "counts": {severity.value: checked.count(severity) for severity in Severity},
    }
