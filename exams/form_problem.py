"""What parallel forms must be like: the wish, what they are chosen from, and where given forms break a rule. Pure."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from typing import Any

from exams.assembly import Candidate, Cell, Pool

ALGORITHM = 2
# What a mean of rounded guesses may be off by when it is computed in another order.
ROUNDING = 1e-6


class Rule(StrEnum):
    """The groups of constraints; every new form keeps them all."""

    QUOTAS = "quotas"
    EARLIER = "overlap with earlier forms"
    SHARED = "overlap between the new forms"
    ENEMIES = "enemies and matched sets"
    LEVELS = "level mix"
    DIFFICULTY = "predicted difficulty"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for.

    `overlap` items at most may a new form share with each earlier one (none: fresh only), `shared` with each other new
    one. `tolerance` is how far apart the forms' mean predicted difficulty may be, `spread` by how many scored items a
    cognitive level may differ.
    """

    forms: int
    overlap: int = 0
    shared: int = 0
    tolerance: float = 0.02
    spread: int = 1


@dataclass(frozen=True, slots=True)
class Trait:
    level: str
    predicted_p: float | None


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that given forms break, with the place and the numbers."""

    rule: Rule
    says: str


@dataclass(frozen=True)
class Problem:
    """The whole drawable bank with its traits, the published forms by number, and the wish."""

    pool: Pool
    traits: Mapping[str, Trait]
    earlier: Mapping[int, frozenset[str]]
    wish: Wish
    names: Mapping[int, str]

    @cached_property
    def content(self) -> dict[str, Any]:
        """Everything that the rules depend on, as plain JSON values in canonical order."""
        return {
            **self.pool.bank_content,
            "traits": [[code, trait.level, trait.predicted_p] for code, trait in sorted(self.traits.items())],
            "earlier": [[number, sorted(codes)] for number, codes in sorted(self.earlier.items())],
            "wish": asdict(self.wish),
            "names": sorted(map(list, self.names.items())),
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "Problem":
        return cls(
            pool=Pool.from_content(content),
            traits={code: Trait(level, predicted_p) for code, level, predicted_p in content["traits"]},
            earlier={number: frozenset(codes) for number, codes in content["earlier"]},
            wish=Wish(**content["wish"]),
            names=dict(content["names"]),
        )

    @cached_property
    def digest(self) -> str:
        text = json.dumps([ALGORITHM, self.content], separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def used(self) -> frozenset[str]:
        """Codes in any earlier form."""
        return frozenset().union(*self.earlier.values())

    @cached_property
    def eligible(self) -> tuple[Candidate, ...]:
        """What the new forms may hold: of the outline's cells, and fresh if nothing may be shared with earlier ones."""
        barred = frozenset() if self.wish.overlap else self.used
        found = (c for c in self.pool.candidates if self.pool.quotas.get(c.cell) and c.code not in barred)
        return tuple(sorted(found, key=lambda candidate: candidate.code))

    @cached_property
    def by_cell(self) -> Mapping[Cell, list[Candidate]]:
        cells: dict[Cell, list[Candidate]] = {cell: [] for cell, quota in self.pool.quotas.items() if quota}
        for candidate in self.eligible:
            cells[candidate.cell].append(candidate)
        return cells

    @cached_property
    def level_targets(self) -> dict[str, float]:
        """Scored items of each level in a form that mirrors the eligible items within its quotas."""
        targets: dict[str, float] = defaultdict(float)
        for cell, members in self.by_cell.items():
            for level, n in Counter(self.traits[c.code].level for c in members if cell[1]).items():
                targets[level] += self.pool.quotas[cell] * n / len(members)
        return dict(sorted(targets.items()))

    @cached_property
    def target_p(self) -> float | None:
        """Mean predicted difficulty of such a form, from the items that have one; None when none has."""
        total = weight = 0.0
        for cell, members in self.by_cell.items():
            known = [p for c in members if cell[1] and (p := self.traits[c.code].predicted_p) is not None]
            if known:
                total += self.pool.quotas[cell] * sum(known) / len(known)
                weight += self.pool.quotas[cell]
        return total / weight if weight else None

    def mean_p(self, codes: Iterable[str]) -> float | None:
        """Mean predicted difficulty of the scored items among codes, of those that have one."""
        scored = (candidate for code in codes if (candidate := self.candidate(code)) and candidate.is_scored)
        known = [p for candidate in scored if (p := self.traits[candidate.code].predicted_p) is not None]
        return sum(known) / len(known) if known else None

    def levels(self, codes: Iterable[str]) -> Counter[str]:
        scored = (candidate for code in codes if (candidate := self.candidate(code)) and candidate.is_scored)
        return Counter(self.traits[candidate.code].level for candidate in scored)

    def candidate(self, code: str) -> Candidate | None:
        return self._by_code.get(code)

    @cached_property
    def _by_code(self) -> dict[str, Candidate]:
        return {candidate.code: candidate for candidate in self.pool.candidates}

    def in_words(self, cell: Cell) -> str:
        number, is_scored = cell
        return f"{self.names.get(number, f'Domain {number}')}, {'scored' if is_scored else 'pilots'}"


