"""Classical statistics of one item: facility, corrected point-biserial, upper-lower index, options and flags.

An item is described by cells: how many persons gave which answer at which rest score. Cells add up over attempts and
days, and everything here follows from them. Undefined values are None, never 0 and never NaN.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import atanh, floor, sqrt, tanh

from exams.intervals import Interval, wilson

OMITTED = ""
# One-sided 90 % and two-sided 95 % of the normal distribution.
Z_ONE_SIDED_90, Z_95 = 1.281552, 1.959964
FEWEST_FOR_ALARM, FEWEST_FOR_DEAD = 30, 100
FEWEST_FOR_INTERVAL = 10
DEAD_SHARE, MOST_MISSING = 0.02, 0.05
DOUBLE_KEY_R, MISKEY_BOUND, NEAR_ZERO_R = 0.05, 0.05, 0.10


class Flag(StrEnum):
    """Reasons to look at an item; none of them changes a score."""

    MISKEY = "miskey"
    DOUBLE_KEY = "double-key"
    DEAD_DISTRACTOR = "dead-distractor"
    GUESSING = "guessing-like"
    OMITTED = "often-omitted"
    NOT_REACHED = "often-not-reached"


@dataclass(frozen=True, slots=True)
class Cell:
    """`n` persons who reached the item, gave `answer` (OMITTED for none) and had `rest` right on the other items."""

    answer: str
    rest: int
    n: int = 1


@dataclass(frozen=True, slots=True)
class OptionStatistics:
    """One option over the persons who reached the item; shares are of 1."""

    count: int
    prop: float | None
    r_rest: float | None
    mean_rest: float | None
    top27: float | None
    bottom27: float | None


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """`n` persons reached the item; those who left it blank at the end are `not_reached` and count nowhere else."""

    n: int
    omitted: int
    not_reached: int
    right: int
    p: float | None
    r_rest: float | None
    r_total: float | None
    d27: float | None
    options: dict[str, OptionStatistics] = field(default_factory=dict)
    flags: list[Flag] = field(default_factory=list)

    @property
    def p_interval(self) -> Interval:
        return wilson(self.right, self.n)

    @property
    def r_interval(self) -> tuple[float, float] | None:
        """Two-sided 95 % (Fisher 1921), from ten persons on."""
        if self.r_rest is None or self.n < FEWEST_FOR_INTERVAL:
            return None
        return bound(self.r_rest, self.n, -Z_95), bound(self.r_rest, self.n, Z_95)


def analyse(
    cells: Sequence[Cell], *, keys: Iterable[str], options: Iterable[str], is_scored: bool, not_reached: int = 0
) -> ItemStatistics:
    """Statistics of an item from its cells.

    `keys` are the answers that count as right, `options` what is tabulated. Of persons with equal rest scores the
    27 % groups take the first cells, so the order of the cells is the order of ties. The uncorrected correlation of a
    scored item takes the item into the total; a pilot is in no total, so both of its correlations are one.
    """
    right_answers = frozenset(keys)
    n = sum(cell.n for cell in cells)
    right = sum(cell.n for cell in cells if cell.answer in right_answers)
    omitted = sum(cell.n for cell in cells if cell.answer == OMITTED)
    r_rest = _correlation((cell.answer in right_answers, cell.rest, cell.n) for cell in cells)
    total = [(cell.answer in right_answers, cell.rest + (cell.answer in right_answers), cell.n) for cell in cells]
    top, bottom, size = _groups(cells, n)
    found = ItemStatistics(
        n=n,
        omitted=omitted,
        not_reached=not_reached,
        right=right,
        p=right / n if n else None,
        r_rest=r_rest,
        r_total=_correlation(total) if is_scored else r_rest,
        d27=_share(top, right_answers, size, bottom) if size else None,
        options={option: _option(option, cells, n, top, bottom, size) for option in options},
    )
    found.flags.extend(_flags(found, right_answers))
    return found


def bound(r: float, n: int, z: float) -> float:
    """The end of a correlation's interval that lies `z` standard errors away (Fisher's z transformation); n > 3."""
    if abs(r) >= 1:
        return r
    return tanh(atanh(r) + z / sqrt(n - 3))


def _correlation(rows: Iterable[tuple[bool, int, int]]) -> float | None:
    """Pearson's, of a 0/1 variable with a score, from (is one, score, persons); sums of integers, so exact."""
    n = sx = sr = srr = sxr = 0
    for is_one, score, persons in rows:
        n += persons
        sr += persons * score
        srr += persons * score * score
        if is_one:
            sx += persons
            sxr += persons * score
    spread = (n * sx - sx * sx) * (n * srr - sr * sr)
    return (n * sxr - sx * sr) / sqrt(spread) if spread > 0 else None


