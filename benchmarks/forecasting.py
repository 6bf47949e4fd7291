"""Are forecasts of readiness right? A seeded world in which the truth is known:  python benchmarks/forecasting.py

Harsher than what the forecast assumes: three-parameter items that can be guessed (c = .18), ten domains that correlate
by .85, every form drawn anew from the same bank in the published proportions. Each simulated person gives some fresh
answers, is forecast by exams.readiness, and then sits a form.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, sqrt
from pathlib import Path
from random import Random
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import line
from exams.apportionment import apportion
from exams.readiness import FreshAnswer, Outlook, Prior, Target, outlook, prior_of

WEIGHTS = dict(enumerate([4, 5, 12, 5, 4, 18, 12, 15, 10, 14], start=1))
TARGET = Target(scored_count=130, cut=91)
GUESSING, CORRELATION = 0.18, 0.85
ITEMS_A_DOMAIN = 300
NOW = datetime(2026, 11, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """A forecast and what then happened."""

    outlook: Outlook
    raw: int

    @property
    def reached(self) -> bool:
        return self.raw >= TARGET.cut

    @property
    def is_within(self) -> bool:
        return self.outlook.low <= self.raw <= self.outlook.high


@dataclass(frozen=True, slots=True)
class Quality:
    """How a set of forecasts did. `base_brier` is that of always saying the share that reached the cut."""

    brier: float
    base_brier: float
    ece: float
    coverage: float


class World:
    """One bank, and people who come to it one by one."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.bank = {
            domain: [(self.random.lognormvariate(0, 0.3), self.random.gauss(-0.65, 1)) for _ in range(ITEMS_A_DOMAIN)]
            for domain in WEIGHTS
        }

    def person(self) -> dict[int, float]:
        """Ability in each domain, with a standard deviation of 1."""
        common = self.random.gauss() * sqrt(CORRELATION)
        return {domain: common + self.random.gauss() * sqrt(1 - CORRELATION) for domain in WEIGHTS}

    def answers(self, person: Mapping[int, float], count: int) -> list[FreshAnswer]:
        """Answers to items in the published proportions, none of them twice."""
        found: list[FreshAnswer] = []
        for domain, quota in apportion(count, WEIGHTS).items():
            for a, b in self.random.sample(self.bank[domain], quota):
                chance = GUESSING + (1 - GUESSING) / (1 + exp(-a * (person[domain] - b)))
                found.append(FreshAnswer(len(found), domain, NOW, self.random.random() < chance))
        return found

    def raw(self, person: Mapping[int, float]) -> int:
        return sum(answer.is_right for answer in self.answers(person, TARGET.scored_count))


def simulate(*, seed: int, people: int, counts: Sequence[int], forms: int) -> dict[int, list[Told]]:
    """Forecasts from so many answers each, with the prior that so many full forms of other people give."""
    world = World(seed)
    prior: Prior = prior_of([world.raw(world.person()) for _ in range(forms)], scored_count=TARGET.scored_count)
    told: dict[int, list[Told]] = {count: [] for count in counts}
    for _ in range(people):
        person = world.person()
        raw = world.raw(person)
        for count in counts:
            found = outlook(world.answers(person, count), target=TARGET, prior=prior, now=NOW)
            told[count].append(Told(found, raw))
    return told


def quality(told: Sequence[Told]) -> Quality:
    """Mean calibration error over tenths of the forecast chance."""
    bins: dict[int, list[Told]] = {}
    for one in told:
        bins.setdefault(min(9, int(10 * one.outlook.chance)), []).append(one)
    base = mean(one.reached for one in told)
    off = sum(abs(sum(one.outlook.chance - one.reached for one in group)) for group in bins.values())
    return Quality(
        brier=mean((one.outlook.chance - one.reached) ** 2 for one in told),
        base_brier=base * (1 - base),
        ece=off / len(told),
        coverage=mean(one.is_within for one in told),
    )


def describe(found: Quality) -> str:
    return (
        f"Brier {found.brier:.3f} (base {found.base_brier:.3f}), ECE {found.ece:.3f}, 80 % range holds"
        f" {found.coverage:.3f}"
    )


def measure() -> None:
    for forms, label in ((500, "prior from 500 forms"), (30, "prior from 30 forms"), (0, "rough prior")):
        for count, told in simulate(seed=1, people=4000, counts=(10, 30, 60, 130), forms=forms).items():
            line(f"forecast from {count} answers, {label}", describe(quality(told)))


if __name__ == "__main__":
    measure()