def breaches(problem: Problem, forms: Sequence[Collection[str]]) -> list[Breach]:
    """Where the forms break a rule; empty when every one holds."""
    sets = [frozenset(codes) for codes in forms]
    return [
        *_number_breaches(problem, forms),
        *(breach for n, codes in enumerate(sets, start=1) for breach in _form_breaches(problem, n, codes)),
        *_joint_breaches(problem, sets),
    ]


def _number_breaches(problem: Problem, forms: Sequence[Collection[str]]) -> Iterator[Breach]:
    if len(forms) != problem.wish.forms:
        yield Breach(Rule.QUOTAS, f"{len(forms)} forms instead of {problem.wish.forms}")
    for n, codes in enumerate(forms, start=1):
        if len(codes) != len(set(codes)):
            yield Breach(Rule.QUOTAS, f"form {n} holds an item twice")
        for code in sorted(code for code in codes if problem.candidate(code) is None):
            yield Breach(Rule.QUOTAS, f"{code} cannot be drawn")


def _form_breaches(problem: Problem, n: int, codes: frozenset[str]) -> Iterator[Breach]:
    counts = Counter(candidate.cell for code in codes if (candidate := problem.candidate(code)))
    for cell in sorted(counts.keys() | problem.pool.quotas.keys()):
        if counts[cell] != (quota := problem.pool.quotas.get(cell, 0)):
            yield Breach(Rule.QUOTAS, f"form {n}, {problem.in_words(cell)}: {counts[cell]} instead of {quota}")
    for first, second in combinations(sorted(codes), 2):
        if second in problem.pool.enemies_of.get(first, ()):
            yield Breach(Rule.ENEMIES, f"form {n}: {first} and {second} may not share a form")
    for number, others in sorted(problem.earlier.items()):
        if (common := len(codes & others)) > problem.wish.overlap:
            says = f"form {n} shares {common} items with published form {number}, at most {problem.wish.overlap}"
            yield Breach(Rule.EARLIER, says)
    mean, target = problem.mean_p(codes), problem.target_p
    if mean is not None and target is not None and abs(mean - target) > problem.wish.tolerance / 2 + ROUNDING:
        says = f"form {n}: mean predicted difficulty {mean:.3f}, the pool's {target:.3f}"
        yield Breach(Rule.DIFFICULTY, says)


def _joint_breaches(problem: Problem, forms: Sequence[frozenset[str]]) -> Iterator[Breach]:
    for (m, first), (n, second) in combinations(enumerate(forms, start=1), 2):
        if (common := len(first & second)) > problem.wish.shared:
            says = f"forms {m} and {n} share {common} items, at most {problem.wish.shared}"
            yield Breach(Rule.SHARED, says)
    mixes = [problem.levels(codes) for codes in forms]
    for level in sorted(problem.level_targets.keys() | set().union(*mixes)):
        counts = [mix[level] for mix in mixes]
        target = problem.level_targets.get(level, 0.0)
        furthest = max((abs(count - target) for count in counts), default=0.0)
        if counts and (max(counts) - min(counts) > problem.wish.spread or furthest > problem.wish.spread + ROUNDING):
            says = f"{level}: {', '.join(map(str, counts))} scored items, the pool's share is {target:.1f}"
            yield Breach(Rule.LEVELS, says)
