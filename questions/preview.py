"""What an author's unsaved draft looks like to a candidate, and what the linter says of it, field by field."""

from dataclasses import dataclass
from typing import Any

from questions import svg
from questions.completeness import missing
from questions.exhibits import Exhibit, exhibit_of
from questions.forms import DraftForm
from questions.linting import Finding, lint
from questions.models import ExhibitKind, ItemVersion
from questions.samples import LETTERS

# Findings that belong to no field of the page, or to all options.
WHOLE = "whole"
FIELDS = {"exhibit": "exhibit_body"}
NAMED = ("stem", "exhibit_body", "references", "order", "point", WHOLE)


@dataclass(frozen=True)
class Preview:
    """`findings` by the name of the page's field, empty lists included, so that what was mended disappears.

    `is_linted` is false while the draft cannot be saved: then the fields' own errors say what is missing. `lacks` is
    what a draft may do without and a published version may not.
    """

    stem: str
    exhibit: Exhibit | None
    options: list[tuple[str, str]]
    findings: dict[str, list[Finding]]
    is_linted: bool
    lacks: list[str]


def of(form: DraftForm, options: Any) -> Preview:
    """From what was typed so far, valid or not; nothing is stored."""
    is_complete = form.is_valid() & options.is_valid()
    findings: dict[str, list[Finding]] = {name: [] for name in NAMED}
    for number in range(len(options.forms)):
        findings[f"options-{number}-text"] = []
        findings[f"options-{number}-rationale"] = []
    lacks: list[str] = []
    if is_complete:
        content = form.content(options.contents())
        lacks = missing(content)
        for finding in lint(content):
            findings.get(_field(finding), findings[WHOLE]).append(finding)
    return Preview(
        stem=_typed(form, "stem"),
        exhibit=_exhibit(form),
        options=[(LETTERS[place], text) for place, text in enumerate(_texts(options))],
        findings=findings,
        is_linted=is_complete,
        lacks=lacks,
    )


def _field(finding: Finding) -> str:
    kind, _, letter = finding.field.partition(" ")
    if letter:
        part = "text" if kind == "option" else "rationale"
        return f"options-{LETTERS.lower().index(letter)}-{part}"
    return FIELDS.get(kind, kind)


def _typed(form: Any, name: str) -> str:
    value = form[name].value()
    return value if isinstance(value, str) else ""


def _texts(options: Any) -> list[str]:
    return [text for form in options.forms if (text := _typed(form, "text").strip())]


def _exhibit(form: DraftForm) -> Exhibit | None:
    kind = _typed(form, "exhibit_kind")
    body = _typed(form, "exhibit_picture" if kind == ExhibitKind.IMAGE else "exhibit_body")
    if not body.strip() or kind not in ExhibitKind.values:
        return None
    if kind == ExhibitKind.SVG:
        try:
            body = svg.check(body)
        except svg.BadSvg:
            return None
    return exhibit_of(
        ItemVersion(
            exhibit_kind=kind,
            exhibit_title=_typed(form, "exhibit_title"),
            exhibit_body=body,
            exhibit_alt=_typed(form, "exhibit_alt"),
        )
    )
