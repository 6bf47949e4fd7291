"""Geometry of the readiness pictures; templates only place it into SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from exams.calibration import Bin
from exams.readiness import Outlook

# The band: 340 units wide, a line from LEFT to RIGHT stands for none to all scored items right.
LEFT, RIGHT = 22.0, 312.0
# The trend: oldest forecast left, none right at the bottom, all at the top.
TREND_LEFT, TREND_RIGHT, TREND_TOP, TREND_BOTTOM = 34.0, 328.0, 10.0, 130.0
# The reliability diagram: a square, forecast from left to right, what happened from the bottom up.
SQUARE_LEFT, SQUARE_RIGHT, SQUARE_TOP, SQUARE_BOTTOM = 40.0, 230.0, 10.0, 200.0


@dataclass(frozen=True, slots=True)
class BandChart:
    """Where the range's ends, the expected number and the practice cut lie."""

    low: float
    high: float
    expected: float
    cut: float


class Marked(Protocol):
    """What a trend is drawn of: a stored forecast, or the result of a mock."""

    @property
    def at(self) -> date: ...
    @property
    def expected(self) -> float: ...
    @property
    def low(self) -> int: ...
    @property
    def high(self) -> int: ...
    @property
    def cut(self) -> int: ...
    @property
    def scored_count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class TrendMark:
    """One of them as an upright bar with a dot."""

    at: date
    x: float
    low: float
    high: float
    expected: float


@dataclass(frozen=True, slots=True)
class TrendChart:
    marks: Sequence[TrendMark]
    cut: float


@dataclass(frozen=True, slots=True)
class ReliabilityMark:
    """One bin: where the mean forecast and the observed share meet, and the ends of the interval."""

    x: float
    y: float
    low: float
    high: float


def band(outlook: Outlook) -> BandChart:
    def place(count: float) -> float:
        return _between(LEFT, RIGHT, count / outlook.target.scored_count)

    return BandChart(place(outlook.low), place(outlook.high), place(outlook.expected), place(outlook.target.cut))


def trend(told: Sequence[Marked]) -> TrendChart | None:
    """Evenly spaced: two of one evening would else stand on each other. None without any."""
    if not told:
        return None

    def place(count: float, one: Marked) -> float:
        return _between(TREND_BOTTOM, TREND_TOP, count / one.scored_count)

    marks = [
        TrendMark(
            at=one.at,
            x=_between(TREND_LEFT, TREND_RIGHT, (number + 0.5) / len(told)),
            low=place(one.low, one),
            high=place(one.high, one),
            expected=place(one.expected, one),
        )
        for number, one in enumerate(told)
    ]
    return TrendChart(marks, place(told[-1].cut, told[-1]))


def reliability(bins: Sequence[Bin]) -> list[ReliabilityMark]:
    def up(share: float) -> float:
        return _between(SQUARE_BOTTOM, SQUARE_TOP, share)

    return [
        ReliabilityMark(
            x=_between(SQUARE_LEFT, SQUARE_RIGHT, one.mean_chance),
            y=up(one.share),
            low=up(one.interval.low),
            high=up(one.interval.high),
        )
        for one in bins
    ]


def _between(start: float, end: float, share: float) -> float:
    return round(start + (end - start) * share, 1)
