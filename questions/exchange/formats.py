"""The formats in which items come and go, and what each can carry."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from questions.exchange import aiken, bank_file, gift, moodle, qti, qti_package, sheets
from questions.exchange.found import CannotCarry, Reading

Entry = Mapping[str, Any]

CONTENT = (
    "stem", "options", "rationales", "key", "exhibit", "references", "point", "task", "topic", "cognitive", "order",
    "predicted_p", "tags",
)  # fmt: skip
PLACE = ("id", "version", "status", "matched_set", "enemies")
ALL = (*PLACE, *CONTENT, "waivers")
MARKUP_LACKS = "Alternative texts of texts and tables, the padding of tables, waived writing rules."


@dataclass(frozen=True)
class Format:
    """`carries` names the fields that survive a round trip; `lacks` says in words what does not."""

    code: str
    name: str
    suffix: str
    media_type: str
    read: Callable[[bytes, str], Reading]
    write: Callable[[Iterable[Entry]], bytes]
    must_carry: Callable[[Entry], None]
    carries: tuple[str, ...]
    lacks: str


def _without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in ALL if name not in names)


FORMATS: tuple[Format, ...] = (
    Format(
        "yaml",
        "Bank file (YAML)",
        "yaml",
        "application/yaml",
        bank_file.read,
        bank_file.write,
        bank_file.must_carry,
        ALL,
        "Nothing.",
    ),
    Format(
        "csv",
        "Sheet (CSV)",
        "csv",
        "text/csv; charset=utf-8",
        sheets.read_csv,
        sheets.write_csv,
        sheets.must_carry,
        ALL,
        "Exhibits, such as pictures, beyond the 32,767 characters of a cell.",
    ),
    Format(
        "xlsx",
        "Sheet (XLSX)",
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        sheets.read_xlsx,
        sheets.write_xlsx,
        sheets.must_carry,
        ALL,
        "Exhibits, such as pictures, beyond the 32,767 characters of a cell.",
    ),
    Format(
        "gift",
        "GIFT (Moodle)",
        "gift",
        "text/plain; charset=utf-8",
        gift.read,
        gift.write,
        gift.must_carry,
        _without("waivers"),
        "Items with drawings or pictures, alternative texts of exhibits, waived writing rules.",
    ),
    Format(
        "moodle",
        "Moodle XML",
        "xml",
        "application/xml; charset=utf-8",
        moodle.read,
        moodle.write,
        moodle.must_carry,
        _without("waivers"),
        MARKUP_LACKS,
    ),
    Format(
        "aiken",
        "Aiken",
        "txt",
        "text/plain; charset=utf-8",
        aiken.read,
        aiken.write,
        aiken.must_carry,
        ("stem", "options", "key"),
        "Everything but stem, options and key; items with exhibits.",
    ),
    Format(
        "qti21",
        "QTI 2.1 package",
        "zip",
        "application/zip",
        qti.read,
        partial(qti_package.write, version=qti_package.V2P1),
        moodle.must_carry,
        _without("waivers"),
        MARKUP_LACKS,
    ),
    Format(
        "qti30",
        "QTI 3.0 package",
        "zip",
        "application/zip",
        qti.read,
        partial(qti_package.write, version=qti_package.V3P0),
        moodle.must_carry,
        _without("waivers"),
        MARKUP_LACKS,
    ),
)
BY_CODE = {one.code: one for one in FORMATS}
BINARY = {one.code for one in FORMATS if one.suffix in ("xlsx", "zip")}


def of_file(name: str, content: bytes) -> Format | None:
    """The format that a file seems to have, by its name's ending and its beginning; None when nothing fits."""
    suffix = name.rpartition(".")[2].lower()
    if suffix in ("yaml", "yml"):
        return BY_CODE["yaml"]
    if suffix == "zip":
        return BY_CODE["qti21"]
    if suffix == "xml":
        return BY_CODE["moodle" if b"<quiz" in content[:2000] else "qti21"]
    if suffix == "txt":
        return BY_CODE["aiken" if re.search(rb"(?mi)^\s*ANSWER\s*:", content) else "gift"]
    return BY_CODE.get(suffix)


@dataclass(frozen=True)
class Written:
    """A file in some format, and the items that it cannot carry with the reason."""

    content: bytes
    count: int
    left_out: tuple[tuple[str, str], ...]


def write(entries: Iterable[Entry], one: Format) -> Written:
    carried: list[Entry] = []
    left_out: list[tuple[str, str]] = []
    for entry in entries:
        try:
            one.must_carry(entry)
        except CannotCarry as error:
            left_out.append((entry["id"], str(error)))
        else:
            carried.append(entry)
    return Written(one.write(carried), len(carried), tuple(left_out))
