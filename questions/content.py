"""The content of an item version as plain values, and its digest."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from questions.models import ItemVersion

# Fields that content and version hold alike, under one name.
SAME_NAMES = (
    "cognitive", "order", "stem", "topic", "point", "exhibit_kind", "exhibit_title", "exhibit_body", "exhibit_alt",
    "predicted_p",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiver:
    """A writing rule that an item may break, and why; `about` narrows it to one field or one other item."""

    rule: str
    reason: str
    about: str = ""


@dataclass(frozen=True)
class OptionContent:
    text: str
    rationale: str
    is_key: bool


@dataclass(frozen=True)
class ItemContent:
    """All that a version holds, in the order of its options; equal contents have equal digests."""

    task: str
    cognitive: str
    order: str
    stem: str
    options: tuple[OptionContent, ...]
    references: tuple[dict[str, Any], ...]
    topic: str = ""
    point: str = ""
    exhibit_kind: str = ""
    exhibit_title: str = ""
    exhibit_body: str = ""
    exhibit_alt: str = ""
    tags: tuple[str, ...] = field(default=())
    predicted_p: float | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON. Stored digests are compared with it: never change how it is made."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def content_of(version: ItemVersion) -> ItemContent:
    """The stored version again as plain values."""
    return ItemContent(
        task=version.task.code,
        options=tuple(OptionContent(option.text, option.rationale, option.is_key) for option in version.options.all()),
        references=tuple(version.references),
        tags=tuple(version.tags),
        **{name: getattr(version, name) for name in SAME_NAMES},
    )
