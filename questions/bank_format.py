"""The bank's own file format: a YAML list of items, one file per task (docs/authoring.md describes every field)."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from questions import bank_yaml, pictures, svg
from questions.bank_yaml import BadYaml, Located
from questions.content import ItemContent, OptionContent, Waiver
from questions.models import Cognitive, ExhibitKind, ItemStatus, OptionOrder
from questions.models.item import ITEM_CODE
from questions.pictures import Picture

FILE_NAMES = "[A-Z]*-[0-9]*.yaml"
OPTION_IDS = "abcdefgh"
REQUIRED = ("id", "status", "task", "cognitive", "stem", "options", "key", "references")
# In these statuses nobody meets an item, so that it may still lack references and rationales.
UNFINISHED = (ItemStatus.DRAFT, ItemStatus.REVIEW, ItemStatus.RETIRED)
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
    """One item of a file that passed every check which needs no database.

    `picture` is what the content's exhibit names by its digest; importing stores it.
    """

    file: str
    line: int
    code: str
    status: str
    content: ItemContent
    matched_set: str
    enemies: tuple[str, ...]
    built_on: int = 0
    waivers: tuple[Waiver, ...] = ()
    picture: Picture | None = None


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
    is_unfinished = row.get("status") in UNFINISHED
    required = [name for name in REQUIRED if not (is_unfinished and name == "references")]
    _known_fields(row, required, (*OPTIONAL, "references"))
    code = _text(row, "id")
    if not re.match(ITEM_CODE, code):
        raise _Refused("The id must look like IM-0042: capitals, a dash, four to six digits.", row.lines["id"])
    exhibit, picture = _exhibit(row, path)
    return Entry(
        file=str(path),
        line=row.line,
        code=code,
        status=_choice(row, "status", ItemStatus.values),
        content=_content(row, exhibit, is_unfinished=is_unfinished),
        matched_set=_text(row, "matched_set", "", most=80),
        enemies=tuple(sorted(_texts(row, "enemies"))),
        built_on=_whole(row, "version"),
        waivers=_waivers(row),
        picture=picture,
    )


def _content(row: Located, exhibit: dict[str, str], *, is_unfinished: bool) -> ItemContent:
    return ItemContent(
        task=_text(row, "task"),
        cognitive=_choice(row, "cognitive", Cognitive.values),
        order=_choice(row, "order", OptionOrder.values, OptionOrder.SHUFFLE),
        stem=_text(row, "stem"),
        options=_options(row, is_unfinished=is_unfinished),
        references=_references(row, is_unfinished=is_unfinished),
        topic=_text(row, "topic", "", most=20),
        point=_text(row, "point", ""),
        tags=_texts(row, "tags"),
        predicted_p=_share(row, "predicted_p"),
        **exhibit,
    )


def _options(row: Located, *, is_unfinished: bool) -> tuple[OptionContent, ...]:
    rows, line = row["options"], row.lines["options"]
    if not isinstance(rows, list) or not 3 <= len(rows) <= len(OPTION_IDS):
        raise _Refused("An item has four options (at least three).", line)
    required, optional = (("id", "text"), ("rationale",)) if is_unfinished else (("id", "text", "rationale"), ())
    ids: list[str] = []
    for option in rows:
        if not isinstance(option, Located):
            raise _Refused("Each option needs id, text and rationale.", line)
        _known_fields(option, required, optional)
        ids.append(_text(option, "id"))
    if ids != list(OPTION_IDS[: len(rows)]):
        raise _Refused(f"The options' ids must be {', '.join(OPTION_IDS[: len(rows)])} in this order.", line)
    key = _text(row, "key")
    if key not in ids:
        raise _Refused(f"The key {key!r} names no option; exactly one of {', '.join(ids)} is right.", row.lines["key"])
    options = tuple(
        OptionContent(_text(option, "text"), _text(option, "rationale", ""), option_id == key)
        for option, option_id in zip(rows, ids, strict=True)
    )
    if len({option.text.casefold() for option in options}) < len(options):
        raise _Refused("Two options have the same text.", line)
    return options


def _references(row: Located, *, is_unfinished: bool) -> tuple[dict[str, Any], ...]:
    rows, line = row.get("references") or [], row.lines.get("references", row.line)
    if not isinstance(rows, list) or not (rows or is_unfinished):
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


def _exhibit(row: Located, path: Path) -> tuple[dict[str, str], Picture | None]:
    """The content's fields, and the picture of an exhibit that is one."""
    exhibit = row.get("exhibit")
    if exhibit is None:
        return {}, None
    if not isinstance(exhibit, Located):
        raise _Refused("An exhibit needs kind, title and body (or file).", row.lines["exhibit"])
    _known_fields(exhibit, ("kind", "title"), ("body", "file", "data", "alt"))
    kind = _choice(exhibit, "kind", [kind for kind in ExhibitKind.values if kind])
    source = _source(exhibit, kind)
    if kind in (ExhibitKind.SVG, ExhibitKind.IMAGE) and not exhibit.get("alt"):
        name = "drawing" if kind == ExhibitKind.SVG else "picture"
        raise _Refused(f"A {name} needs `alt`: the same facts in words.", exhibit.line)
    picture = _picture(exhibit, source, path) if kind == ExhibitKind.IMAGE else None
    return {
        "exhibit_kind": kind,
        "exhibit_title": _text(exhibit, "title", most=200),
        "exhibit_body": picture.digest if picture else _body(exhibit, kind, source, path),
        "exhibit_alt": _text(exhibit, "alt", ""),
    }, picture


