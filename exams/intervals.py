"""Intervals for proportions."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

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

    def counts(self, total: int) -> tuple[int, int]:
        """Its ends as counts out of `total`."""
        return round(self.low * total), round(self.high * total)


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


def mean_interval(values: Sequence[float]) -> Interval | None:
    """95 % interval of the mean of proportions, one a person: mean ± t·s/√n, cut to 0 to 1. None for fewer than two.

    Persons, not answers, are the sample: the answers of one person hang together.
    """
    n = len(values)
    if n < 2:
        return None
    half = _t_quantile(n - 1) * stdev(values) / sqrt(n)
    return Interval(max(0.0, mean(values) - half), min(1.0, mean(values) + half))


def _t_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t (Abramowitz and Stegun 26.7.5); within 0.3 % from four degrees on."""
    z = Z_95
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3
