"""The bank's own YAML as one of the formats."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from questions import bank_yaml
from questions.bank_format import Problem
from questions.exchange.found import Found, Reading, Unreadable
from questions.exchange.text import decode


def read(data: bytes, name: str) -> Reading:
    try:
        rows = bank_yaml.parse(decode(data))
    except bank_yaml.BadYaml as error:
        raise Unreadable(error.message, error.line) from error
    if not isinstance(rows, list) or not rows:
        raise Unreadable("The file must hold a list of items, each starting with '- id: …'.", 1)
    reading = Reading()
    for number, row in enumerate(rows, start=1):
        if isinstance(row, bank_yaml.Located):
            reading.found.append(Found(name, row.line, row))
        else:
            message = f"Entry {number} is not an item; write its fields as 'name: value'."
            reading.problems.append(Problem(name, 1, "", message))
    return reading


def write(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return yaml.safe_dump(list(entries), sort_keys=False, allow_unicode=True, width=110).encode()


def must_carry(entry: Mapping[str, Any]) -> None:
    """Everything has its place."""
