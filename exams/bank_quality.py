"""The record of how the bank was checked, read back and summed up for docs/bank-quality.md."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exams.intervals import Interval, wilson
from questions import bank_yaml
from questions.bank_format import Entry
from questions.bank_metrics import Checked
from questions.models import ItemStatus

# Rounds of blind solving, by file: one line an item, with the answer given and the key as it then stood.
SOLVES = {
    "blind-solve-1": "blind solve, first solver, before any repair",
    "blind-solve-2": "blind solve, second solver, before any repair",
    "blind-solve-again": "blind solve of what was changed afterwards",
}
OPTIONS_ONLY = "options-only"
ALL_SHUFFLES = 3


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of `n` answers were right, and in which share that leaves the truth, 95 %."""

    name: str
    right: int
    n: int

    @property
    def percent(self) -> str:
        return f"{100 * self.right / self.n:.1f}" if self.n else "–"

    @property
    def interval(self) -> Interval:
        return wilson(self.right, self.n)


@dataclass(frozen=True, slots=True)
class DomainRow:
    name: str
    weight: int
    operational: int
    pilot: int
    sample: int
    wanted_operational: int
    wanted_pilot: int


def context(
    entries: Sequence[Entry],
    checked: Checked,
    outline: Mapping[str, Any],
    quotas: Mapping[tuple[str, bool], int],
    folder: Path,
) -> dict[str, Any]:
    """All that the page says, from the bank's files, its ledger and its audit records below `folder`."""
    audit = {path.stem: _rows(path) for path in sorted((folder / "audit").glob("*.jsonl"))}
    ledger = bank_yaml.read(folder / "ledger.yaml")
    solved = Counter(code for stem in SOLVES for code in {row["id"] for row in audit.get(stem, [])})
    fact_checked = {row["id"] for row in audit["fact-check"]}
    dates = sorted(r["checked"] for entry in entries for r in entry.content.references if r.get("checked"))
    return {
        "entries": entries,
        "statuses": Counter(entry.status for entry in entries),
        "domains": _domains(entries, outline, quotas),
        "metrics": [metric for metric in checked.metrics if metric.target],
        "cues": [metric for metric in checked.metrics if not metric.target],
        "likenesses": checked.likenesses,
        "waived": [(entry, finding) for entry, finding in checked.findings if finding.waived],
        "solves": [_agreement(name, audit[stem]) for stem, name in SOLVES.items() if audit.get(stem)],
        "options_only": _agreement("options only", audit.get(OPTIONS_ONLY, [])),
        "always_guessed": _always_guessed(audit.get(OPTIONS_ONLY, [])),
        "seeded": Agreement(
            "planted errors",
            sum(row["verdict"] != "ok" for row in audit["seeded-errors"]),
            len(audit["seeded-errors"]),
        ),
        "verdicts": Counter(row["verdict"] for row in audit["fact-check"]).most_common(),
        "fact_checked": len(fact_checked),
        # What still waits for others' eyes is said as plainly as what was found.
        "solved_by_none": sum(not solved[entry.code] for entry in entries),
        "solved_by_one": sum(solved[entry.code] == 1 for entry in entries),
        "not_fact_checked": sum(entry.code not in fact_checked for entry in entries),
        "settled": Counter(row["verdict"] for row in audit["settled"]).most_common(),
        "settled_count": len(audit["settled"]),
        "points": len(ledger),
        "tasks": len({point["task"] for point in ledger}),
        "topics": len({point["topic"] for point in ledger}),
        "oldest_opened": dates[0] if dates else None,
        "newest_opened": dates[-1] if dates else None,
    }


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _agreement(name: str, rows: Sequence[Mapping[str, Any]]) -> Agreement:
    return Agreement(name, sum(row["answer"] == row["key"] for row in rows), len(rows))


def _always_guessed(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Items whose key was found without the stem under every one of three shuffles."""
    right = Counter(row["id"] for row in rows if row["answer"] == row["key"])
    return sorted(code for code, count in right.items() if count >= ALL_SHUFFLES)


def _domains(
    entries: Sequence[Entry], outline: Mapping[str, Any], quotas: Mapping[tuple[str, bool], int]
) -> list[DomainRow]:
    counts = Counter((entry.code.split("-")[0], entry.status) for entry in entries)
    return [
        DomainRow(
            name=domain["name"],
            weight=domain["weight"],
            operational=counts[domain["code"], ItemStatus.OPERATIONAL],
            pilot=counts[domain["code"], ItemStatus.PILOT],
            sample=counts[domain["code"], ItemStatus.SAMPLE],
            wanted_operational=quotas[domain["code"], True],
            wanted_pilot=quotas[domain["code"], False],
        )
        for domain in outline["domains"]
    ]
