"""How the time went in a finished exam, from the seconds that the browser says each item was on screen.

Shown, never believed: the clock is the server's, and a page without scripts measures nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Protocol

QUARTERS = 4
# Rapid guesses: Wise and Kong's threshold in its usual form, ten seconds at most.
FAST_SECONDS = 10
# A sink took at least twice the usual time and two minutes.
SINK_SECONDS, SINK_TIMES = 120, 2
MOST_SINKS = 5


class Timed(Protocol):
    """What pacing needs of an item."""

    @property
    def position(self) -> int: ...
    @property
    def visible_seconds(self) -> int: ...
    @property
    def chosen(self) -> str: ...
    @property
    def is_right(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of the items in their order; `seconds` on screen altogether."""

    first: int
    last: int
    seconds: int
    right: int
    count: int

    @property
    def minutes(self) -> float:
        return self.seconds / 60

    @property
    def seconds_an_item(self) -> int:
        return round(self.seconds / self.count) if self.count else 0

    @property
    def percent_right(self) -> int:
        return round(100 * self.right / self.count) if self.count else 0


@dataclass(frozen=True)
class Pacing:
    """`sinks` are (position, seconds), the longest first; fast answers were given within ten seconds."""

    quarters: list[Quarter]
    sinks: list[tuple[int, int]]
    fast: int
    fast_right: int

    @property
    def is_measured(self) -> bool:
        return any(quarter.seconds for quarter in self.quarters)

    @property
    def longest(self) -> int:
        return max((quarter.seconds for quarter in self.quarters), default=0)


def pacing_of(items: Sequence[Timed]) -> Pacing:
    ordered = sorted(items, key=lambda item: item.position)
    size = ceil(len(ordered) / QUARTERS) if ordered else 1
    parts = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    fast = [item for item in ordered if item.chosen and 0 < item.visible_seconds < FAST_SECONDS]
    return Pacing(
        quarters=[_quarter(part) for part in parts],
        sinks=_sinks(ordered),
        fast=len(fast),
        fast_right=sum(item.is_right for item in fast),
    )


def _quarter(part: Sequence[Timed]) -> Quarter:
    return Quarter(
        first=part[0].position,
        last=part[-1].position,
        seconds=sum(item.visible_seconds for item in part),
        right=sum(item.is_right for item in part),
        count=len(part),
    )


def _sinks(items: Sequence[Timed]) -> list[tuple[int, int]]:
    seen = [item.visible_seconds for item in items if item.visible_seconds]
    least = max(SINK_SECONDS, SINK_TIMES * median(seen)) if seen else SINK_SECONDS
    long = [(item.position, item.visible_seconds) for item in items if item.visible_seconds >= least]
    return sorted(long, key=lambda sink: (-sink[1], sink[0]))[:MOST_SINKS]
