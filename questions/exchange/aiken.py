"""Aiken: stem, lettered options and the key, nothing else (docs.moodle.org, "Aiken format").

Read with its common oddities: `A)` beside `A.`, small letters, several lines of stem, Windows' line ends.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from questions.bank_format import OPTION_IDS
from questions.exchange.found import CannotCarry, Reading, Unreadable, with_key
from questions.exchange.text import decode

OPTION = re.compile(r"^\s*([A-Za-z])[.)]\s+(\S.*)$")
ANSWER = re.compile(r"^\s*ANSWER\s*:\s*(\S+)\s*$", re.IGNORECASE)


def read(data: bytes, name: str) -> Reading:
    reading = Reading()
    lines: list[str] = []
    start = 0
    for number, line in enumerate(decode(data).split("\n"), start=1):
        if not lines and not line.strip():
            continue
        start = start if lines else number
        lines.append(line)
        if ANSWER.match(line):
            question, first = lines, start
            reading.take(name, first, lambda: _fields(question, first))  # noqa: B023  called at once
            lines = []
    if any(line.strip() for line in lines):
        reading.take(name, start, lambda: _fields(lines, start))
    return reading


def _fields(lines: list[str], first: int) -> dict[str, Any]:
    answer = ANSWER.match(lines[-1])
    if answer is None:
        raise Unreadable("The question that starts here has no line 'ANSWER: A' after its options.")
    stem: list[str] = []
    options: list[str] = []
    for number, line in enumerate(lines[:-1], start=first):
        option = OPTION.match(line)
        if option and option[1].upper() == chr(ord("A") + len(options)):
            options.append(option[2].strip())
        elif options and line.strip():
            raise Unreadable(
                f"Between the options stands {line.strip()[:60]!r}; options are single lines, A. B. C. in order.",
                number,
            )
        elif line.strip():
            stem.append(line.strip())
    if not stem or not options:
        raise Unreadable("A question needs a stem, options such as 'A. text' and 'ANSWER: A', in this order.")
    letter = answer[1].rstrip(".)").upper()
    answers = [(text, "", chr(ord("A") + place) == letter) for place, text in enumerate(options)]
    if letter not in {chr(ord("A") + place) for place in range(len(options))}:
        raise Unreadable(f"ANSWER is {answer[1]!r}, which is none of the options.", first + len(lines) - 1)
    return {"stem": "\n".join(stem), **with_key(answers)}


def write(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return "\n\n".join(_block(entry) for entry in entries).encode() + b"\n"


def must_carry(entry: Mapping[str, Any]) -> None:
    """Raises CannotCarry for what would be another question without its lost part."""
    if entry.get("exhibit"):
        raise CannotCarry("it has an exhibit")
    if any(OPTION.match(line) or ANSWER.match(line) for line in entry["stem"].splitlines()):
        raise CannotCarry("a line of its stem looks like an option")
    if any(not line.strip() for line in entry["stem"].splitlines()):
        raise CannotCarry("its stem has several paragraphs")
    if any("\n" in option["text"] for option in entry["options"]):
        raise CannotCarry("an option has several lines")


def _block(entry: Mapping[str, Any]) -> str:
    letters = OPTION_IDS.upper()
    options = [f"{letters[place]}. {option['text']}" for place, option in enumerate(entry["options"])]
    return "\n".join([entry["stem"], *options, f"ANSWER: {entry['key'].upper()}"])
