"""Flat sheets, one row an item: CSV and XLSX.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and read back without.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from questions.bank_format import OPTION_IDS
from questions.exchange import archives, labels
from questions.exchange.found import CannotCarry, Reading, Unreadable
from questions.exchange.text import decode

MOST_ROWS = 20_000
MOST_CELL = 32_767
PLAIN = ("id", "version", "status", "task", "topic", "point", "cognitive", "order", "stem", "matched_set")
EXHIBIT = ("kind", "title", "body", "alt", "data")
COLUMNS = (
    *PLAIN,
    "predicted_p",
    *(f"exhibit_{name}" for name in EXHIBIT),
    *(f"{part}_{letter}" for letter in OPTION_IDS for part in ("option", "rationale")),
    "key",
    "references",
    "tags",
    "enemies",
    "waivers",
)
REQUIRED = ("stem", "option_a", "option_b", "option_c", "key")
FORMULA = re.compile(r"^[=+\-@\t\r]")
# Such as "-5 mA" or "+3.2", which no spreadsheet would run.
QUANTITY = re.compile(r"^[+-]\s?\d[\d.,]*(?:\s?[A-Za-zµΩ°%/²³]+)*$")
# What openpyxl and XML refuse.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


# --- Writing ----------------------------------------------------------------------------------------------------
def write_csv(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return csv_of([COLUMNS, *map(_cells, entries)])


def csv_of(rows: Iterable[Iterable[str]]) -> bytes:
    """Any table as CSV, with no cell that a spreadsheet would run."""
    text = io.StringIO()
    csv.writer(text).writerows([shielded(cell) for cell in row] for row in rows)
    # Spreadsheets take UTF-8 without its mark for the machine's own encoding.
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def write_xlsx(entries: Iterable[Mapping[str, Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Items")
    sheet.append(list(COLUMNS))
    for entry in entries:
        sheet.append([shielded(cell) for cell in _cells(entry)])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def must_carry(entry: Mapping[str, Any]) -> None:
    for name, cell in zip(COLUMNS, _cells(entry), strict=True):
        if len(cell) >= MOST_CELL:
            raise CannotCarry(f"its {name} has {len(cell):,} characters; a cell holds {MOST_CELL:,}")
        if CONTROL.search(cell):
            raise CannotCarry("it holds control characters")


def _cells(entry: Mapping[str, Any]) -> list[str]:
    exhibit = entry.get("exhibit") or {}
    options = {option["id"]: option for option in entry["options"]}
    cells = {name: str(entry.get(name, "")) for name in (*PLAIN, "predicted_p", "key")}
    cells |= {f"exhibit_{name}": exhibit.get(name, "") for name in EXHIBIT}
    for letter, option in options.items():
        cells |= {f"option_{letter}": option["text"], f"rationale_{letter}": option["rationale"]}
    cells["references"] = "\n".join(map(labels.reference_line, entry.get("references", ())))
    cells["tags"] = "; ".join(entry.get("tags", ()))
    cells["enemies"] = " ".join(entry.get("enemies", ()))
    cells["waivers"] = "\n".join(
        labels.bars([waiver["rule"], waiver["reason"], waiver.get("about", "")]) for waiver in entry.get("waivers", ())
    )
    return [cells.get(name, "") for name in COLUMNS]


def shielded(cell: str) -> str:
    """The cell as text that no spreadsheet runs."""
    return f"'{cell}" if FORMULA.match(cell.lstrip("'")) else cell


# --- Reading ----------------------------------------------------------------------------------------------------
def read_csv(data: bytes, name: str) -> Reading:
    text = decode(data)
    head = text.partition("\n")[0]
    # Spreadsheets of half of Europe write semicolons.
    delimiter = max(",;\t", key=head.count)
    try:
        return _reading(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), name)
    except csv.Error as error:
        raise Unreadable(f"Not sound CSV: {error}. Are the quotes closed?") from error


def read_xlsx(data: bytes, name: str) -> Reading:
    archives.read(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        rows = book.worksheets[0].iter_rows()
        return _reading(([_xlsx_cell(cell) for cell in row] for row in rows), name)
    except Unreadable:
        raise
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        IndexError,
        SyntaxError,
        TypeError,
    ) as error:
        raise Unreadable(f"Not a sound XLSX workbook: {error}.") from error


def _xlsx_cell(cell: Any) -> str:
    if cell.data_type == "f":
        raise Unreadable(f"Cell {cell.coordinate} holds a formula; paste its value instead.", cell.row)
    if cell.value is None:
        return ""
    if isinstance(cell.value, float) and cell.value.is_integer():
        return str(int(cell.value))
    return str(cell.value)


def _reading(rows: Iterable[list[str]], name: str) -> Reading:
    reading = Reading()
    numbered: Iterator[tuple[int, list[str]]] = enumerate(iter(rows), start=1)
    header = _header(next(numbered, (1, []))[1])
    for number, row in numbered:
        if number > MOST_ROWS + 1:
            raise Unreadable(f"The sheet has more than {MOST_ROWS:,} rows; split it.", number)
        if any(cell.strip() for cell in row):
            reading.take(name, number, lambda: _fields(header, row))  # noqa: B023  called at once
    return reading


def _header(row: list[str]) -> list[str]:
    header = [name.strip().lower().replace(" ", "_") for name in row]
    while header and not header[-1]:
        header.pop()
    known = ", ".join(COLUMNS[:20]) + " …"
    if missing := [name for name in REQUIRED if name not in header]:
        raise Unreadable(f"The first row names no column {missing[0]!r}; columns are {known}", 1)
    if unknown := [name for name in header if name not in COLUMNS]:
        raise Unreadable(f"The column {unknown[0]!r} is not known; columns are {known}", 1)
    if twice := [name for name in header if header.count(name) > 1]:
        raise Unreadable(f"The column {twice[0]!r} stands twice.", 1)
    return header


def _fields(header: list[str], row: list[str]) -> dict[str, Any]:
    if any(cell.strip() for cell in row[len(header) :]):
        raise Unreadable(f"The row has {len(row)} cells, the first row {len(header)}; is a comma unquoted?")
    cells = {name: _bared(name, cell) for name, cell in zip(header, row, strict=False)}
    fields: dict[str, Any] = {name: cells[name].strip() for name in PLAIN if name in cells}
    # An empty cell says nothing where the item has to have something, and "none" where it may lack it.
    fields = {name: value for name, value in fields.items() if value or name in ("topic", "point", "matched_set")}
    for name, make in (("version", int), ("predicted_p", float)):
        if said := cells.get(name, "").strip():
            fields[name] = _number(name, said, make)
    if exhibit := {part: cells.get(f"exhibit_{part}", "") for part in EXHIBIT if cells.get(f"exhibit_{part}", "")}:
        fields["exhibit"] = exhibit
    fields["options"] = _options(cells)
    fields["key"] = cells.get("key", "").strip().lower()
    if "references" in cells:
        fields["references"] = [
            labels.reference_from(line) for line in cells["references"].splitlines() if line.strip()
        ]
    for name, separator in (("tags", ";"), ("enemies", None)):
        if name in cells:
            fields[name] = [part.strip() for part in cells[name].split(separator) if part.strip()]
    if "waivers" in cells:
        fields["waivers"] = [_waiver(line) for line in cells["waivers"].splitlines() if line.strip()]
    return fields


def _options(cells: Mapping[str, str]) -> list[dict[str, str]]:
    letters = [letter for letter in OPTION_IDS if cells.get(f"option_{letter}", "").strip()]
    if letters != list(OPTION_IDS[: len(letters)]):
        raise Unreadable(f"Options {', '.join(letters)} are filled; fill them from a on without a gap.")
    return [
        {
            "id": letter,
            "text": cells[f"option_{letter}"].strip(),
            "rationale": cells.get(f"rationale_{letter}", "").strip(),
        }
        for letter in letters
    ]


def _waiver(line: str) -> dict[str, str]:
    values = labels.unbarred(line)
    return {name: value for name, value in zip(("rule", "reason", "about"), values, strict=False) if value}


def _number(name: str, said: str, make: Any) -> Any:
    try:
        return make(said.replace(",", "."))
    except ValueError as error:
        raise Unreadable(f"The cell {name} is {said!r}; it must be a number.") from error


def _bared(name: str, cell: str) -> str:
    if cell.startswith("'") and FORMULA.match(cell.lstrip("'")):
        return cell[1:]
    if FORMULA.match(cell) and not QUANTITY.match(cell):
        raise Unreadable(
            f"The cell {name} starts with {cell[0]!r}, which a spreadsheet would run as a formula; "
            "put an apostrophe before it if it is text."
        )
    return cell
