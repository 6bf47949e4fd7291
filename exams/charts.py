"""Geometry of the pictures that the server draws; templates only place it into SVG."""

from dataclasses import dataclass

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
