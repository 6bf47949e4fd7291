"""The state of one item as its candidate leaves it: the answer and what is marked beside it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from accounts.models import User

MOST_NOTE_CHARACTERS = 2000
MOST_HIGHLIGHTS = 60
LONGEST_TEXT = 100_000
PARTS = ("stem", "exhibit")

# part of the item, first character, character behind the last
Highlight = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class ItemState:
    """What a save says of an item. `chosen` is a displayed place from 1; None of struck, note or highlights leaves
    what is stored, because the plain room has no such tools.

    `struck` holds displayed places in rising order, such as "24"; highlights neither overlap nor touch.
    """

    chosen: int | None
    flagged: bool
    struck: str | None = None
    note: str | None = None
    highlights: tuple[Highlight, ...] | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What it stores in a response, by the response's columns."""
        marks = {
            "struck": self.struck,
            "note": self.note,
            "highlights": None if self.highlights is None else [list(highlight) for highlight in self.highlights],
        }
        known = {name: value for name, value in marks.items() if value is not None}
        return {"chosen": self.chosen, "flagged": self.flagged, **known}

    @property
    def last_place(self) -> int:
        """The highest place that is named, 0 for none."""
        return max(self.chosen or 0, *map(int, self.struck or "0"))


@dataclass(frozen=True, slots=True)
class Operation:
    """One save as it arrived: `base` is the revision that the page knew, `op_id` the same in every retry."""

    user: User
    public_id: uuid.UUID
    position: int
    base: int
    op_id: uuid.UUID
    state: ItemState
    now: datetime


def highlights_from(value: Any) -> tuple[Highlight, ...]:
    """Check what a browser sent. Raises ValueError with the rule that is broken."""
    if not isinstance(value, list) or len(value) > MOST_HIGHLIGHTS:
        raise ValueError(f"Highlights must be a list of at most {MOST_HIGHLIGHTS}.")
    found = [_highlight(row) for row in value]
    for (part, _, end), (next_part, start, _) in pairwise(found):
        if PARTS.index(part) > PARTS.index(next_part) or (part == next_part and start <= end):
            raise ValueError("Highlights must be in order and apart.")
    return tuple(found)


def _highlight(row: Any) -> Highlight:
    match row:
        case [str(part), int(start), int(end)] if part in PARTS and 0 <= start < end <= LONGEST_TEXT:
            # JSON's true is an int in Python and none here.
            if not isinstance(start, bool) and not isinstance(end, bool):
                return part, start, end
    raise ValueError("A highlight is a part (stem or exhibit), its first character and the one behind its last.")


def struck_from(text: str) -> str:
    """Check struck places. Raises ValueError."""
    if list(text) != sorted(set(text)) or not set(text) <= set("12345678"):
        raise ValueError("Struck options are places from 1 to 8 in rising order, such as 24.")
    return text
