"""Answers that were changed during an exam, from the ledger: first choice against last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Changes:
    """How many items ended on another option than was chosen first; taking an answer back counts as wrong."""

    wrong_to_right: int
    right_to_wrong: int
    wrong_to_wrong: int

    @property
    def count(self) -> int:
        return self.wrong_to_right + self.right_to_wrong + self.wrong_to_wrong

    @property
    def gain(self) -> int:
        return self.wrong_to_right - self.right_to_wrong


def changes_of(saves: Iterable[tuple[int, int | None]], key_places: Mapping[int, int]) -> Changes:
    """From (position, chosen place) of every accepted save in order, and the place of each item's key.

    Positions without a key place are left out: they may not be spoken of now.
    """
    first: dict[int, int] = {}
    last: dict[int, int | None] = {}
    for position, chosen in saves:
        if chosen is not None:
            first.setdefault(position, chosen)
        last[position] = chosen
    moves = [
        (first[position] == key_places[position], last[position] == key_places[position])
        for position in first
        if position in key_places and first[position] != last[position]
    ]
    return Changes(
        wrong_to_right=moves.count((False, True)),
        right_to_wrong=moves.count((True, False)),
        wrong_to_wrong=moves.count((False, False)),
    )
