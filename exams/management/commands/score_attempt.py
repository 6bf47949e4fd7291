import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from exams import scoring
from exams.models import Attempt, Score


class Command(BaseCommand):
    help = "Recompute an attempt's score without writing, and say whether it equals what is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("attempt", type=UUID, metavar="UUID")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        attempt = Attempt.objects.filter(public_id=options["attempt"]).select_related("exam_form").first()
        if attempt is None:
            raise CommandError(f"There is no attempt {options['attempt']}.")
        if not attempt.is_finished:
            raise CommandError(f"The attempt is {attempt.status}; only a finished one has a score.")
        result = scoring.compute(attempt)
        score = Score.objects.filter(attempt=attempt).prefetch_related("domain_scores").first()
        equals = None if score is None else scoring.stored_result(score) == result
        if options["json"]:
            report = {"attempt": str(attempt.public_id), "algorithm": scoring.ALGORITHM, **asdict(result)}
            self.stdout.write(json.dumps({**report, "equals_stored": equals}, indent=1))
        else:
            verdict = {
                None: "nothing is stored yet",
                True: "equals what is stored",
                False: "DIFFERS from what is stored",
            }
            self.stdout.write(f"{result.raw} of {result.scored_count}, scaled {result.scaled}: {verdict[equals]}")
