"""Statistics of the bank's items from finished mocks: what may be shown, with how much doubt, and what to look at.

Formulas and thresholds: exams.item_analysis and docs/psychometrics.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from exams.item_analysis import FEWEST_FOR_ALARM, OMITTED, Cell, ItemStatistics, OptionStatistics, analyse
from exams.keys import keys_of
from exams.models import AnswerCount, TimeCount
from questions.models import ItemVersion
from questions.samples import LETTERS

FEWEST, FEWEST_FIRM = 30, 100
GROUPS = 5
QUICK_SECONDS = 5


class Firmness(StrEnum):
    """How far a figure can be trusted by the number of answers behind it."""

    HIDDEN = "not enough yet"
    PROVISIONAL = "provisional"
    FIRM = "firm"

    @classmethod
    def of(cls, n: int) -> "Firmness":
        return cls.FIRM if n >= FEWEST_FIRM else cls.PROVISIONAL if n >= FEWEST else cls.HIDDEN


@dataclass(frozen=True, slots=True)
class MeasuredOption:
    """An option with its statistics and the share that chose it in five groups, the lowest scores first."""

    letter: str
    text: str
    is_key: bool
    statistics: OptionStatistics
    shares: tuple[float | None, ...]


@dataclass(frozen=True)
class Measured:
    """One version as people met it for the first time in finished mocks."""

    version: ItemVersion
    statistics: ItemStatistics
    options: tuple[MeasuredOption, ...]
    group_sizes: tuple[int, ...]
    median_seconds: int | None

    @property
    def n(self) -> int:
        return self.statistics.n

    @property
    def firmness(self) -> Firmness:
        return Firmness.of(self.n)

    @property
    def is_shown(self) -> bool:
        return self.firmness != Firmness.HIDDEN

    @property
    def fewest(self) -> int:
        return FEWEST

    @property
    def flags(self) -> list[str]:
        """Reasons to look at the item, in words of one or two."""
        found = [str(flag) for flag in self.statistics.flags]
        if self.n >= FEWEST_FOR_ALARM and self.median_seconds is not None and self.median_seconds < QUICK_SECONDS:
            found.append("too-quick")
        return found


def of_versions(versions: Sequence[ItemVersion]) -> list[Measured]:
    """Statistics of versions whose options are prefetched; five statements whatever their number."""
    answers: dict[int, list[AnswerCount]] = defaultdict(list)
    for row in AnswerCount.objects.filter(version__in=versions, n__gt=0):
        answers[row.version_id].append(row)
    times: dict[int, list[TimeCount]] = defaultdict(list)
    for time in TimeCount.objects.filter(version__in=versions, n__gt=0):
        times[time.version_id].append(time)
    keys = keys_of(version.pk for version in versions)
    return [_measured(version, keys[version.pk], answers[version.pk], times[version.pk]) for version in versions]


def median_seconds(version_ids: Iterable[int]) -> dict[int, int]:
    """Median time on screen of those versions that enough people have met."""
    times: dict[int, list[TimeCount]] = defaultdict(list)
    for time in TimeCount.objects.filter(version__in=set(version_ids), n__gt=0):
        times[time.version_id].append(time)
    medians = {version: _median(rows) for version, rows in times.items() if sum(row.n for row in rows) >= FEWEST}
    return {version: seconds for version, seconds in medians.items() if seconds is not None}


def _measured(
    version: ItemVersion, key_position: int, rows: Iterable[AnswerCount], times: Sequence[TimeCount]
) -> Measured:
    options = list(version.options.all())
    key = str(key_position)
    rows = list(rows)
    # Ties are broken by the answer, so that the same counts give the same groups.
    cells = sorted(
        (_cell(row, key) for row in rows if row.answer != AnswerCount.NOT_REACHED), key=lambda cell: cell.answer
    )
    statistics = analyse(
        cells,
        keys=[key],
        options=[str(option.position) for option in options],
        is_scored=False,
        not_reached=sum(row.n for row in rows if row.answer == AnswerCount.NOT_REACHED),
    )
    groups = _groups(cells, statistics.n)
    sizes = tuple(sum(cell.n for cell in group) for group in groups)
    return Measured(
        version=version,
        statistics=statistics,
        options=tuple(
            MeasuredOption(
                letter=LETTERS[option.position - 1],
                text=option.text,
                is_key=option.position == key_position,
                statistics=statistics.options[str(option.position)],
                shares=tuple(
                    sum(cell.n for cell in group if cell.answer == str(option.position)) / size if size else None
                    for group, size in zip(groups, sizes, strict=True)
                ),
            )
            for option in options
        ),
        group_sizes=sizes,
        median_seconds=_median(times),
    )


def _cell(row: AnswerCount, key: str) -> Cell:
    answer = OMITTED if row.answer == AnswerCount.OMITTED else str(row.answer)
    is_in_total = row.is_scored and answer == key
    return Cell(answer, row.total - is_in_total, row.n)


def _groups(cells: Sequence[Cell], n: int) -> list[list[Cell]]:
    """Five groups of about equal size by rest score, the lowest first; equal scores stay together."""
    groups: list[list[Cell]] = [[] for _ in range(GROUPS)]
    at: dict[int, int] = defaultdict(int)
    for cell in cells:
        at[cell.rest] += cell.n
    below, group_of = 0, {}
    for rest in sorted(at):
        group_of[rest] = min(GROUPS - 1, int(GROUPS * (below + at[rest] / 2) / n))
        below += at[rest]
    for cell in cells:
        groups[group_of[cell.rest]].append(cell)
    return groups


def _median(times: Sequence[TimeCount]) -> int | None:
    """The lower end, in seconds, of the step in which the middle person lies."""
    n = sum(time.n for time in times)
    passed = 0
    for time in sorted(times, key=lambda time: time.step):
        passed += time.n
        if 2 * passed >= n:
            return time.step * TimeCount.STEP_SECONDS
    return None
