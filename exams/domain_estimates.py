"""Domain estimates that borrow from the total (Haberman 2008): pure functions of counts.

A few items say little of a domain, the total says much, because domains hang together. The estimate is the regression
of the domain's true share on the share right in it and on the total share. Formulas: docs/psychometrics.md.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from exams.readiness import FEWEST_FORMS, true_variance

Counts = Mapping[int, tuple[int, int]]

Z_80 = 1.281552

# What is assumed until the site knows better.
DEFAULT_LEVEL = 0.70
DEFAULT_RELIABILITY = 0.90
DEFAULT_CORRELATION = 0.85
# For how many people of the site the assumption counts afterwards: 55 covariances from 30 people are mostly noise.
DEFAULT_PEOPLE = 100


class Verdict(StrEnum):
    """Where a domain lies against what the total implies for it."""

    ABOVE = "above"
    LEVEL = "level"
    BELOW = "below"


@dataclass(frozen=True)
class Population:
    """Mean and covariances of true domain shares among people, by domain id."""

    means: Mapping[int, float]
    covariances: Mapping[tuple[int, int], float]

    def error(self, domain: int, count: int) -> float:
        """Error variance of the share right on `count` items."""
        level = self.means[domain]
        return max(0.0, level * (1 - level) - self.covariances[domain, domain]) / count


@dataclass(frozen=True, slots=True)
class DomainEstimate:
    """`value` with its 80 % band `low` to `high`; `implied` is what the total alone would say of the domain.

    `prmse` is the share of the domain's variance that the estimate explains.
    """

    value: float
    low: float
    high: float
    implied: float
    prmse: float
    verdict: Verdict

    @property
    def percent(self) -> int:
        return round(100 * self.value)

    @property
    def low_percent(self) -> int:
        return round(100 * self.low)

    @property
    def high_percent(self) -> int:
        return round(100 * self.high)


def default_population(quotas: Mapping[int, int]) -> Population:
    """Equal domains that correlate by .85, their variance such that a form of these quotas has a reliability of .90."""
    count = sum(quotas.values())
    squares = sum((quota / count) ** 2 for quota in quotas.values())
    together = DEFAULT_CORRELATION + (1 - DEFAULT_CORRELATION) * squares
    binomial = DEFAULT_LEVEL * (1 - DEFAULT_LEVEL) * DEFAULT_RELIABILITY / count
    variance = binomial / ((1 - DEFAULT_RELIABILITY) * together + DEFAULT_RELIABILITY / count)
    return Population(
        dict.fromkeys(quotas, DEFAULT_LEVEL),
        {(one, two): variance * (1 if one == two else DEFAULT_CORRELATION) for one in quotas for two in quotas},
    )


def population_of(forms: Sequence[Counts], default: Population) -> Population:
    """The site's own once thirty people have sat a full form, mixed with the default as if that were a hundred."""
    usable = [form for form in forms if all(form.get(domain, (0, 0))[1] > 1 for domain in default.means)]
    if len(usable) < FEWEST_FORMS:
        return default
    own = observed_population(usable, default.means.keys())
    share = len(usable) / (len(usable) + DEFAULT_PEOPLE)
    return Population(
        {domain: _mix(own.means[domain], mean, share) for domain, mean in default.means.items()},
        {pair: _mix(own.covariances[pair], value, share) for pair, value in default.covariances.items()},
    )


def _mix(own: float, default: float, share: float) -> float:
    return share * own + (1 - share) * default


def observed_population(forms: Sequence[Counts], domains: Collection[int]) -> Population:
    """Means and covariances of shares right, the binomial part taken out of the variances."""
    n = len(forms)
    shares = {domain: [form[domain][0] / form[domain][1] for form in forms] for domain in domains}
    means = {domain: sum(values) / n for domain, values in shares.items()}
    covariances = {}
    for one in domains:
        count = n / sum(1 / form[one][1] for form in forms)
        for two in domains:
            pairs = zip(shares[one], shares[two], strict=True)
            found = sum((x - means[one]) * (y - means[two]) for x, y in pairs) / (n - 1)
            covariances[one, two] = max(0.0, true_variance(found, means[one], count)) if one == two else found
    return Population(means, covariances)


def estimates(counts: Counts, population: Population) -> dict[int, DomainEstimate]:
    """An estimate for each domain of the population; answers in other domains are left out."""
    known = {domain: (right, n) for domain, (right, n) in counts.items() if n and domain in population.means}
    return {domain: _estimate(domain, known, population) for domain in population.means}


def _estimate(domain: int, counts: Counts, population: Population) -> DomainEstimate:
    """Haberman's regression on own share and total share, whatever the mix of domains among the answers."""
    total = sum(n for _, n in counts.values())
    mean, true = population.means[domain], population.covariances[domain, domain]
    if not total:
        return _with_band(mean, implied=mean, true=true, prmse=0.0)
    part = {one: n / total for one, (_, n) in counts.items()}
    with_total = sum(share * population.covariances[domain, one] for one, share in part.items())
    var_total = sum(
        share * other * population.covariances[one, two] for one, share in part.items() for two, other in part.items()
    ) + sum(share**2 * population.error(one, counts[one][1]) for one, share in part.items())
    off_total = sum(share * (counts[one][0] / counts[one][1] - population.means[one]) for one, share in part.items())
    slope = with_total / var_total if var_total > 0 else 0.0
    implied = mean + slope * off_total
    if domain not in counts:
        return _with_band(implied, implied=implied, true=true, prmse=_share(slope * with_total, true))
    right, n = counts[domain]
    error = population.error(domain, n)
    var_own, own_and_total = true + error, with_total + part[domain] * error
    determinant = var_own * var_total - own_and_total**2
    if determinant <= 1e-9 * var_own * var_total:
        # All answers are of this domain: its share is the total.
        return _with_band(implied, implied=implied, true=true, prmse=_share(slope * with_total, true))
    of_own = (true * var_total - own_and_total * with_total) / determinant
    of_total = (with_total * var_own - own_and_total * true) / determinant
    value = mean + of_own * (right / n - mean) + of_total * off_total
    return _with_band(value, implied=implied, true=true, prmse=_share(of_own * true + of_total * with_total, true))


def _share(explained: float, true: float) -> float:
    """PRMSE; estimated covariances can take it past 1, where it says that nothing is added."""
    return min(1.0, max(0.0, explained / true)) if true > 0 else 1.0


def _with_band(value: float, *, implied: float, true: float, prmse: float) -> DomainEstimate:
    half = Z_80 * sqrt(true * (1 - prmse))
    off = value - implied
    # Without a band there is nothing to tell: the covariances, not the answers, left no doubt.
    is_told = half > 0 and abs(off) > half
    verdict = Verdict.LEVEL if not is_told else Verdict.ABOVE if off > 0 else Verdict.BELOW
    return DomainEstimate(
        value=_within(value),
        low=_within(value - half),
        high=_within(value + half),
        implied=_within(implied),
        prmse=prmse,
        verdict=verdict,
    )


def _within(value: float) -> float:
    return min(1.0, max(0.0, value))
