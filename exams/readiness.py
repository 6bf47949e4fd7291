"""What a person's fresh answers say about a fresh form of this bank: a pure function of plain values.

The share right is Beta-distributed: a prior from the site's full forms, updated by each fresh answer with its weight. A
fresh form then is beta-binomial (docs/psychometrics.md). Nothing here speaks of the real exam: its cut, its scale and
its items are not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from math import ceil, exp, floor, fsum, log
from statistics import mean, variance

ALGORITHM = 1

WINDOW = timedelta(days=90)
MOST_ANSWERS = 300
HALF_LIFE = timedelta(days=30)
FEWEST_ANSWERS, FEWEST_DOMAINS = 30, 5
# From fewer full forms the site's own spread cannot be told.
FEWEST_FORMS = 30
TAIL = 0.10


@dataclass(frozen=True, slots=True)
class FreshAnswer:
    """An item at a person's first meeting with it, in a mock or a test; what a mock left out is wrong."""

    item_id: int
    domain_id: int
    at: datetime
    is_right: bool


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of the share right of somebody unknown; rough while the site has too few full forms."""

    a: float
    b: float
    is_rough: bool


ROUGH_PRIOR = Prior(14, 6, is_rough=True)


@dataclass(frozen=True, slots=True)
class Target:
    """The fresh form that is forecast: so many scored items, so many right to reach the practice cut."""

    scored_count: int
    cut: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast: `low` to `high` is the 80 % range of items right, `weight` what the answers count for together."""

    target: Target
    prior: Prior
    n: int
    domain_count: int
    weight: float
    newest_at: datetime | None
    oldest_at: datetime | None
    expected: float
    low: int
    high: int
    chance: float

    @property
    def is_shown(self) -> bool:
        return is_enough(n=self.n, domain_count=self.domain_count)


def is_enough(*, n: int, domain_count: int) -> bool:
    return n >= FEWEST_ANSWERS and domain_count >= FEWEST_DOMAINS


def is_recent(at: datetime, *, now: datetime) -> bool:
    return now - WINDOW < at


def weight_of(at: datetime, *, now: datetime) -> float:
    """1 for an answer of this moment, half of it for each 30 days since."""
    return float(0.5 ** (max(timedelta(), now - at) / HALF_LIFE))


def counted(answers: Iterable[FreshAnswer], *, now: datetime) -> list[FreshAnswer]:
    """The newest 300 of the last 90 days, newest first."""
    recent = [answer for answer in answers if is_recent(answer.at, now=now)]
    return sorted(recent, key=lambda answer: (answer.at, answer.item_id), reverse=True)[:MOST_ANSWERS]


def outlook(answers: Iterable[FreshAnswer], *, target: Target, prior: Prior, now: datetime) -> Outlook:
    """The forecast from whatever answers there are; whether they are enough to be shown, `is_shown` says."""
    taken = counted(answers, now=now)
    weights = [weight_of(answer.at, now=now) for answer in taken]
    # fsum, so that the order of answers changes not even the last digit.
    right = fsum(weight for weight, answer in zip(weights, taken, strict=True) if answer.is_right)
    wrong = fsum(weight for weight, answer in zip(weights, taken, strict=True) if not answer.is_right)
    a, b = prior.a + right, prior.b + wrong
    shares = beta_binomial(target.scored_count, a, b)
    expected = target.scored_count * a / (a + b)
    low, high = central_range(shares)
    return Outlook(
        target=target,
        prior=prior,
        n=len(taken),
        domain_count=len({answer.domain_id for answer in taken}),
        weight=right + wrong,
        newest_at=taken[0].at if taken else None,
        oldest_at=taken[-1].at if taken else None,
        expected=expected,
        low=min(low, floor(expected)),
        high=max(high, ceil(expected)),
        chance=min(1.0, fsum(shares[target.cut :])),
    )


def prior_of(raws: Sequence[int], *, scored_count: int) -> Prior:
    """Beta(a, b) by moments from items right on full forms of `scored_count` items, one form a person.

    The variance between people is what is left of the observed one without the binomial part. Where nothing is left,
    people look alike and the prior weighs a hundred answers.
    """
    if len(raws) < FEWEST_FORMS:
        return ROUGH_PRIOR
    shares = [raw / scored_count for raw in raws]
    # Everybody at nothing or everything would make a prior that no answer could move.
    level = min(0.99, max(0.01, mean(shares)))
    binomial = level * (1 - level)
    spread = true_variance(variance(shares), level, scored_count)
    total = max(1.0, binomial / spread - 1) if spread > 0 else 100.0
    return Prior(level * total, (1 - level) * total, is_rough=False)


def true_variance(observed: float, level: float, count: float) -> float:
    """Variance of true shares, from that of shares right on `count` items; negative where chance alone spreads more."""
    return (observed - level * (1 - level) / count) * count / (count - 1)


def beta_binomial(n: int, a: float, b: float) -> list[float]:
    """The chances of 0 to n right. By logarithms from one to the next, so that no long form underflows."""
    steps = (log((n - y) * (a + y) / ((y + 1) * (b + n - y - 1))) for y in range(n))
    logs = list(accumulate(steps, initial=0.0))
    most = max(logs)
    shares = [exp(value - most) for value in logs]
    total = fsum(shares)
    return [share / total for share in shares]


def central_range(shares: Sequence[float]) -> tuple[int, int]:
    """The smallest and greatest count that leave at most a tenth of chance beyond them on either side."""
    below = list(accumulate(shares, initial=0.0))
    low = max(y for y in range(len(shares)) if below[y] <= TAIL)
    high = min(y for y in range(len(shares)) if 1 - below[y + 1] <= TAIL)
    return low, max(low, high)


def chance_in_words(chance: float) -> str:
    """To the nearest 5 %: no more can be told from so few answers, and never 0 or 100."""
    if chance < 0.05:
        return "<5 %"
    if chance > 0.95:
        return ">95 %"
    return f"about {5 * floor(20 * chance + 0.5)} %"
