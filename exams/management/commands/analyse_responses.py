import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exams import response_matrix
from exams.response_matrix import BadTable, Key, MatrixStatistics

CONVENTIONS = """
Classical item analysis of a table of answers. Needs no database.

ANSWERS  CSV in UTF-8 with the header person,q1,q2,... in the order in which the items were met. Cells: option letters
         or nothing with --key, else 1, 0 or nothing.
KEY      CSV with the header item,key or item,key,status; status is scored or pilot (empty: scored).

omitted      blank before a later answer: wrong, and in the item's n
not reached  blank to the end: 0 for the person, not in the item's n
p            right / n of the item
r_rest       correlation with the number right on the other scored items; for a pilot with all scored items
r_total      uncorrected: with all scored items, the item itself among them
d27          p of the highest less p of the lowest floor(0.27 n + 0.5) persons by rest score, ties in the file's order
options      A up to the last letter that was chosen or is the key; count, and as shares of 1 prop (of n), top27,
             bottom27; r_rest and mean_rest of those who chose it
mean, kr20   over scored items, all persons, what was not reached as wrong; variance over n; sem = sd sqrt(1 - kr20)
null         undefined: fewer than two persons or items, or no variance
flags        from n = 30: miskey (r_rest < 0 with its one-sided upper 90 % bound < 0.05, or a distractor that more of
             the top 27 % chose than the key), double-key (a distractor with r_rest > 0.05 and at least the key's share
             of the top 27 %), guessing-like (|r_rest| < 0.10 and 1 / options in the 95 % interval of p), often-omitted
             and often-not-reached (over 5 %); from n = 100: dead-distractor (chosen by under 2 %)
"""


class Command(BaseCommand):
    help = CONVENTIONS

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("answers", type=Path, metavar="ANSWERS.csv")
        parser.add_argument("--key", type=Path, metavar="KEY.csv")
        parser.add_argument("--json", action="store_true", help="everything, as JSON; else a table")

    def handle(self, *args: Any, **options: Any) -> None:
        found = response_matrix.analyse_matrix(_read(options["answers"], options["key"]))
        self.stdout.write(json.dumps(as_json(found), indent=1) if options["json"] else _as_table(found))


def _read(answers: Path, key: Path | None) -> response_matrix.Matrix:
    try:
        with answers.open(encoding="utf-8", newline="") as answers_file:
            if key is None:
                return response_matrix.read(answers_file, None)
            with key.open(encoding="utf-8", newline="") as key_file:
                return response_matrix.read(answers_file, key_file)
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
    except BadTable as error:
        raise CommandError(str(error)) from error


def as_json(found: MatrixStatistics) -> dict[str, Any]:
    head = {name: getattr(found, name) for name in ("n", "k", "mean", "kr20", "sem")}
    items = []
    for name, key, statistics in found.items:
        values = asdict(statistics)
        del values["right"]
        items.append({"item": name, "status": _status(key), **values})
    return {**head, "items": items}


def _as_table(found: MatrixStatistics) -> str:
    number = "{:.3f}".format
    lines = [
        f"{found.n} persons, {found.k} scored items; mean {_or_dash(found.mean, number)}, "
        f"KR-20 {_or_dash(found.kr20, number)}, SEM {_or_dash(found.sem, number)}",
        f"{'item':14} {'status':7} {'n':>6} {'omit':>5} {'n.r.':>5} {'p':>6} {'r_rest':>7} {'d27':>7}  flags",
    ]
    for name, key, item in found.items:
        figures = f"{_or_dash(item.p, number):>6} {_or_dash(item.r_rest, number):>7} {_or_dash(item.d27, number):>7}"
        counts = f"{item.n:6} {item.omitted:5} {item.not_reached:5}"
        lines.append(f"{name:14} {_status(key):7} {counts} {figures}  {', '.join(item.flags)}".rstrip())
    return "\n".join(lines)


def _or_dash(value: float | None, number: Any) -> str:
    return "–" if value is None else number(value)


def _status(key: Key) -> str:
    return response_matrix.SCORED if key.is_scored else response_matrix.PILOT