def _source(exhibit: Located, kind: str) -> str:
    """The one field that holds the exhibit: its text or its bytes stand there, or in a file."""
    here = "data" if kind == ExhibitKind.IMAGE else "body"
    given = [name for name in ("body", "file", "data") if name in exhibit]
    if given not in ([here], ["file"]):
        what = "A picture has either data (base64)" if here == "data" else "An exhibit has either a body"
        raise _Refused(f"{what} or a file.", exhibit.line)
    return given[0]


def _body(exhibit: Located, kind: str, source: str, path: Path) -> str:
    # The indentation of a dump's first line matters, so that the body is not stripped on the left.
    body = _file_text(exhibit, path) if source == "file" else _text(exhibit, "body", strip=False).rstrip()
    if kind == ExhibitKind.SVG:
        try:
            body = svg.check(body)
        except svg.BadSvg as error:
            raise _Refused(str(error), exhibit.line) from error
    if not body.strip():
        raise _Refused("The exhibit is empty.", exhibit.line)
    return body


def _picture(exhibit: Located, source: str, path: Path) -> Picture:
    line = exhibit.lines[source]
    if source == "file":
        data = _file(exhibit, path, most=pictures.MOST_BYTES)
    else:
        # A third more than its bytes, and line ends.
        text = "".join(_text(exhibit, "data", most=2 * pictures.MOST_BYTES).split())
        try:
            data = b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _Refused("The picture's data is not base64; write the file's name under `file`.", line) from error
    try:
        return pictures.read(data)
    except pictures.BadPicture as error:
        raise _Refused(str(error), line) from error


def _file_text(exhibit: Located, path: Path) -> str:
    line = exhibit.lines["file"]
    try:
        body = _file(exhibit, path, most=bank_yaml.MOST_BYTES).decode("utf-8").rstrip()
    except UnicodeDecodeError as error:
        raise _Refused(f"The exhibit's file {exhibit['file']} is not UTF-8 text.", line) from error
    if "\x00" in body:
        raise _Refused(f"The exhibit's file {exhibit['file']} holds a NUL character.", line)
    return body


def _file(exhibit: Located, path: Path, *, most: int) -> bytes:
    folder = path.parent.resolve()
    target = (folder / _text(exhibit, "file")).resolve()
    line = exhibit.lines["file"]
    if not target.is_relative_to(folder):
        raise _Refused("The exhibit's file must lie beside the bank file or below it.", line)
    try:
        if (size := target.stat().st_size) > most:
            raise _Refused(f"The exhibit's file is too large: {size:,} bytes; at most {most:,} are taken.", line)
        return target.read_bytes()
    except OSError as error:
        raise _Refused(f"The exhibit's file {exhibit['file']} cannot be read: {error.strerror}.", line) from error


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
