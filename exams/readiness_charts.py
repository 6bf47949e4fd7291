"""Geometry of the readiness pictures; templates only place it into SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exams.calibration import Bin
from exams.models import Forecast
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


@dataclass(frozen=True, slots=True)
class TrendMark:
    """One stored forecast as an upright bar with a dot."""

    at: datetime
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


def trend(forecasts: Sequence[Forecast]) -> TrendChart | None:
    """Evenly spaced: two forecasts of one evening would else stand on each other. None without any."""
    if not forecasts:
        return None

    def place(count: float, forecast: Forecast) -> float:
        return _between(TREND_BOTTOM, TREND_TOP, count / forecast.scored_count)

    marks = [
        TrendMark(
            at=forecast.at,
            x=_between(TREND_LEFT, TREND_RIGHT, (number + 0.5) / len(forecasts)),
            low=place(forecast.low, forecast),
            high=place(forecast.high, forecast),
            expected=place(forecast.expected, forecast),
        )
        for number, forecast in enumerate(forecasts)
    ]
    return TrendChart(marks, place(forecasts[-1].cut, forecasts[-1]))


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
