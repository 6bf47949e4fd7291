"""Choosing parallel forms by integer programming (HiGHS): all at once, each exactly within the rules. Pure.

Which of the possible forms are chosen depends on a secret seed, for the bank is public. A large bank is thinned first;
what cannot be found among few is sought among all, so that "impossible" is said of the whole bank alone.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from time import monotonic
from typing import Any

from exams.assembly import Candidate, Cell
from exams.form_problem import Problem, Rule

# Forms need not be the best of all by the drawing of lots, only possible.
GAP = 0.2
# A cell is thinned to so many items: this many for each that is needed, and some to spare.
KEPT, SPARE = 2, 10
INFINITY = float("inf")


class Verdict(StrEnum):
    FOUND = "found"
    IMPOSSIBLE = "impossible"
    OUT_OF_TIME = "out of time"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`forms` hold codes in order of their names; `slack` is what an elastic rule had to give."""

    verdict: Verdict
    forms: tuple[tuple[str, ...], ...] = ()
    slack: float = 0.0


def choose(problem: Problem, *, seed: str, seconds: float) -> Outcome:
    """Forms that keep every rule, proof that there are none, or neither when the seconds are over."""
    until = monotonic() + seconds
    few = _thinned(problem, seed)
    if len(few) < len(problem.eligible):
        outcome = _Program(problem, few, seed).solve(until - monotonic())
        if outcome.verdict == Verdict.FOUND:
            return outcome
    return _Program(problem, problem.eligible, seed).solve(until - monotonic())


def relax(problem: Problem, rule: Rule, *, seed: str, seconds: float) -> Outcome:
    """Forms that break the one rule as little as possible and keep all others.

    For overlaps the slack counts from none, whatever the wish allows.
    """
    return _Program(problem, problem.eligible, seed, elastic=rule).solve(seconds)


def _thinned(problem: Problem, seed: str) -> tuple[Candidate, ...]:
    """Some of each cell, by lot, what no earlier form holds first."""
    kept: list[Candidate] = []
    for cell, members in problem.by_cell.items():
        drawn = sorted(members, key=lambda c: (c.code in problem.used, _lot(seed, "thinned", c.code)))
        kept += drawn[: KEPT * problem.pool.quotas[cell] * problem.wish.forms + SPARE]
    return tuple(sorted(kept, key=lambda candidate: candidate.code))


