"""Did forecasts come true? What was said before each mock against what happened in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import mean

from django.db.models import OuterRef, Subquery

from exams import readiness
from exams.intervals import Interval, wilson
from exams.models import Forecast, Score

# No figure about fewer people is shown to others.
FEWEST_PEOPLE = 10
STEPS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """One mock: the chance and the 80 % range said before it, and what happened."""

    user_id: int
    chance: float
    low: int
    high: int
    raw: int
    cut: int

    @property
    def reached(self) -> bool:
        return self.raw >= self.cut

    @property
    def is_within(self) -> bool:
        return self.low <= self.raw <= self.high


@dataclass(frozen=True, slots=True)
class Bin:
    """Mocks whose forecast chance lay from `low` to `high`; `interval` is Wilson's of the share at the cut or above."""

    low: float
    high: float
    n: int
    reached: int
    mean_chance: float
    interval: Interval

    @property
    def share(self) -> float:
        return self.reached / self.n

    @property
    def share_percent(self) -> int:
        return round(100 * self.share)

    @property
    def mean_percent(self) -> int:
        return round(100 * self.mean_chance)

    @property
    def low_percent(self) -> int:
        return round(100 * self.low)

    @property
    def high_percent(self) -> int:
        return round(100 * self.high)


@dataclass(frozen=True)
class Calibration:
    """`bins` is empty, and the figures None, while fewer than ten people have a forecast with a mock after it."""

    n: int
    people: int
    left_out: int
    bins: Sequence[Bin] = ()
    brier: float | None = None
    ece: float | None = None
    coverage: float | None = None
    coverage_interval: Interval | None = None

    @property
    def fewest(self) -> int:
        return FEWEST_PEOPLE

    @property
    def coverage_percent(self) -> int | None:
        return None if self.coverage is None else round(100 * self.coverage)


def of_site() -> Calibration:
    """Every finished mock with a forecast before it; instructors, who know the bank, stay out.

    A mock that repeats items, or has another size or cut than was forecast, is not what the forecast was of.
    """
    earlier = (
        Forecast.objects.with_enough(answers=readiness.FEWEST_ANSWERS, domains=readiness.FEWEST_DOMAINS)
        .filter(user=OuterRef("attempt__user"), at__lt=OuterRef("attempt__started_at"))
        .order_by("-at", "-pk")
    )
    scores = Score.objects.filter(is_counted=True).annotate(forecast=Subquery(earlier.values("pk")[:1]))
    known = list(scores.filter(forecast__isnull=False).select_related("attempt__exam_form"))
    forecasts = Forecast.objects.in_bulk({score.forecast for score in known})
    pairs = [(score, forecasts[score.forecast]) for score in known]
    found = [_outcome(score, forecast) for score, forecast in pairs if _is_what_was_forecast(score, forecast)]
    return calibration(found, left_out=len(pairs) - len(found))


def _is_what_was_forecast(score: Score, forecast: Forecast) -> bool:
    is_fresh = score.attempt.exam_form.reused_count == 0
    return is_fresh and (score.scored_count, score.practice_cut) == (forecast.scored_count, forecast.cut)


def _outcome(score: Score, forecast: Forecast) -> Outcome:
    return Outcome(
        user_id=score.attempt.user_id,
        chance=forecast.chance,
        low=forecast.low,
        high=forecast.high,
        raw=score.raw,
        cut=score.practice_cut,
    )


def calibration(outcomes: Sequence[Outcome], *, left_out: int = 0) -> Calibration:
    people = len({outcome.user_id for outcome in outcomes})
    if people < FEWEST_PEOPLE:
        return Calibration(len(outcomes), people, left_out)
    n, within = len(outcomes), sum(outcome.is_within for outcome in outcomes)
    bins = bins_of(outcomes)
    return Calibration(
        n=n,
        people=people,
        left_out=left_out,
        bins=bins,
        brier=mean((outcome.chance - outcome.reached) ** 2 for outcome in outcomes),
        ece=fsum(one.n * abs(one.mean_chance - one.share) for one in bins) / n,
        coverage=within / n,
        coverage_interval=wilson(within, n),
    )


def bins_of(outcomes: Iterable[Outcome]) -> list[Bin]:
    """Tenths of the chance, neighbours joined until each holds ten people."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.chance)
    groups: list[list[Outcome]] = []
    edges: list[float] = []
    for step in range(STEPS):
        inside = [one for one in ordered if min(STEPS - 1, int(STEPS * one.chance)) == step]
        if groups and not _is_enough(groups[-1]):
            groups[-1] += inside
        else:
            groups.append(inside)
            edges.append(step / STEPS)
    if len(groups) > 1 and not _is_enough(groups[-1]):
        last = groups.pop()
        edges.pop()
        groups[-1] += last
    return [_bin(low, high, group) for low, high, group in zip(edges, [*edges[1:], 1.0], groups, strict=True)]


def _is_enough(group: Iterable[Outcome]) -> bool:
    return len({outcome.user_id for outcome in group}) >= FEWEST_PEOPLE


def _bin(low: float, high: float, group: Sequence[Outcome]) -> Bin:
    reached = sum(outcome.reached for outcome in group)
    chance = mean(outcome.chance for outcome in group)
    return Bin(low, high, len(group), reached, chance, wilson(reached, len(group)))
