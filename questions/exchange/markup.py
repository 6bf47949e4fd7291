"""Stem and exhibit as one piece of HTML, and HTML of others as stem and exhibit.

Written as XHTML 1.0 Strict's elements, which Moodle and every version of QTI take.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any

from questions.exchange.found import CannotCarry, Unreadable

TITLE = "exhibit-title"
# What XML 1.0 has no place for.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
PICTURE_STARTS = {b"\x89PNG": "png", b"\xff\xd8": "jpg", b"RIFF": "webp"}
_BLOCKS = {"p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "figure", "dl"}
_DROPPED = {"script", "style", "head", "title", "template", "noscript"}


def html_of(stem: str, exhibit: Mapping[str, str] | None, picture: str = "") -> str:
    """The exhibit before the stem, as pages show them. `picture` is the address of a drawing's or picture's file."""
    shown = _exhibit_html(exhibit, picture) if exhibit else ""
    paragraphs = [f"<p>{escape(part).replace(chr(10), '<br/>')}</p>" for part in stem.split("\n\n")]
    return shown + "".join(paragraphs)


def _exhibit_html(exhibit: Mapping[str, str], picture: str) -> str:
    title = f'<p class="{TITLE}">{escape(exhibit["title"])}</p>'
    if picture:
        return f'{title}<p><img src="{escape(picture)}" alt="{escape(exhibit["alt"])}"/></p>'
    if exhibit["kind"] == "table":
        return title + _table_html(exhibit["body"])
    return f"{title}<pre>{escape(exhibit['body'])}</pre>"


def _table_html(body: str) -> str:
    rows = cells_of(body)
    if not rows:
        raise CannotCarry("its table is not a plain pipe table")
    head, *lines = rows
    parts = ["<tr>", *(f"<th>{escape(cell)}</th>" for cell in head), "</tr>"]
    for line in lines:
        parts += ["<tr>", *(f"<td>{escape(cell)}</td>" for cell in line), "</tr>"]
    return f"<table>{''.join(parts)}</table>"


def cells_of(body: str) -> list[list[str]]:
    """The rows of a Markdown pipe table without its rule; empty where the text is none."""
    rows = [_cells(line) for line in body.strip().splitlines()]
    if len(rows) < 2 or not all(re.fullmatch(r":?-+:?", cell) for cell in rows[1]):
        return []
    return [rows[0], *rows[2:]]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def picture_of(exhibit: Mapping[str, str] | None) -> tuple[str, bytes] | None:
    """A drawing's or picture's ending and bytes; None for an exhibit that is text."""
    if exhibit and exhibit["kind"] == "svg":
        return "svg", exhibit["body"].encode()
    if exhibit and exhibit["kind"] == "image":
        content = base64.b64decode(exhibit["data"])
        return next(name for start, name in PICTURE_STARTS.items() if content.startswith(start)), content
    return None


def must_be_xml(*texts: str) -> None:
    if any(CONTROL.search(text) for text in texts):
        raise CannotCarry("it holds control characters")


def stem_and_exhibit(html: str, file: Callable[[str], bytes | None]) -> dict[str, Any]:
    """The fields `stem` and, where there is a table, a listing or a picture, `exhibit`. Raises Unreadable.

    `file` gives the bytes behind a picture's address, or None.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    exhibits = reader.exhibits + [_picture(source, alt, file) for source, alt in reader.pictures]
    if len(exhibits) > 1:
        kinds = ", ".join(exhibit["kind"] for exhibit in exhibits)
        raise Unreadable(f"The question holds {len(exhibits)} exhibits ({kinds}); an item has one. Merge them.")
    fields: dict[str, Any] = {"stem": reader.stem}
    if exhibits:
        fields["exhibit"] = {**exhibits[0], "title": reader.title or "Exhibit"}
    return fields


def plain(html: str) -> str:
    """The text of a short piece of HTML, such as an answer. Raises Unreadable where text is not all there is."""
    fields = stem_and_exhibit(html, lambda _: None)
    if "exhibit" in fields:
        raise Unreadable("An answer or a feedback holds a table or a listing; only text fits there.")
    return str(fields["stem"])


