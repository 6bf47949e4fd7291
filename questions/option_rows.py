"""The rows of options in the editor as they were typed, and the steps that rearrange them; nothing is checked yet."""

from collections.abc import Mapping
from typing import Any

FEWEST, USUAL, MOST = 3, 4, 8

Row = dict[str, Any]


def blank(count: int = USUAL) -> list[Row]:
    return [{"text": "", "is_key": False, "rationale": ""} for _ in range(count)]


def typed(data: Mapping[str, Any], prefix: str = "options") -> list[Row]:
    """The rows that a browser sent, in order."""
    numbers = range(min(_number(data.get(f"{prefix}-TOTAL_FORMS")) or 0, MOST))
    return [
        {
            "text": data.get(f"{prefix}-{n}-text", ""),
            "is_key": bool(data.get(f"{prefix}-{n}-is_key")),
            "rationale": data.get(f"{prefix}-{n}-rationale", ""),
        }
        for n in numbers
    ]


def after(rows: list[Row], step: str) -> tuple[list[Row], str]:
    """The rows after a step such as `add`, `up-2`, `down-0` or `remove-3`, and which control is at hand next.

    A step that cannot be taken changes nothing.
    """
    name, _, number = step.partition("-")
    rows, last = list(rows), len(rows) - 1
    place = _number(number)
    if name == "add" and len(rows) < MOST:
        return [*rows, *blank(1)], f"text-{len(rows)}"
    if place is None or place > last:
        return rows, ""
    if name == "remove" and len(rows) > FEWEST:
        del rows[place]
        return rows, f"remove-{min(place, last - 1)}" if len(rows) > FEWEST else "add"
    other = {"up": place - 1, "down": place + 1}.get(name, -1)
    if not 0 <= other <= last:
        return rows, ""
    rows[place], rows[other] = rows[other], rows[place]
    # At either end the button that was pressed is off.
    at_an_end = other in (0, last)
    return rows, f"{({'up': 'down', 'down': 'up'}[name]) if at_an_end else name}-{other}"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 4 else None