def _groups(cells: Sequence[Cell], n: int) -> tuple[dict[str, int], dict[str, int], int]:
    """Answers of the 27 % with the highest and the lowest rest scores: floor(0.27 n + 0.5) persons each."""
    size = floor(0.27 * n + 0.5)
    ranked = sorted(cells, key=lambda cell: -cell.rest)
    return _first(ranked, size), _first(ranked[::-1], size), size


def _first(ranked: Iterable[Cell], size: int) -> dict[str, int]:
    answers: dict[str, int] = {}
    for cell in ranked:
        taken = min(cell.n, size)
        if not taken:
            break
        answers[cell.answer] = answers.get(cell.answer, 0) + taken
        size -= taken
    return answers


def _share(top: dict[str, int], keys: frozenset[str], size: int, bottom: dict[str, int]) -> float:
    return sum(top.get(key, 0) - bottom.get(key, 0) for key in keys) / size


def _option(
    option: str, cells: Sequence[Cell], n: int, top: dict[str, int], bottom: dict[str, int], size: int
) -> OptionStatistics:
    chosen = [cell for cell in cells if cell.answer == option]
    count = sum(cell.n for cell in chosen)
    return OptionStatistics(
        count=count,
        prop=count / n if n else None,
        r_rest=_correlation((cell.answer == option, cell.rest, cell.n) for cell in cells),
        mean_rest=sum(cell.n * cell.rest for cell in chosen) / count if count else None,
        top27=top.get(option, 0) / size if size else None,
        bottom27=bottom.get(option, 0) / size if size else None,
    )


def _flags(item: ItemStatistics, keys: frozenset[str]) -> Iterable[Flag]:
    """Alarms from 30 persons on, a dead distractor from 100 on."""
    if item.n < FEWEST_FOR_ALARM:
        return
    distractors = [option for answer, option in item.options.items() if answer not in keys]
    key_top = sum(option.top27 or 0.0 for answer, option in item.options.items() if answer in keys)
    is_negative = item.r_rest is not None and item.r_rest < 0
    is_surely_low = item.r_rest is not None and bound(item.r_rest, item.n, Z_ONE_SIDED_90) < MISKEY_BOUND
    if (is_negative and is_surely_low) or any((option.top27 or 0.0) > key_top for option in distractors):
        yield Flag.MISKEY
    if any((o.r_rest or 0.0) > DOUBLE_KEY_R and (o.top27 or 0.0) >= key_top for o in distractors):
        yield Flag.DOUBLE_KEY
    if item.n >= FEWEST_FOR_DEAD and any((option.prop or 0.0) < DEAD_SHARE for option in distractors):
        yield Flag.DEAD_DISTRACTOR
    chance = 1 / len(item.options) if item.options else None
    near_zero = item.r_rest is not None and abs(item.r_rest) < NEAR_ZERO_R
    if chance and near_zero and item.p_interval.low <= chance <= item.p_interval.high:
        yield Flag.GUESSING
    if item.omitted > MOST_MISSING * item.n:
        yield Flag.OMITTED
    if item.not_reached > MOST_MISSING * (item.n + item.not_reached):
        yield Flag.NOT_REACHED
