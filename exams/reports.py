"""The report of a finished attempt: what happened, how sure that is, and every item with its reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from exams import receipts, regrading, scoring
from exams.answer_changes import Changes, changes_of
from exams.at_work import Work, work_of
from exams.charts import IntervalChart
from exams.confidence import Calibration, calibration_of
from exams.groups.comparison import Beside, beside
from exams.intervals import Interval, wilson
from exams.keys import keys_of
from exams.models import (
    Attempt,
    AttemptEvent,
    DomainScore,
    EventKind,
    PracticeItem,
    RegradedScore,
    Score,
)
from exams.pacing import Pacing, pacing_of
from exams.receipts import Counts
from exams.reviewed_items import ReviewedItem, reviewed_items
from questions.samples import LETTERS

# NBME reports a content area only from 25 items on.
FEWEST_FOR_VERDICT = 25


class Standing(StrEnum):
    """Where the plausible range lies against the practice cut."""

    ABOVE = "above"
    NEAR = "near"
    BELOW = "below"


@dataclass(frozen=True)
class DomainLine:
    """One domain's scored items with the range that so few items leave plausible."""

    name: str
    right: int
    total: int
    interval: Interval
    chart: IntervalChart

    @property
    def has_verdict(self) -> bool:
        return self.total >= FEWEST_FOR_VERDICT

    @property
    def share_percent(self) -> int:
        return round(100 * self.right / self.total) if self.total else 0


@dataclass(frozen=True)
class Report:
    attempt: Attempt
    score: Score
    counts: Counts
    pacing: Pacing
    changes: Changes | None  # None when the ledger, which tells them, is no longer kept
    confidence: Calibration
    earlier: list[Score]
    in_groups: list[Beside]
    interval: Interval
    standing: Standing
    domains: list[DomainLine]
    scored_items: list[ReviewedItem]
    pilot_items: list[ReviewedItem]
    regraded: list[RegradedScore]
    work: list[Work]

    @property
    def item_count(self) -> int:
        return self.score.scored_count + self.score.pilot_count

    @property
    def hidden_count(self) -> int:
        """Items that are left out because they are in an exam the person has open."""
        return self.item_count - len(self.scored_items) - len(self.pilot_items)

    @property
    def band(self) -> tuple[int, int]:
        """The plausible range of the raw score, in items right of all scored."""
        return self.interval.counts(self.score.scored_count)

    @property
    def late_items(self) -> list[ReviewedItem]:
        """Items with an answer that was brought too late to count."""
        return [item for item in self.scored_items + self.pilot_items if item.late]

    @property
    def cut_percent(self) -> int:
        return round(100 * self.score.practice_cut / self.score.scored_count)

    @property
    def missed_count(self) -> int:
        return self.score.scored_count - self.score.raw


def build(attempt: Attempt, score: Score) -> Report:
    """Everything the report page shows of a finished and scored attempt."""
    items = reviewed_items(attempt)
    counts = receipts.counts_of(attempt)
    interval = wilson(score.raw, score.scored_count)
    cut = score.practice_cut / score.scored_count
    rows = list(score.domain_scores.select_related("domain").order_by("domain__number"))
    return Report(
        attempt=attempt,
        score=score,
        counts=counts,
        pacing=pacing_of(items),
        changes=_changes(attempt, items) if counts.last_saved_at or not counts.answered else None,
        confidence=calibration_of(_ratings(attempt)),
        earlier=_earlier(attempt),
        in_groups=beside(attempt),
        interval=interval,
        standing=standing(interval, cut),
        domains=[domain_line(row, cut) for row in rows],
        scored_items=[item for item in items if item.is_scored],
        pilot_items=[item for item in items if not item.is_scored],
        regraded=list(regrading.notices(attempt)),
        work=work_of(rows),
    )


def _changes(attempt: Attempt, items: Iterable[ReviewedItem]) -> Changes:
    saves = AttemptEvent.objects.filter(attempt=attempt, kind=EventKind.SAVED).order_by("sequence")
    keys = {item.position: LETTERS.index(item.key) + 1 for item in items}
    rows = saves.values_list("position", "chosen")
    return changes_of([(position, chosen) for position, chosen in rows if position is not None], keys)


def _ratings(attempt: Attempt) -> list[tuple[int, bool]]:
    """Every answer in practice that the person rated, with whether it was right."""
    places = list(
        PracticeItem.objects.filter(session__user=attempt.user_id, revealed_at__isnull=False, confidence__isnull=False)
    )
    key_of = keys_of(place.version_id for place in places)
    return [
        (place.confidence, scoring.is_right(place.option_order, place.chosen, key_of[place.version_id]))
        for place in places
        if place.confidence
    ]


def _earlier(attempt: Attempt) -> list[Score]:
    """Scores of the person's mocks so far, this one among them, the oldest first."""
    scores = Score.objects.filter(attempt__user=attempt.user_id, attempt__started_at__lte=attempt.started_at)
    return list(scores.select_related("attempt__exam_form").order_by("attempt__started_at"))


def domain_line(row: DomainScore, cut: float) -> DomainLine:
    interval = wilson(row.right, row.total)
    return DomainLine(
        row.domain.name, row.right, row.total, interval, IntervalChart.of(row.right / row.total, interval, cut)
    )


def standing(interval: Interval, cut: float) -> Standing:
    if interval.low >= cut:
        return Standing.ABOVE
    return Standing.BELOW if interval.high < cut else Standing.NEAR
