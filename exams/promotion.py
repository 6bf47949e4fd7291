"""When a pilot is ready to count: six conditions, each green or not, and never without a person's signature.

The rule keeps useless items out: at 50 answers one in six of them would pass (docs/psychometrics.md).
"""

from dataclasses import dataclass
from math import sqrt

from exams.item_analysis import Z_ONE_SIDED_90, bound
from exams.item_statistics import Measured

ENOUGH, CANDIDATE = 200, 100
LEAST_R, LEAST_R_BOUND = 0.15, 0.05
LEAST_P, MOST_P = 0.30, 0.95
MOST_SE = 0.20


@dataclass(frozen=True, slots=True)
class Condition:
    wish: str
    found: str
    is_met: bool


@dataclass(frozen=True)
class Readiness:
    """A pilot against the rule."""

    measured: Measured
    conditions: tuple[Condition, ...]

    @property
    def is_ready(self) -> bool:
        return all(condition.is_met for condition in self.conditions)

    @property
    def verdict(self) -> str:
        if self.is_ready:
            return "ready"
        others = all(condition.is_met for condition in self.conditions[1:])
        return "candidate" if others and self.measured.n >= CANDIDATE else "waiting"


def readiness(measured: Measured) -> Readiness:
    item, n = measured.statistics, measured.n
    p, r = item.p, item.r_rest
    low = bound(r, n, -Z_ONE_SIDED_90) if r is not None and n > 3 else None
    error = standard_error(n, p)
    return Readiness(
        measured,
        (
            Condition(f"at least {ENOUGH} answers", str(n), n >= ENOUGH),
            Condition(f"discrimination at least {LEAST_R:.2f}", _number(r), r is not None and r >= LEAST_R),
            Condition(
                f"its lower 90 % bound at least {LEAST_R_BOUND:.2f}",
                _number(low),
                low is not None and low >= LEAST_R_BOUND,
            ),
            Condition(
                f"facility from {LEAST_P:.2f} to {MOST_P:.2f}", _number(p), p is not None and LEAST_P <= p <= MOST_P
            ),
            Condition("no flag", ", ".join(measured.flags) or "none", not measured.flags),
            Condition(
                f"standard error of the difficulty at most {MOST_SE:.2f}",
                _number(error),
                error is not None and error <= MOST_SE,
            ),
        ),
    )


def standard_error(n: int, p: float | None) -> float | None:
    """Of the Rasch difficulty in logits, 1 / sqrt(n p q), until items are calibrated."""
    return 1 / sqrt(n * p * (1 - p)) if p and p < 1 else None


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