def _picture(source: str, alt: str, file: Callable[[str], bytes | None]) -> dict[str, str]:
    content = file(source)
    if content is None:
        raise Unreadable(f"The picture {source[:100]!r} is not in the file; only pictures that travel along are read.")
    kind = PurePosixPath(source).suffix.lower()
    if kind == ".svg":
        try:
            return {"kind": "svg", "body": content.decode("utf-8-sig"), "alt": alt}
        except UnicodeDecodeError as error:
            raise Unreadable(f"The drawing {source[:100]!r} is not UTF-8 text.") from error
    if kind in PICTURES:
        return {"kind": "image", "data": base64.b64encode(content).decode(), "alt": alt}
    raise Unreadable(f"The picture {source[:100]!r} is of no known kind; use SVG, PNG, JPEG or WebP.")


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)

    def markdown(self) -> str:
        width = max((len(row) for row in self.rows), default=0)
        lines = []
        for row in self.rows:
            cells = [" ".join(cell.split()).replace("|", r"\|") for cell in row]
            lines.append("| " + " | ".join(cells + [""] * (width - len(cells))) + " |")
        rule = "|" + "---|" * width
        return "\n".join([*lines[:1], rule, *lines[1:]])


class _Reader(HTMLParser):
    """Collects paragraphs of plain text and, apart from them, tables, listings, pictures and the exhibit's title."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.exhibits: list[dict[str, str]] = []
        self.pictures: list[tuple[str, str]] = []
        self.title = ""
        self._paragraphs = [""]
        self._table: _Table | None = None
        self._listing: list[str] | None = None
        self._in_title = False
        self._dropped = 0

    @property
    def stem(self) -> str:
        lines = ["\n".join(" ".join(line.split()) for line in part.split("\n")) for part in self._paragraphs]
        return "\n\n".join(line.strip() for line in lines if line.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag in _DROPPED:
            self._dropped += 1
        elif tag in ("table", "tr", "td", "th"):
            self._start_of_table(tag)
        elif tag == "pre":
            self._listing = []
        elif tag == "img":
            self.pictures.append((said.get("src", ""), said.get("alt", "")))
        elif tag == "br":
            self._write("\n")
        elif tag in ("caption", "figcaption") or TITLE in said.get("class", "").split():
            self._in_title = True
        elif tag in _BLOCKS:
            self._paragraphs.append("- " if tag == "li" else "")

    def _start_of_table(self, tag: str) -> None:
        if tag == "table":
            if self._table is not None:
                raise Unreadable("The question holds a table within a table; write it as one table.")
            self._table = _Table()
        elif self._table is not None and (tag == "tr" or not self._table.rows):
            self._table.rows.append([])
        if self._table is not None and tag in ("td", "th"):
            self._table.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropped = max(0, self._dropped - 1)
        elif self._in_title and tag in ("p", "div", "caption", "figcaption"):
            self._in_title = False
            self.title = " ".join(self.title.split())
        elif tag == "table" and self._table:
            self.exhibits.append({"kind": "table", "body": self._table.markdown()})
            self._table = None
        elif tag == "pre" and self._listing is not None:
            # As browsers do: a line break right after the tag is no part of the text.
            body = "".join(self._listing).removeprefix("\n").rstrip()
            self.exhibits.append({"kind": "text", "body": body})
            self._listing = None
        elif tag in _BLOCKS:
            self._paragraphs.append("")

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self._write(data if self._listing is not None or data == "\n" else re.sub(r"\s", " ", data))

    def _write(self, text: str) -> None:
        if self._in_title:
            self.title += text
        elif self._listing is not None:
            self._listing.append(text)
        elif self._table is not None:
            if self._table.rows and self._table.rows[-1]:
                self._table.rows[-1][-1] += text
        else:
            self._paragraphs[-1] += text
