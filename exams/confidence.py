"""Whether a person knows what they know: how sure they said they were against how often they were right."""

from collections.abc import Sequence
from dataclasses import dataclass

from exams.intervals import Interval, wilson
from exams.models import Confidence

# From so many ratings on a person's calibration is shown (docs/psychometrics.md).
FEWEST = 30
# What each word stands for: a guess among four options is right in a quarter, the others are our convention.
STATED = {Confidence.SURE: 0.9, Confidence.UNSURE: 0.6, Confidence.GUESS: 0.25}


@dataclass(frozen=True, slots=True)
class Level:
    """Answers that were given with one word."""

    name: str
    stated_percent: int
    n: int
    right: int
    interval: Interval

    @property
    def percent(self) -> int:
        return round(100 * self.right / self.n) if self.n else 0

    @property
    def verdict(self) -> str:
        """In words, only where the plausible range leaves what was stated outside."""
        stated = self.stated_percent / 100
        if self.n and self.interval.high < stated:
            return "surer than right"
        return "more right than sure" if self.n and self.interval.low > stated else ""


@dataclass(frozen=True)
class Calibration:
    """`brier` is the mean squared distance of the stated from what came, 0 at best."""

    n: int
    levels: list[Level]
    brier: float | None

    @property
    def is_shown(self) -> bool:
        return self.n >= FEWEST

    @property
    def fewest(self) -> int:
        return FEWEST


def calibration_of(ratings: Sequence[tuple[int, bool]]) -> Calibration:
    """From (confidence, whether it was right) of every rated answer."""
    levels = []
    for level, stated in STATED.items():
        rights = [is_right for said, is_right in ratings if said == level]
        n, right = len(rights), sum(rights)
        levels.append(Level(level.label, round(100 * stated), n, right, wilson(right, n)))
    errors = [(STATED[Confidence(said)] - is_right) ** 2 for said, is_right in ratings]
    return Calibration(len(ratings), levels, sum(errors) / len(errors) if errors else None)
