"""What changed between two versions of an item, field by field, for people to read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from questions.content import ItemContent, OptionContent
from questions.models import ExhibitKind
from questions.samples import LETTERS

SHOWN_AS_TEXT = (ExhibitKind.TEXT, ExhibitKind.TABLE)


@dataclass(frozen=True, slots=True)
class Piece:
    """The old text is its pieces without what was inserted, the new text without what was deleted."""

    kind: Literal["same", "deleted", "inserted"]
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    pieces: tuple[Piece, ...]
    in_lines: bool = False

    @property
    def is_changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


@dataclass(frozen=True)
class Comparison:
    """`other_picture` is whether two drawings or pictures have to be looked at side by side."""

    changed: list[Field]
    unchanged: list[Field]
    other_picture: bool

    @property
    def is_same(self) -> bool:
        return not self.changed and not self.other_picture


def compare(old: ItemContent, new: ItemContent) -> Comparison:
    fields = [*_plain_fields(old, new), *_exhibit(old, new), *_options(old.options, new.options)]
    fields += _references(old, new)
    drawn = [content for content in (old, new) if content.exhibit_kind not in ("", *SHOWN_AS_TEXT)]
    return Comparison(
        changed=[field for field in fields if field.is_changed],
        unchanged=[field for field in fields if field.pieces and not field.is_changed],
        other_picture=bool(drawn) and old.exhibit_body != new.exhibit_body,
    )


def words(old: str, new: str) -> tuple[Piece, ...]:
    return _pieces(re.findall(r"\S+\s*|\s+", old), re.findall(r"\S+\s*|\s+", new))


def lines(old: str, new: str) -> tuple[Piece, ...]:
    return _pieces(old.splitlines(keepends=True), new.splitlines(keepends=True))


def _pieces(old: list[str], new: list[str]) -> tuple[Piece, ...]:
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(old[a:b])))
            continue
        if a < b:
            found.append(Piece("deleted", "".join(old[a:b])))
        if c < d:
            found.append(Piece("inserted", "".join(new[c:d])))
    return tuple(found)


def _whole(old: str, new: str) -> tuple[Piece, ...]:
    """For values of which a part means nothing."""
    return _pieces([old] if old else [], [new] if new else [])


def _plain_fields(old: ItemContent, new: ItemContent) -> Iterator[Field]:
    yield Field("Stem", words(old.stem, new.stem))
    yield Field("Task", _whole(old.task, new.task))
    yield Field("Topic", _whole(old.topic, new.topic))
    yield Field("Point", words(old.point, new.point))
    yield Field("Cognitive level", _whole(old.cognitive, new.cognitive))
    yield Field("Order of options", _whole(old.order, new.order))
    yield Field("Tags", words(" ".join(old.tags), " ".join(new.tags)))
    yield Field("Guessed facility", _whole(_share(old.predicted_p), _share(new.predicted_p)))


def _share(value: float | None) -> str:
    return "" if value is None else str(value)


def _exhibit(old: ItemContent, new: ItemContent) -> Iterator[Field]:
    yield Field("Kind of exhibit", _whole(old.exhibit_kind, new.exhibit_kind))
    yield Field("Exhibit title", words(old.exhibit_title, new.exhibit_title))
    bodies = [content.exhibit_body if content.exhibit_kind in SHOWN_AS_TEXT else "" for content in (old, new)]
    yield Field("Exhibit", lines(*bodies), in_lines=True)
    yield Field("Exhibit in words", words(old.exhibit_alt, new.exhibit_alt))


def _options(old: tuple[OptionContent, ...], new: tuple[OptionContent, ...]) -> Iterator[Field]:
    nothing = OptionContent("", "", is_key=False)
    for before, after in _pairs([option.text for option in old], [option.text for option in new]):
        one = nothing if before is None else old[before]
        other = nothing if after is None else new[after]
        name = f"Option {LETTERS[after]}" if after is not None else f"Option {LETTERS[before or 0]}, removed"
        yield Field(name, words(one.text, other.text))
        if before is not None and after is not None and before != after:
            yield Field(f"{name}, place", _whole(LETTERS[before], LETTERS[after]))
        roles = ["" if option is nothing else "the key" if option.is_key else "a distractor" for option in (one, other)]
        yield Field(f"{name}, role", _whole(*roles))
        yield Field(f"{name}, rationale", words(one.rationale, other.rationale))


def _pairs(old: list[str], new: list[str]) -> list[tuple[int | None, int | None]]:
    """Which option became which: those of one text first, wherever they stand; the others by their order."""
    same = {after: old.index(text) for after, text in enumerate(new) if text in old}
    left = [before for before in range(len(old)) if before not in same.values()]
    pairs: list[tuple[int | None, int | None]] = []
    for after in range(len(new)):
        before = same[after] if after in same else left.pop(0) if left else None
        pairs.append((before, after))
    return pairs + [(before, None) for before in left]


def _references(old: ItemContent, new: ItemContent) -> Iterator[Field]:
    for place in range(max(len(old.references), len(new.references))):
        texts = [
            ", ".join(f"{name}: {value}" for name, value in content.references[place].items())
            if place < len(content.references)
            else ""
            for content in (old, new)
        ]
        yield Field(f"Reference {place + 1}", words(*texts))
