"""From what a file tells to a plan: gaps filled from the bank or from what the person chose, then checked as any entry.

Somebody who brings a file through the site writes drafts: statuses, sets and enemies of items in the bank stay.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from questions import bank_format, exporting, importing
from questions.bank_format import Entry, Problem
from questions.bank_yaml import Located
from questions.exchange import markup
from questions.exchange.formats import Format
from questions.exchange.found import Found, Reading, Unreadable
from questions.models import Cognitive, Item, ItemStatus

# What a file may not change for an item that is in the bank already, nor take over from it.
OF_THE_BANK = ("status", "matched_set", "enemies", "waivers")


@dataclass(frozen=True)
class Defaults:
    """For questions of which the file does not tell. `task` is a code such as IM-2, or empty."""

    task: str = ""
    cognitive: str = Cognitive.APPLICATION


def plan(data: bytes, name: str, one: Format, defaults: Defaults) -> importing.Plan:
    """What bringing this file in would do. Nothing is written."""
    try:
        reading = one.read(data, name)
    except Unreadable as error:
        reading = Reading(problems=[Problem(name, error.line, "", error.message)])
    if not reading.found and not reading.problems:
        reading.problems.append(Problem(name, 0, "", f"No question was found; is the file {one.name}?"))
    bank = _Bank.load()
    entries: list[Entry] = []
    problems = list(reading.problems)
    for found in reading.found:
        entry = _entry(found, bank, defaults)
        if isinstance(entry, Problem):
            problems.append(entry)
        else:
            entries.append(entry)
    return importing.plan_entries(entries, problems, as_drafts=True)


@dataclass
class _Bank:
    """The bank's entries by code, and their codes by the question that they ask."""

    entries: Mapping[str, dict[str, Any]]
    codes: Mapping[tuple[str, ...], str]
    highest: Counter[str] = field(default_factory=Counter)

    @classmethod
    def load(cls) -> "_Bank":
        entries = {entry["id"]: entry for entry in exporting.entries()}
        codes = {_question(entry): code for code, entry in entries.items()}
        bank = cls(entries, codes)
        for code in Item.objects.values_list("code", flat=True):
            domain, _, number = code.partition("-")
            bank.highest[domain] = max(bank.highest[domain], int(number))
        return bank

    def next_code(self, task: str) -> str:
        domain = task.partition("-")[0]
        self.highest[domain] += 1
        return f"{domain}-{self.highest[domain]:04d}"


def _question(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Stem and options without regard to case and space: files without ids are known again by it."""
    texts = [fields.get("stem", ""), *(option.get("text", "") for option in fields.get("options", ()))]
    return tuple(" ".join(str(text).split()).casefold() for text in texts)


def _entry(found: Found, bank: _Bank, defaults: Defaults) -> Entry | Problem:
    said = dict(found.fields)
    exhibit = said.get("exhibit")
    if isinstance(exhibit, Mapping) and "file" in exhibit:
        message = "Beside an uploaded file there is no other; write the exhibit's body into it."
        return Problem(found.file, found.line, str(said.get("id", "")), message)
    code = str(said.get("id", "")) or bank.codes.get(_question(said), "")
    known = bank.entries.get(code)
    fields = _of_known(said, known) if known else _of_new(said, defaults)
    if not code and not re.match(r"^[A-Z]{2,8}-\d+$", str(fields.get("task", ""))):
        return Problem(found.file, found.line, "", "The file names no task for this question; choose one for such.")
    fields["id"] = code or bank.next_code(str(fields["task"]))
    return bank_format.read_entry(_located(found, fields), Path(found.file))


def _of_known(said: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What the file tells, over what the bank has; the version is the file's alone: what it was built on."""
    kept = {name: value for name, value in known.items() if name != "version"}
    fields = kept | {name: value for name, value in said.items() if name not in OF_THE_BANK}
    if said.get("exhibit") and known.get("exhibit"):
        fields["exhibit"] = _same_exhibit(said["exhibit"], known["exhibit"])
    if "options" in said:
        fields["options"] = _with_rationales(said["options"], known["options"])
    return fields


def _same_exhibit(said: Any, known: Mapping[str, str]) -> Any:
    """What the bank has, where the file shows the same in a format that drops padding or alternative texts."""
    if not isinstance(said, Mapping) or said.get("alt") or said.get("title") != known["title"]:
        return said
    bodies = [str(exhibit.get("body", exhibit.get("data", ""))) for exhibit in (said, known)]
    if said.get("kind") == known["kind"] == "table":
        bodies = [str(markup.cells_of(body)) for body in bodies]
    return known if bodies[0] == bodies[1] else said


def _with_rationales(said: Any, known: Iterable[Mapping[str, str]]) -> Any:
    """Options without rationales, as Aiken has them, keep those that the bank has for the same texts."""
    if not isinstance(said, list) or any(isinstance(option, Mapping) and option.get("rationale") for option in said):
        return said
    rationales = {option["text"]: option["rationale"] for option in known}
    return [{**option, "rationale": rationales.get(option.get("text"), "")} for option in said]


def _of_new(said: Mapping[str, Any], defaults: Defaults) -> dict[str, Any]:
    filled = {"task": defaults.task, "cognitive": defaults.cognitive}
    return {**filled, **{name: value for name, value in said.items() if value}, "status": ItemStatus.DRAFT}


def _located(found: Found, fields: dict[str, Any]) -> Located:
    located = Located.at(found.line, fields)
    if isinstance(found.fields, Located):
        located.lines |= {name: line for name, line in found.fields.lines.items() if name in fields}
    return located
