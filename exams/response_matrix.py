"""Statistics of any test from a table of answers: everybody sat the same items, in the order of the columns.

Blank before a later answer is omitted: wrong, and counted. Blank to the end is not reached: 0 for the person, but the
item's own n leaves it out. Totals, KR-20 and SEM are over scored items, with variance over n (Kuder & Richardson 1937).
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TextIO

from exams.item_analysis import OMITTED, Cell, ItemStatistics, analyse

SCORED, PILOT = "scored", "pilot"
RIGHT, WRONG = "1", "0"
_LETTER = re.compile(r"[A-Z]")


class BadTable(Exception):
    """A file cannot be read as what it should be; the message names line and column and how to mend it."""


@dataclass(frozen=True, slots=True)
class Key:
    """The right answer of an item, and whether it counts."""

    answer: str
    is_scored: bool = True


@dataclass(frozen=True)
class Matrix:
    """Answers of each person, in the order of `items`; a row of letters, or of 1 and 0 when there is no key."""

    items: tuple[str, ...]
    keys: tuple[Key, ...]
    rows: tuple[tuple[str, ...], ...]
    has_letters: bool


@dataclass(frozen=True)
class MatrixStatistics:
    """`n` persons on `k` scored items; `mean`, `kr20` and `sem` in items right, None where undefined."""

    n: int
    k: int
    mean: float | None
    kr20: float | None
    sem: float | None
    items: tuple[tuple[str, Key, ItemStatistics], ...]


# --- Files ----------------------------------------------------------------------------------------------------------


def read(answers: TextIO, key: TextIO | None) -> Matrix:
    """The answers and, if there is one, the key. Raises BadTable."""
    lines = _lines(answers, "ANSWERS")
    _, header = next(lines, (0, []))
    items = tuple(header[1:])
    if not header or header[0].lower() != "person" or not items:
        raise BadTable("ANSWERS, line 1: the header must be person,q1,q2,… with at least one item.")
    for column, item in enumerate(items, start=2):
        if not item or item in items[: column - 2]:
            raise BadTable(f"ANSWERS, line 1, column {column}: item name {item!r} is empty or stands there twice.")
    keys = _keys(key, items) if key else tuple(Key(RIGHT) for _ in items)
    return Matrix(items, keys, tuple(_rows(lines, header, has_letters=key is not None)), has_letters=key is not None)


def _rows(lines: Iterator[tuple[int, list[str]]], header: list[str], *, has_letters: bool) -> Iterator[tuple[str, ...]]:
    seen: dict[str, int] = {}
    for number, cells in lines:
        if len(cells) != len(header):
            raise BadTable(f"ANSWERS, line {number}: {len(cells)} cells where the header has {len(header)}.")
        if (first := seen.setdefault(cells[0], number)) != number:
            raise BadTable(f"ANSWERS, line {number}, column 1: person {cells[0]!r} stands in line {first} already.")
        row = tuple(cell.upper() for cell in cells[1:])
        for column, cell in enumerate(row, start=2):
            if cell and not (_LETTER.fullmatch(cell) if has_letters else cell in (RIGHT, WRONG)):
                wanted = "an option letter or nothing" if has_letters else "1, 0 or nothing (letters need --key)"
                raise BadTable(
                    f"ANSWERS, line {number}, column {column} ({header[column - 1]}): {cell[:20]!r} is not {wanted}."
                )
        yield row


def _keys(file: TextIO, items: Sequence[str]) -> tuple[Key, ...]:
    lines = _lines(file, "KEY")
    _, header = next(lines, (0, []))
    if [name.lower() for name in header] not in (["item", "key"], ["item", "key", "status"]):
        raise BadTable("KEY, line 1: the header must be item,key or item,key,status.")
    found: dict[str, Key] = {}
    for number, cells in lines:
        if len(cells) != len(header):
            raise BadTable(f"KEY, line {number}: {len(cells)} cells where the header has {len(header)}.")
        item, answer, status = cells[0], cells[1].upper(), (cells[2].lower() or SCORED) if len(cells) == 3 else SCORED
        if item not in items:
            raise BadTable(f"KEY, line {number}, column 1: item {item!r} is no column of ANSWERS.")
        if item in found:
            raise BadTable(f"KEY, line {number}, column 1: item {item!r} has a key already.")
        if not _LETTER.fullmatch(answer):
            raise BadTable(f"KEY, line {number}, column 2: {answer[:20]!r} is not one option letter.")
        if status not in (SCORED, PILOT):
            raise BadTable(f"KEY, line {number}, column 3: {status[:20]!r} is not scored or pilot.")
        found[item] = Key(answer, is_scored=status == SCORED)
    for column, item in enumerate(items, start=2):
        if item not in found:
            raise BadTable(f"KEY has no line for item {item!r} (ANSWERS, line 1, column {column}).")
    return tuple(found[item] for item in items)


def _lines(file: TextIO, name: str) -> Iterator[tuple[int, list[str]]]:
    """Lines with their numbers, without empty ones; cells without blanks around them."""
    reader = csv.reader(file, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip().removeprefix("\ufeff") for cell in cells]
    except csv.Error as error:
        raise BadTable(f"{name}, line {reader.line_num}: no CSV ({error}).") from error
    except UnicodeDecodeError as error:
        where = f"{name}, after line {reader.line_num}"
        raise BadTable(f"{where}: no UTF-8 (byte {error.object[error.start]:#04x}); save the file as UTF-8.") from error


# --- Statistics -----------------------------------------------------------------------------------------------------


def analyse_matrix(matrix: Matrix) -> MatrixStatistics:
    scored = [place for place, key in enumerate(matrix.keys) if key.is_scored]
    reached = [_reached(row) for row in matrix.rows]
    right = [[answer == key.answer for answer, key in zip(row, matrix.keys, strict=True)] for row in matrix.rows]
    totals = [sum(marks[place] for place in scored) for marks in right]
    kr20, sem = reliability(totals, [sum(marks[place] for marks in right) for place in scored])
    return MatrixStatistics(
        n=len(matrix.rows),
        k=len(scored),
        mean=sum(totals) / len(totals) if totals and scored else None,
        kr20=kr20,
        sem=sem,
        items=tuple(
            (item, key, _item(place, key, matrix, totals, reached))
            for place, (item, key) in enumerate(zip(matrix.items, matrix.keys, strict=True))
        ),
    )


def reliability(totals: Sequence[int], rights: Sequence[int]) -> tuple[float | None, float | None]:
    """KR-20 and SEM from persons' totals and items' numbers right; None with under two items or persons, or no spread.

    KR-20 = k / (k - 1) (1 - sum p q / Var), SEM = SD sqrt(1 - KR-20). A negative KR-20 is returned as it is.
    """
    n, k = len(totals), len(rights)
    if k < 2 or n < 2:
        return None, None
    # n squared times the variance, in integers.
    spread = n * sum(total * total for total in totals) - sum(totals) ** 2
    if spread == 0:
        return None, None
    within = sum(right * (n - right) for right in rights)
    kr20 = k / (k - 1) * (1 - within / spread)
    # Rounding may take a perfect KR-20 past 1.
    return kr20, sqrt(spread) / n * sqrt(max(0.0, 1 - kr20))


def _reached(row: Sequence[str]) -> int:
    """How many items were reached: up to the last answer."""
    return max((place for place, answer in enumerate(row, start=1) if answer), default=0)


def _item(place: int, key: Key, matrix: Matrix, totals: Sequence[int], reached: Sequence[int]) -> ItemStatistics:
    cells = [
        Cell(row[place], total - (key.is_scored and row[place] == key.answer))
        for row, total, until in zip(matrix.rows, totals, reached, strict=True)
        if place < until
    ]
    return analyse(
        cells,
        keys=[key.answer],
        options=_options(cells, key) if matrix.has_letters else (),
        is_scored=key.is_scored,
        not_reached=len(matrix.rows) - len(cells),
    )


def _options(cells: Iterable[Cell], key: Key) -> list[str]:
    """Every letter up to the last that was chosen or is the key: an option that nobody chose counts too."""
    seen = Counter(cell.answer for cell in cells if cell.answer != OMITTED)
    last = max([*seen, key.answer])
    return [chr(code) for code in range(ord("A"), ord(last) + 1)]