def _lot(seed: str, *words: object) -> float:
    text = ":".join(map(str, (seed, *words)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48


class _Rows:
    """Columns and rows of an integer program as HiGHS takes them."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.upper: list[float] = []
        self.is_whole: list[bool] = []
        self.starts: list[int] = [0]
        self.columns: list[int] = []
        self.values: list[float] = []
        self.bounds: list[tuple[float, float]] = []

    def column(self, *, cost: float = 0.0, upper: float = 1.0, is_whole: bool = True) -> int:
        self.costs.append(cost)
        self.upper.append(upper)
        self.is_whole.append(is_whole)
        return len(self.costs) - 1

    def row(self, terms: Iterable[tuple[int, float]], *, low: float = -INFINITY, high: float = INFINITY) -> None:
        for column, value in terms:
            self.columns.append(column)
            self.values.append(value)
        self.starts.append(len(self.columns))
        self.bounds.append((low, high))

    def solve(self, seconds: float, **options: Any) -> tuple[Verdict, list[float]]:
        """Values of the columns if any were found, be it at the end of the time."""
        if not self.costs:
            # HiGHS says nothing of the rows of an empty program.
            is_kept = all(low <= 0 <= high for low, high in self.bounds)
            return Verdict.FOUND if is_kept else Verdict.IMPOSSIBLE, []
        # Half a second and sixty megabytes that only whoever builds forms has to spend.
        import highspy
        import numpy as np

        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.costs), len(self.bounds)
        lp.col_cost_ = np.array(self.costs)
        lp.col_lower_, lp.col_upper_ = np.zeros(len(self.costs)), np.array(self.upper)
        lp.row_lower_, lp.row_upper_ = (np.array([bound[side] for bound in self.bounds]) for side in (0, 1))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = np.array(self.starts), np.array(self.columns)
        lp.a_matrix_.value_ = np.array(self.values)
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in self.is_whole]
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in {"output_flag": False, "threads": 1, "time_limit": seconds, **options}.items():
            solver.setOptionValue(name, value)
        solver.passModel(lp)
        solver.run()
        if solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            return Verdict.FOUND, list(solver.getSolution().col_value)
        is_proved = solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible
        return Verdict.IMPOSSIBLE if is_proved else Verdict.OUT_OF_TIME, []


class _Program:
    """The rules as rows; `elastic` names the one whose breach is minimised instead of forbidden."""

    def __init__(
        self, problem: Problem, candidates: Sequence[Candidate], seed: str, elastic: Rule | None = None
    ) -> None:
        self.problem, self.candidates, self.elastic = problem, candidates, elastic
        self.rows = _Rows()
        self.forms = range(problem.wish.forms)
        self.chosen = [
            {c.code: self.rows.column(cost=0.0 if elastic else self._cost(c, n, seed)) for c in candidates}
            for n in self.forms
        ]
        self._quotas()
        self._enemies()
        self._earlier()
        self._shared()
        self._levels()
        self._difficulty()

    def solve(self, seconds: float) -> Outcome:
        if seconds <= 0:
            return Outcome(Verdict.OUT_OF_TIME)
        # An elastic rule is measured to the last item, difficulty to half a thousandth.
        gaps = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.0005} if self.elastic else {"mip_rel_gap": GAP}
        verdict, values = self.rows.solve(seconds, **gaps)
        if verdict != Verdict.FOUND:
            return Outcome(verdict)
        forms = tuple(tuple(code for code, column in form.items() if values[column] > 0.5) for form in self.chosen)
        cost = sum(c * value for c, value in zip(self.rows.costs, values, strict=True))
        return Outcome(verdict, forms, cost if self.elastic else 0.0)

    def _cost(self, candidate: Candidate, form: int, seed: str) -> float:
        """By lot, and what no earlier form holds first."""
        return _lot(seed, form, candidate.code) + (candidate.code in self.problem.used)

    @cached_property
    def by_cell(self) -> dict[Cell, list[str]]:
        cells: dict[Cell, list[str]] = {cell: [] for cell in self.problem.by_cell}
        for candidate in self.candidates:
            cells[candidate.cell].append(candidate.code)
        return cells

    @cached_property
    def scored(self) -> list[str]:
        return [candidate.code for candidate in self.candidates if candidate.is_scored]

    def _sum(self, form: int, codes: Iterable[str]) -> list[tuple[int, float]]:
        return [(self.chosen[form][code], 1.0) for code in codes]

    def _slack(self, rule: Rule, *, is_whole: bool = True) -> list[tuple[int, float]]:
        """A term that loosens the rows of the elastic rule, none for any other."""
        if rule != self.elastic:
            return []
        return [(self.rows.column(cost=1.0, upper=INFINITY, is_whole=is_whole), -1.0)]

    def _quotas(self) -> None:
        for form in self.forms:
            for cell, codes in self.by_cell.items():
                quota = self.problem.pool.quotas[cell]
                self.rows.row(self._sum(form, codes), low=quota, high=quota)

    def _enemies(self) -> None:
        sets: dict[str, list[str]] = defaultdict(list)
        for candidate in self.candidates:
            if candidate.matched_set:
                sets[candidate.matched_set].append(candidate.code)
        known = self.chosen[0].keys()
        pairs = [sorted(pair) for pair in self.problem.pool.enemies if pair <= known]
        for codes in [*sorted(members for members in sets.values() if len(members) > 1), *sorted(pairs)]:
            for form in self.forms:
                self.rows.row([*self._sum(form, codes), *self._slack(Rule.ENEMIES)], high=1)

    def _earlier(self) -> None:
        slack = self._slack(Rule.EARLIER)
        most = 0 if slack else self.problem.wish.overlap
        for _, codes in sorted(self.problem.earlier.items()):
            common = sorted(codes & self.chosen[0].keys())
            for form in self.forms:
                self.rows.row([*self._sum(form, common), *slack], high=most)

    def _shared(self) -> None:
        if not self.problem.wish.shared and self.elastic != Rule.SHARED:
            for candidate in self.candidates:
                self.rows.row([(form[candidate.code], 1.0) for form in self.chosen], high=1)
            return
        slack = self._slack(Rule.SHARED)
        most = 0 if slack else self.problem.wish.shared
        both: dict[str, list[int]] = defaultdict(list)
        for first, second in combinations(self.forms, 2):
            for candidate in self.candidates:
                # What need not be shared is not, as with earlier forms.
                column = self.rows.column(cost=0.0 if self.elastic else 1.0, is_whole=False)
                both[candidate.code].append(column)
                terms = [*self._sum(first, [candidate.code]), *self._sum(second, [candidate.code]), (column, -1.0)]
                self.rows.row(terms, high=1)
            common = [(both[candidate.code][-1], 1.0) for candidate in self.candidates]
            self.rows.row([*common, *slack], high=most)
        # Implied, and yet what lets the solver see without search that few items cannot fill many places.
        for code, columns in both.items():
            uses = [(form[code], 1.0) for form in self.chosen]
            self.rows.row([*uses, *((column, -1.0) for column in columns)], high=1)

    def _levels(self) -> None:
        slack, spread = self._slack(Rule.LEVELS), self.problem.wish.spread
        loose = [(column, -value) for column, value in slack]
        for level, target in self.problem.level_targets.items():
            codes = [code for code in self.scored if self.problem.traits[code].level == level]
            lowest = self.rows.column(upper=INFINITY)
            for form in self.forms:
                count = self._sum(form, codes)
                self.rows.row([*count, (lowest, -1.0)], low=0)
                self.rows.row([*count, (lowest, -1.0), *slack], high=spread)
                self.rows.row([*count, *slack], high=target + spread)
                self.rows.row([*count, *loose], low=target - spread)

    def _difficulty(self) -> None:
        """Linear although the number of items with a prediction is not known: the sum of distances from the limit."""
        target, half = self.problem.target_p, self.problem.wish.tolerance / 2
        if target is None:
            return
        slack = self._slack(Rule.DIFFICULTY, is_whole=False)
        size = sum(self.problem.pool.quotas[cell] for cell in self.by_cell if cell[1])
        traits = self.problem.traits
        known = [(code, p - target) for code in self.scored if (p := traits[code].predicted_p) is not None]
        if slack:
            slack, half = [(slack[0][0], -float(size))], 0.0
        loose = [(column, -value) for column, value in slack]
        for form in self.chosen:
            self.rows.row([*((form[code], away - half) for code, away in known), *slack], high=0)
            self.rows.row([*((form[code], away + half) for code, away in known), *loose], low=0)
