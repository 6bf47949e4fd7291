"""The readiness page: the forecast of this moment, the ten domains, and what was forecast before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from exams import domain_estimates, forecasts, fresh_answers, full_forms, readiness, readiness_charts
from exams.apportionment import apportion
from exams.charts import IntervalChart
from exams.domain_estimates import Counts, DomainEstimate
from exams.fresh_answers import Evidence
from exams.full_forms import FullForm
from exams.intervals import wilson
from exams.models import Forecast
from exams.readiness import Outlook, chance_in_words
from exams.readiness_charts import BandChart, TrendChart
from exams.reports import DomainLine
from questions.models import Domain, Outline

MOST_PAST = 20


@dataclass(frozen=True)
class DomainLevel:
    """A domain's fresh answers, and the estimate that borrows from the total once there are enough."""

    line: DomainLine
    estimate: DomainEstimate | None


@dataclass(frozen=True)
class Past:
    """One stored forecast with its chance in words."""

    forecast: Forecast
    chance: str


@dataclass(frozen=True)
class ReadinessReport:
    outlook: Outlook
    band: BandChart
    levels: Sequence[DomainLevel]
    past: Sequence[Past]
    trend: TrendChart | None
    rapid_count: int

    @property
    def chance(self) -> str:
        return chance_in_words(self.outlook.chance)

    @property
    def fewest_answers(self) -> int:
        return readiness.FEWEST_ANSWERS

    @property
    def fewest_domains(self) -> int:
        return readiness.FEWEST_DOMAINS

    @property
    def fewest_forms(self) -> int:
        return readiness.FEWEST_FORMS

    @property
    def most_answers(self) -> int:
        return readiness.MOST_ANSWERS

    @property
    def days(self) -> int:
        return readiness.WINDOW.days


def build(*, user: User, now: datetime) -> ReadinessReport | None:
    """None before any content was loaded."""
    outline = Outline.objects.current().first()
    if outline is None:
        return None
    evidence, forms = fresh_answers.of(user, now=now), full_forms.newest(outline)
    outlook = forecasts.current(evidence, forms, outline=outline, now=now)
    past = list(forecasts.shown_of(user).reverse()[:MOST_PAST])
    return ReadinessReport(
        outlook=outlook,
        band=readiness_charts.band(outlook),
        levels=_levels(evidence, forms, outline),
        past=[Past(forecast, chance_in_words(forecast.chance)) for forecast in past],
        trend=readiness_charts.trend(past[::-1]),
        rapid_count=len(evidence.rapid_items),
    )


def _levels(evidence: Evidence, forms: Sequence[FullForm], outline: Outline) -> list[DomainLevel]:
    """All fresh answers of the window: the newest 300 of the forecast would leave a light domain grey for ever."""
    domains = list(outline.domains.all())
    counts = _counts(evidence)
    quotas = apportion(outline.scored_count, {domain.number: domain.weight for domain in domains})
    default = domain_estimates.default_population({domain.pk: quotas[domain.number] for domain in domains})
    population = domain_estimates.population_of(full_forms.domains_of(forms), default)
    estimates = domain_estimates.estimates(counts, population)
    cut = outline.practice_cut / outline.scored_count
    return [_level(domain, counts.get(domain.pk, (0, 0)), estimates[domain.pk], cut) for domain in domains]


def _counts(evidence: Evidence) -> Counts:
    counts: dict[int, tuple[int, int]] = {}
    for answer in evidence.answers:
        right, n = counts.get(answer.domain_id, (0, 0))
        counts[answer.domain_id] = right + answer.is_right, n + 1
    return counts


def _level(domain: Domain, count: tuple[int, int], estimate: DomainEstimate, cut: float) -> DomainLevel:
    right, n = count
    interval = wilson(right, n)
    line = DomainLine(domain.name, right, n, interval, IntervalChart.of(right / n if n else 0.0, interval, cut))
    return DomainLevel(line, estimate if line.has_verdict else None)
