"""Intervals for proportions."""

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of plausible proportions, 0 to 1."""

    low: float
    high: float

    @property
    def low_percent(self) -> int:
        return round(100 * self.low)

    @property
    def high_percent(self) -> int:
        return round(100 * self.high)


def wilson(right: int, total: int, *, z: float = Z_95) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927), 95 % unless `z` says otherwise.

    No answers at all leave everything plausible: 0 to 1.
    """
    if not 0 <= right <= total:
        raise ValueError(f"{right} right of {total} is not a proportion.")
    if total == 0:
        return Interval(0.0, 1.0)
    share, spread = right / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / total + spread / total / 4) / (1 + spread)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))
