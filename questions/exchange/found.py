"""What a file of any format tells of a question, in the fields of the bank's own format, as far as it tells them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from questions.bank_format import OPTION_IDS, Problem


class Unreadable(Exception):
    """A file, or one question of it, cannot be read; the message says why and how to mend it. `line` counts from 1."""

    def __init__(self, message: str, line: int = 0) -> None:
        self.message, self.line = message, line
        super().__init__(message)


class CannotCarry(Exception):
    """A format has no place for something that an item cannot do without; the message says for what."""


@dataclass(frozen=True)
class Found:
    """One question: where it stands, and its fields as docs/authoring.md names them. Nothing is checked yet."""

    file: str
    line: int
    fields: Mapping[str, Any]


@dataclass
class Reading:
    """What reading a file gave: a problem for each question that could not be read."""

    found: list[Found] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def take(self, place: str, line: int, read: Callable[[], Mapping[str, Any] | None]) -> None:
        """Add one question; None is something that is no question, such as a category."""
        try:
            fields = read()
        except Unreadable as error:
            self.problems.append(Problem(place, error.line or line, "", error.message))
        else:
            if fields is not None:
                self.found.append(Found(place, line, fields))


def with_key(answers: list[tuple[str, str, bool]]) -> dict[str, Any]:
    """The fields `options` and `key` from texts, rationales and whether each is right. Raises Unreadable."""
    right = [place for place, (_, _, is_right) in enumerate(answers) if is_right]
    if len(answers) > len(OPTION_IDS):
        raise Unreadable(f"The question has {len(answers)} answers; at most {len(OPTION_IDS)} fit.")
    if len(right) != 1:
        raise Unreadable(f"{len(right) or 'No'} answers are marked as right; an item has exactly one key.")
    options = [
        {"id": option_id, "text": text, "rationale": rationale}
        for option_id, (text, rationale, _) in zip(OPTION_IDS, answers, strict=False)
    ]
    return {"options": options, "key": OPTION_IDS[right[0]]}
