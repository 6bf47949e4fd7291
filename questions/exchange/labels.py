"""An item's small facts as labels, for formats that know tags or keywords, and its references as lines of text."""

import csv
import re
from collections.abc import Iterable, Mapping
from typing import Any

from questions.bank_format import REFERENCE_FIELDS

# Label to field. A label without one of these prefixes is a plain tag.
SINGLE = {
    "version": "version", "status": "status", "task": "task", "topic": "topic", "cognitive": "cognitive",
    "order": "order", "p": "predicted_p", "set": "matched_set",
}  # fmt: skip
MANY = {"enemy": "enemies", "tag": "tags"}
REFERENCE = "Reference: "


def labels_of(entry: Mapping[str, Any]) -> list[str]:
    """Such as ['task:IM-2', 'cognitive:recall', 'dicom']."""
    found = [f"{label}:{entry[name]}" for label, name in SINGLE.items() if entry.get(name) not in (None, "")]
    found += [f"enemy:{code}" for code in entry.get("enemies", ())]
    prefixes = tuple(f"{label}:" for label in (*SINGLE, *MANY))
    return found + [f"tag:{tag}" if tag.startswith(prefixes) else tag for tag in entry.get("tags", ())]


def fields_of(labels: Iterable[str]) -> dict[str, Any]:
    """The fields again. What does not fit its field is left to the format's own checks."""
    fields: dict[str, Any] = {}
    for label in labels:
        name, colon, value = label.partition(":")
        if colon and name in SINGLE:
            fields[SINGLE[name]] = _number(name, value)
        else:
            many, text = (MANY[name], value) if colon and name in MANY else ("tags", label)
            fields.setdefault(many, []).append(text)
    return fields


def _number(name: str, value: str) -> Any:
    try:
        return {"version": int, "p": float}.get(name, str)(value)
    except ValueError:
        return value


def bars(values: Iterable[str]) -> str:
    """Values on one line with bars between; a bar or backslash inside one has a backslash before it."""
    return " | ".join(re.sub(r"([\\|])", r"\\\1", " ".join(value.split())) for value in values)


def unbarred(line: str) -> list[str]:
    reader = csv.reader([line], delimiter="|", escapechar="\\", quoting=csv.QUOTE_NONE)
    return [value.strip() for value in next(reader, [])]


def reference_line(reference: Mapping[str, str]) -> str:
    """'source | locator | url=…': the rest by name."""
    named = [f"{name}={reference[name]}" for name in REFERENCE_FIELDS[2:] if reference.get(name)]
    return bars([reference["source"], reference["locator"], *named])


def reference_from(line: str) -> dict[str, str]:
    values = unbarred(line)
    reference = dict(zip(("source", "locator"), values, strict=False))
    for value in values[2:]:
        name, _, text = value.partition("=")
        reference[name.strip()] = text.strip()
    return reference


def note_of(entry: Mapping[str, Any]) -> str:
    """Point and references as the text that a learner reads after answering."""
    lines = [entry["point"]] if entry.get("point") else []
    return "\n".join(lines + [REFERENCE + reference_line(reference) for reference in entry.get("references", ())])


def fields_of_note(text: str) -> dict[str, Any]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    references = [reference_from(line.removeprefix(REFERENCE)) for line in lines if line.startswith(REFERENCE)]
    point = "\n".join(line for line in lines if not line.startswith(REFERENCE))
    return {name: value for name, value in {"point": point, "references": references}.items() if value}
