"""Drawing a form from a pool: pure, deterministic from a seed, without a random-number generator.

A cell is one domain's scored or pilot part with its quota. Inside a cell candidates are taken in the order
of `Pool.rank`: what the person has never seen, then what was seen longest ago; among equals first the matched sets
and other enemies of which as many are unseen as independent forms are left (plain hash order strands them); then by
`sha256(seed:code)`. Enemies never share a form.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

ALGORITHM = 1
# Exchanges are tried at most this often in one draw, so that a hopeless pool is refused in bounded time.
MOST_EXCHANGES = 5_000

# (domain number, is it scored)
Cell = tuple[int, bool]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One drawable item: the version a form would serve and what the draw has to know of it."""

    code: str
    version: int
    domain: int
    is_scored: bool
    option_count: int
    is_fixed: bool = False
    matched_set: str = ""

    @property
    def cell(self) -> Cell:
        return self.domain, self.is_scored


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a drawn form. `option_order` holds the options' own positions in displayed order."""

    position: int
    code: str
    version: int
    domain: int
    is_scored: bool
    option_order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DrawnForm:
    seed: str
    pool_digest: str
    places: tuple[Place, ...]
    reused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """A quota that the pool cannot fill."""

    domain: int
    is_scored: bool
    wanted: int
    found: int


class BankTooSmall(Exception):
    """The pool cannot fill the quotas; `lacks` says where and by how many."""

    def __init__(self, lacks: Iterable[Lack]) -> None:
        self.lacks = tuple(lacks)
        super().__init__(self.lacks)


