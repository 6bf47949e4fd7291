"""docs/security.md names code and tests that exist, has each requirement once, and counts right."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.test_incidents_document import names_in

ROW = re.compile(r"\| (\d+\.\d+\.\d+) \| ([^|]+) \| (met|not met|not applicable) \| (.+) \|")
CHAPTER = re.compile(r"## (V\d+ .+)")
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")
FILE = re.compile(r"`((?:accounts|ciip_site|deploy|docs|exams|questions|requirements|scripts|static)/[\w./-]+)`")
STATES = ("met", "not met", "not applicable")


@pytest.fixture(scope="module")
def text() -> str:
    return (Path(__file__).parent.parent / "docs/security.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists(text: str, root: Path) -> None:
    missing = [
        f"{path}::{name}"
        for path, name in TEST.findall(text)
        if not (root / path).is_file() or (name and name not in names_in(root / path))
    ]

    assert len(TEST.findall(text)) > 100
    assert missing == []


def test_every_file_that_is_named_exists(text: str, root: Path) -> None:
    assert [path for path in FILE.findall(text) if not (root / path).exists()] == []


def test_each_requirement_has_one_row_in_order(text: str) -> None:
    numbers = [tuple(map(int, match[1].split("."))) for match in ROW.finditer(text)]

    assert len(numbers) == len(re.findall(r"^\| \d+\.\d+\.\d+ \|", text, re.M))
    assert numbers == sorted(set(numbers))


def test_figures_are_those_of_the_rows(text: str) -> None:
    counted: dict[str, Counter[str]] = {}
    counts: Counter[str] = Counter()
    for line in text.splitlines():
        if chapter := CHAPTER.fullmatch(line):
            counted[chapter[1]] = counts = Counter()
        elif row := ROW.fullmatch(line):
            counts[row[3]] += 1
    told = dict(re.findall(r"^\| (V\d+ [^|]+) \| (\d+ \| \d+ \| \d+) \|$", text, re.M))
    totals = [sum(counts[state] for counts in counted.values()) for state in STATES]

    assert told == {name: " | ".join(str(counts[state]) for state in STATES) for name, counts in counted.items()}
    assert f"| **all {sum(totals)}** | " + " | ".join(f"**{total}**" for total in totals) in text
