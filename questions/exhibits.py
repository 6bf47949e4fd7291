"""Exhibits made ready for a page: real text as text, tables as tables, drawings set into the page."""

from dataclasses import dataclass

import nh3
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from questions.models import ExhibitKind, ItemVersion

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td", "p", "code", "em", "strong", "br"}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """`markup` is safe HTML for tables and drawings, `text` the plain body of a text exhibit."""

    kind: str
    title: str
    alt: str
    text: str = ""
    markup: str = ""


def exhibit_of(version: ItemVersion) -> Exhibit | None:
    title, alt, body = version.exhibit_title, version.exhibit_alt, version.exhibit_body
    match version.exhibit_kind:
        case ExhibitKind.TEXT:
            return Exhibit("text", title, alt, text=body)
        case ExhibitKind.TABLE:
            table = nh3.clean(_markdown.render(body), tags=_TABLE_TAGS, attributes={})
            return Exhibit("table", title, alt, markup=mark_safe(table))  # noqa: S308  nh3 made it safe
        case ExhibitKind.SVG:
            # questions.svg.check let only plain shapes and text into the bank.
            return Exhibit("svg", title, alt, markup=mark_safe(body))  # noqa: S308
    return None
