"""The bank's own file format: a YAML list of items, one file per task (docs/authoring.md describes every field)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from questions import bank_yaml, svg
from questions.bank_yaml import BadYaml, Located
from questions.content import ItemContent, OptionContent, Waiver
from questions.models import Cognitive, ExhibitKind, ItemStatus, OptionOrder
from questions.models.item import ITEM_CODE

FILE_NAMES = "[A-Z]*-[0-9]*.yaml"
OPTION_IDS = "abcdefgh"
REQUIRED = ("id", "status", "task", "cognitive", "stem", "options", "key", "references")
# `domain`, `domain_name` and `form_factor` are for readers of the file. `version` is the number of the site's version
# that the entry was written on top of: the site numbers versions itself.
OPTIONAL = (
    "domain", "domain_name", "version", "topic", "point", "form_factor", "predicted_p", "order", "exhibit", "tags",
    "enemies", "matched_set", "waivers",
)  # fmt: skip
REFERENCE_FIELDS = ("source", "locator", "url", "checked", "checked_in", "says")


@dataclass(frozen=True)
class Problem:
    """Why something cannot be imported, where it stands and how to mend it."""

    file: str
    line: int
    item: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.item, self.message) if part)


@dataclass(frozen=True)
class Entry:
    """One item of a file that passed every check which needs no database."""

    file: str
    line: int
    code: str
    status: str
    content: ItemContent
    matched_set: str
    enemies: tuple[str, ...]
    built_on: int = 0
    waivers: tuple[Waiver, ...] = ()


class _Refused(Exception):
    def __init__(self, message: str, line: int) -> None:
        self.message, self.line = message, line
        super().__init__(message)


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The named files, and of a named folder all files called after a task, such as IM-2.yaml."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob(FILE_NAMES)) if path.is_dir() else [path]
    return found


def parse_file(path: Path) -> tuple[list[Entry], list[Problem]]:
    """Every sound entry of a file, and a problem for each that is not."""
    name = str(path)
    try:
        rows = bank_yaml.read(path)
    except BadYaml as error:
        return [], [Problem(name, error.line, "", error.message)]
    if not isinstance(rows, list) or not rows:
        return [], [Problem(name, 1, "", "The file must hold a list of items, each starting with '- id: …'.")]
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Located):
            problems.append(Problem(name, 1, "", f"Entry {number} is not an item; write its fields as 'name: value'."))
            continue
        read = read_entry(row, path)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            entries.append(read)
    return entries, problems


def read_entry(row: Located, path: Path) -> Entry | Problem:
    """One item's fields, checked; `path` names the file and is the place that exhibits' files are beside."""
    try:
        return _entry(row, path)
    except _Refused as error:
        return Problem(str(path), error.line, str(row.get("id", "")), error.message)


def _entry(row: Located, path: Path) -> Entry:
    _known_fields(row, REQUIRED, OPTIONAL)
    code = _text(row, "id")
    if not re.match(ITEM_CODE, code):
        raise _Refused("The id must look like IM-0042: capitals, a dash, four to six digits.", row.lines["id"])
    return Entry(
        file=str(path),
        line=row.line,
        code=code,
        status=_choice(row, "status", ItemStatus.values),
        content=_content(row, path),
        matched_set=_text(row, "matched_set", "", most=80),
        enemies=tuple(sorted(_texts(row, "enemies"))),
        built_on=_whole(row, "version"),
        waivers=_waivers(row),
    )


def _content(row: Located, path: Path) -> ItemContent:
    return ItemContent(
        task=_text(row, "task"),
        cognitive=_choice(row, "cognitive", Cognitive.values),
        order=_choice(row, "order", OptionOrder.values, OptionOrder.SHUFFLE),
        stem=_text(row, "stem"),
        options=_options(row),
        references=_references(row),
        topic=_text(row, "topic", "", most=20),
        point=_text(row, "point", ""),
        tags=_texts(row, "tags"),
        predicted_p=_share(row, "predicted_p"),
        **_exhibit(row, path),
    )


def _options(row: Located) -> tuple[OptionContent, ...]:
    rows, line = row["options"], row.lines["options"]
    if not isinstance(rows, list) or not 3 <= len(rows) <= len(OPTION_IDS):
        raise _Refused("An item has four options (at least three).", line)
    ids: list[str] = []
    for option in rows:
        if not isinstance(option, Located):
            raise _Refused("Each option needs id, text and rationale.", line)
        _known_fields(option, ("id", "text", "rationale"), ())
        ids.append(_text(option, "id"))
    if ids != list(OPTION_IDS[: len(rows)]):
        raise _Refused(f"The options' ids must be {', '.join(OPTION_IDS[: len(rows)])} in this order.", line)
    key = _text(row, "key")
    if key not in ids:
        raise _Refused(f"The key {key!r} names no option; exactly one of {', '.join(ids)} is right.", row.lines["key"])
    options = tuple(
        OptionContent(_text(option, "text"), _text(option, "rationale"), option_id == key)
        for option, option_id in zip(rows, ids, strict=True)
    )
    if len({option.text.casefold() for option in options}) < len(options):
        raise _Refused("Two options have the same text.", line)
    return options


def _references(row: Located) -> tuple[dict[str, Any], ...]:
    rows, line = row["references"], row.lines["references"]
    if not isinstance(rows, list) or not rows:
        raise _Refused("Name at least one reference with source and locator.", line)
    found = []
    for reference in rows:
        if not isinstance(reference, Located):
            raise _Refused("Each reference needs source and locator.", line)
        _known_fields(reference, ("source", "locator"), REFERENCE_FIELDS[2:])
        values = {name: reference.get(name) for name in REFERENCE_FIELDS}
        if url := values["url"]:
            _web_address(url, reference.lines["url"])
        if isinstance(values["checked"], date):
            values["checked"] = values["checked"].isoformat()
        texts = {name: str(value).strip() for name, value in values.items() if value is not None}
        if "\x00" in "".join(texts.values()):
            raise _Refused("A reference holds a NUL character.", reference.line)
        found.append(texts)
    return tuple(found)


def _waivers(row: Located) -> tuple[Waiver, ...]:
    rows = row.get("waivers") or []
    if not isinstance(rows, list) or not all(isinstance(waiver, Located) for waiver in rows):
        raise _Refused("Each waiver needs the rule's name and a reason.", row.lines["waivers"])
    for waiver in rows:
        _known_fields(waiver, ("rule", "reason"), ("about",))
    return tuple(Waiver(_text(w, "rule"), _text(w, "reason"), _text(w, "about", "")) for w in rows)


def _web_address(url: Any, line: int) -> None:
    if not re.match(r"^https?://[^\s<>\"']+$", str(url)):
        raise _Refused(f"The url {url!r} must start with https:// or http:// and hold no spaces.", line)


def _exhibit(row: Located, path: Path) -> dict[str, str]:
    exhibit = row.get("exhibit")
    if exhibit is None:
        return {}
    line = row.lines["exhibit"]
    if not isinstance(exhibit, Located):
        raise _Refused("An exhibit needs kind, title and body (or file).", line)
    _known_fields(exhibit, ("kind", "title"), ("body", "file", "alt"))
    kinds = [kind for kind in ExhibitKind.values if kind]
    kind = _choice(exhibit, "kind", kinds)
    if ("body" in exhibit) == ("file" in exhibit):
        raise _Refused("An exhibit has either a body or a file.", exhibit.line)
    # The indentation of a dump's first line matters, so that the body is not stripped on the left.
    body = _file(exhibit, path) if "file" in exhibit else _text(exhibit, "body", strip=False).rstrip()
    if kind == ExhibitKind.SVG:
        if not exhibit.get("alt"):
            raise _Refused("A drawing needs `alt`: the same facts in words.", exhibit.line)
        try:
            body = svg.check(body)
        except svg.BadSvg as error:
            raise _Refused(str(error), exhibit.line) from error
    if not body.strip():
        raise _Refused("The exhibit is empty.", exhibit.line)
    return {
        "exhibit_kind": kind,
        "exhibit_title": _text(exhibit, "title", most=200),
        "exhibit_body": body,
        "exhibit_alt": _text(exhibit, "alt", ""),
    }


def _file(exhibit: Located, path: Path) -> str:
    folder = path.parent.resolve()
    target = (folder / _text(exhibit, "file")).resolve()
    line = exhibit.lines["file"]
    if not target.is_relative_to(folder):
        raise _Refused("The exhibit's file must lie beside the bank file or below it.", line)
    try:
        if target.stat().st_size > bank_yaml.MOST_BYTES:
            raise _Refused("The exhibit's file is too large.", line)
        body = target.read_text(encoding="utf-8").rstrip()
    except OSError as error:
        raise _Refused(f"The exhibit's file {exhibit['file']} cannot be read: {error.strerror}.", line) from error
    except UnicodeDecodeError as error:
        raise _Refused(f"The exhibit's file {exhibit['file']} is not UTF-8 text.", line) from error
    if "\x00" in body:
        raise _Refused(f"The exhibit's file {exhibit['file']} holds a NUL character.", line)
    return body


def _known_fields(row: Located, required: Iterable[str], optional: Iterable[str]) -> None:
    required, optional = list(required), list(optional)
    if missing := [name for name in required if row.get(name) in (None, "")]:
        raise _Refused(f"The field {missing[0]!r} is missing or empty.", row.line)
    if unknown := [name for name in row if name not in required + optional]:
        known = ", ".join(required + optional)
        raise _Refused(f"The field {unknown[0]!r} is not known; known are {known}.", row.lines[unknown[0]])


def _text(row: Located, name: str, default: str | None = None, *, most: int = 20_000, strip: bool = True) -> str:
    value = row.get(name, default)
    if value is None and default is not None:
        return default
    if isinstance(value, (dict, list)) or value is None:
        raise _Refused(f"The field {name!r} must be text.", row.lines.get(name, row.line))
    if isinstance(value, bool) or not isinstance(value, str):
        # YAML reads 2762 as a number and yes as true; the file's own spelling is lost, so that it must be quoted.
        raise _Refused(f"The field {name!r} must be text; put {value!r} in quotes.", row.lines[name])
    text = value.strip() if strip else value
    if "\x00" in text:
        raise _Refused(f"The field {name!r} holds a NUL character.", row.lines[name])
    if len(text) > most:
        raise _Refused(f"The field {name!r} has {len(text):,} characters; at most {most:,} fit.", row.lines[name])
    return text


def _texts(row: Located, name: str) -> tuple[str, ...]:
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise _Refused(f"The field {name!r} must be a list of texts, such as [one, two].", row.lines[name])
    return tuple(value)


def _choice(row: Located, name: str, allowed: Iterable[str], default: str | None = None) -> str:
    value = _text(row, name, default)
    allowed = list(allowed)
    if value not in allowed:
        raise _Refused(f"The field {name!r} is {value!r}; allowed are {', '.join(allowed)}.", row.lines[name])
    return value


def _whole(row: Located, name: str) -> int:
    value = row.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _Refused(f"The field {name!r} must be a whole number.", row.lines[name])
    return value


def _share(row: Located, name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise _Refused(f"The field {name!r} must be a number from 0 to 1.", row.lines[name])
    return float(value)
