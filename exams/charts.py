"""Geometry of the pictures that the server draws; templates only place it into SVG."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from exams.intervals import Interval

# The drawing's own units: a line from LEFT to RIGHT stands for 0 to 100 percent.
LEFT, RIGHT = 8.0, 212.0


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """Where the dot, the bar's ends and the dashed cut lie, in drawing units."""

    dot: float
    low: float
    high: float
    cut: float

    @classmethod
    def of(cls, share: float, interval: Interval, cut: float) -> "IntervalChart":
        return cls(*(round(LEFT + (RIGHT - LEFT) * value, 1) for value in (share, interval.low, interval.high, cut)))


@dataclass(frozen=True, slots=True)
class Curve:
    """One option's share in each score group as a line: SVG points, and where its letter stands at the end."""

    letter: str
    is_key: bool
    points: str
    label_x: float
    end_y: float


# The drawing of option curves: 300 by 160 units, 0 percent at the bottom.
CURVES_LEFT, CURVES_RIGHT, CURVES_TOP, CURVES_BOTTOM = 30.0, 280.0, 10.0, 140.0
LETTER_HEIGHT = 11.0


def curves(options: Sequence[tuple[str, bool, Sequence[float | None]]]) -> list[Curve]:
    """Curves of (letter, is key, share in each group); groups without anybody leave a gap that the line spans."""
    found = []
    for letter, is_key, shares in options:
        step = (CURVES_RIGHT - CURVES_LEFT) / max(1, len(shares) - 1)
        points = [
            (round(CURVES_LEFT + step * place, 1), round(CURVES_BOTTOM - (CURVES_BOTTOM - CURVES_TOP) * share, 1))
            for place, share in enumerate(shares)
            if share is not None
        ]
        if points:
            end_x, end_y = points[-1]
            found.append(Curve(letter, is_key, " ".join(f"{x},{y}" for x, y in points), end_x + 6, end_y))
    return _apart(found)


def _apart(found: list[Curve]) -> list[Curve]:
    """Letters that would stand on each other move up from the lowest, each by what is lacking."""
    lowest = CURVES_BOTTOM + LETTER_HEIGHT
    moved = {}
    for curve in sorted(found, key=lambda curve: -curve.end_y):
        lowest = min(curve.end_y, lowest - LETTER_HEIGHT)
        moved[curve.letter] = replace(curve, end_y=round(lowest, 1))
    return [moved[curve.letter] for curve in found]