@dataclass(frozen=True)
class Pool:
    """All that a draw depends on besides the seed.

    `exposure` lists the codes the person has seen, longest ago first. `enemies` holds declared pairs; members
    of one matched set are enemies as well.
    """

    candidates: tuple[Candidate, ...]
    quotas: Mapping[Cell, int]
    enemies: frozenset[frozenset[str]] = frozenset()
    exposure: tuple[str, ...] = ()

    @cached_property
    def bank_content(self) -> dict[str, Any]:
        """What all persons' pools share, as plain JSON values in canonical order."""
        return {
            "candidates": [
                [c.code, c.version, c.domain, c.is_scored, c.option_count, c.is_fixed, c.matched_set]
                for c in sorted(self.candidates, key=lambda c: c.code)
            ],
            "quotas": [[domain, is_scored, n] for (domain, is_scored), n in sorted(self.quotas.items())],
            "enemies": sorted(sorted(pair) for pair in self.enemies),
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any], exposure: Iterable[str] = ()) -> "Pool":
        """The pool again from a stored `bank_content` and exposure."""
        return cls(
            candidates=tuple(Candidate(*row) for row in content["candidates"]),
            quotas={(domain, is_scored): n for domain, is_scored, n in content["quotas"]},
            enemies=frozenset(frozenset(pair) for pair in content["enemies"]),
            exposure=tuple(exposure),
        )

    @cached_property
    def bank_digest(self) -> str:
        return _sha(json.dumps(self.bank_content, separators=(",", ":")))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over algorithm, bank and exposure: equal digests and seeds give equal forms."""
        return _sha(json.dumps([ALGORITHM, self.bank_digest, list(self.exposure)]))

    @cached_property
    def last_seen(self) -> dict[str, int]:
        return {code: place for place, code in enumerate(self.exposure, start=1)}

    @cached_property
    def enemies_of(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        sets: dict[str, list[str]] = defaultdict(list)
        for candidate in self.candidates:
            if candidate.matched_set:
                sets[candidate.matched_set].append(candidate.code)
        for codes in [*sets.values(), *map(sorted, self.enemies)]:
            for code in codes:
                found[code].update(other for other in codes if other != code)
        return {code: frozenset(others) for code, others in found.items()}

    @cached_property
    def unseen(self) -> dict[Cell, int]:
        counts: dict[Cell, int] = defaultdict(int)
        for candidate in self.candidates:
            counts[candidate.cell] += candidate.code not in self.last_seen
        return counts

    @cached_property
    def forms_left(self) -> int:
        """How many more forms of unseen items alone the quotas allow, counted cell by cell."""
        return min((self.unseen[cell] // quota for cell, quota in self.quotas.items() if quota), default=0)

    @property
    def reused_at_least(self) -> int:
        """How many seen items the next draw cannot do without; enemies may add a few."""
        return sum(max(0, quota - self.unseen[cell]) for cell, quota in self.quotas.items())

    def is_pressed(self, candidate: Candidate) -> bool:
        """Whether as many unseen items exclude each other, this one among them, as forms are left to part them."""
        unseen_enemies = self.enemies_of.get(candidate.code, frozenset()) - self.last_seen.keys()
        return 1 + self._largest_clique(sorted(unseen_enemies)) >= self.forms_left

    def _largest_clique(self, codes: list[str]) -> int:
        """Size of the largest set of mutual enemies among a few codes."""
        best = 0
        for n, code in enumerate(codes):
            others = [other for other in codes[n + 1 :] if other in self.enemies_of[code]]
            best = max(best, 1 + self._largest_clique(others))
        return best

    def rank(self, candidate: Candidate, seed: str) -> tuple[int, bool, str]:
        """Sort key of a candidate within its cell, best first."""
        is_pressed = self.is_pressed(candidate)
        return self.last_seen.get(candidate.code, 0), not is_pressed, _sha(f"{seed}:{candidate.code}")


@dataclass
class _Draw:
    """The state of one draw: who is in, cell by cell, with repair when enemies block a quota."""

    pool: Pool
    seed: str
    chosen: dict[str, Candidate] = field(default_factory=dict)
    exchanges: int = 0

    @cached_property
    def by_cell(self) -> dict[Cell, list[Candidate]]:
        cells: dict[Cell, list[Candidate]] = defaultdict(list)
        for candidate in self.pool.candidates:
            cells[candidate.cell].append(candidate)
        for members in cells.values():
            members.sort(key=lambda candidate: self.pool.rank(candidate, self.seed))
        return cells

    def rivals(self, candidate: Candidate) -> list[Candidate]:
        enemies = self.pool.enemies_of.get(candidate.code, frozenset())
        return [self.chosen[code] for code in sorted(enemies & self.chosen.keys())]

    def fill(self, cell: Cell, quota: int) -> int:
        """Choose up to `quota` candidates of a cell; returns how many are in."""
        count = 0
        for candidate in self.by_cell[cell]:
            if count == quota:
                break
            if not self.rivals(candidate):
                self.chosen[candidate.code] = candidate
                count += 1
        while count < quota and any(
            self.admit(c, frozenset()) for c in self.by_cell[cell] if c.code not in self.chosen
        ):
            count += 1
        return count

    def admit(self, candidate: Candidate, moved: frozenset[str]) -> bool:
        """Bring a blocked candidate in by exchanging each of its rivals for another of the rival's own cell.

        An exchange may itself need exchanges, never of a candidate that already moved; a failed try changes
        nothing.
        """
        before = dict(self.chosen)
        rivals = self.rivals(candidate)
        self.exchanges += 1
        if self.exchanges > MOST_EXCHANGES or any(rival.code in moved for rival in rivals):
            return False
        for rival in rivals:
            del self.chosen[rival.code]
        self.chosen[candidate.code] = candidate
        moved |= {candidate.code, *(rival.code for rival in rivals)}
        for rival in rivals:
            spares = (c for c in self.by_cell[rival.cell] if c.code not in self.chosen and c.code not in moved)
            if not any(self.admit(spare, moved) for spare in spares):
                self.chosen = before
                return False
        return True


def draw(pool: Pool, seed: str) -> DrawnForm:
    """Draw one form in exact quotas.

    Raises BankTooSmall with every lacking cell. The same pool and seed always give the same form.
    """
    state = _Draw(pool, seed)
    found = {cell: state.fill(cell, quota) for cell, quota in sorted(pool.quotas.items())}
    lacks = [Lack(*cell, pool.quotas[cell], n) for cell, n in found.items() if n < pool.quotas[cell]]
    if lacks:
        raise BankTooSmall(lacks)
    return DrawnForm(
        seed=seed,
        pool_digest=pool.digest,
        places=arrange(state.chosen.values(), seed),
        reused=tuple(sorted(state.chosen.keys() & pool.last_seen.keys())),
    )


def arrange(chosen: Iterable[Candidate], seed: str) -> tuple[Place, ...]:
    """Chosen items in the order of a form: one hash order over all of them scatters the pilots and the domains."""
    ordered = sorted(chosen, key=lambda candidate: _sha(f"{seed}:position:{candidate.code}"))
    return tuple(
        Place(n, c.code, c.version, c.domain, c.is_scored, option_order(c, seed)) for n, c in enumerate(ordered, 1)
    )


def option_order(candidate: Candidate, seed: str) -> tuple[int, ...]:
    positions = range(1, candidate.option_count + 1)
    if candidate.is_fixed:
        return tuple(positions)
    return tuple(sorted(positions, key=lambda position: _sha(f"{seed}:option:{candidate.code}:{position}")))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
