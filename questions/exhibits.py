"""Exhibits made ready for a page: real text as text, tables as tables, drawings set into the page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import nh3
from django.urls import reverse
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from questions.models import ExhibitImage, ExhibitKind, ItemVersion

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
# What people write to each other: no pictures, no links, no headings that would stand among those of the page.
_PROSE_TAGS = {"p", "br", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li"}
_TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td", "p", "code", "em", "strong", "br"}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """`markup` is safe HTML for tables and drawings, `text` the plain body of a text exhibit.

    A picture has an address and a size in pixels.
    """

    kind: str
    title: str
    alt: str
    text: str = ""
    markup: str = ""
    address: str = ""
    width: int = 0
    height: int = 0


def prose(text: str) -> str:
    """Safe HTML of a text with the little Markdown that a comment needs; everything else comes out as plain text."""
    written = nh3.clean(_markdown.render(text), tags=_PROSE_TAGS, attributes={})
    return mark_safe(written)  # noqa: S308  nh3 made it safe


def exhibits_of(versions: Iterable[ItemVersion]) -> dict[int, Exhibit | None]:
    """By the versions' ids; all their pictures are looked up at once."""
    versions = list(versions)
    images = _images([version for version in versions if version.exhibit_kind == ExhibitKind.IMAGE])
    return {version.pk: _exhibit(version, images) for version in versions}


def exhibit_of(version: ItemVersion) -> Exhibit | None:
    return _exhibit(version, _images([version] if version.exhibit_kind == ExhibitKind.IMAGE else []))


def _images(versions: list[ItemVersion]) -> dict[str, ExhibitImage]:
    """Without their bytes, which only questions.views reads."""
    if not versions:
        return {}
    return ExhibitImage.objects.defer("content").in_bulk({version.exhibit_body for version in versions})


def _exhibit(version: ItemVersion, images: Mapping[str, ExhibitImage]) -> Exhibit | None:
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
        case ExhibitKind.IMAGE if image := images.get(body):
            address = reverse("questions:exhibit", args=[image.pk, image.extension])
            return Exhibit("image", title, alt, address=address, width=image.width, height=image.height)
    return None
