"""The report of a finished attempt: what happened, how sure that is, and every item with its reasons."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exams import receipts, regrading, scoring
from exams.answer_changes import Changes, changes_of
from exams.charts import IntervalChart
from exams.confidence import Calibration, calibration_of
from exams.groups.comparison import Beside, beside
from exams.intervals import Interval, wilson
from exams.keys import keys_of, mended_versions
from exams.masking import items_being_asked
from exams.models import (
    Attempt,
    AttemptEvent,
    DomainScore,
    EventKind,
    PracticeItem,
    RegradedScore,
    Response,
    Score,
)
from exams.others import Choices, choices_of
from exams.pacing import Pacing, pacing_of
from exams.receipts import Counts
from questions.exhibits import Exhibit, exhibits_of
from questions.models import ItemVersion
from questions.samples import LETTERS, ShownOption

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
class ReviewedItem:
    """One item after the end, with everything that may be said of it."""

    position: int
    code: str
    version: int
    domain_name: str
    stem: str
    exhibit: Exhibit | None
    options: list[ShownOption]
    references: list[dict[str, Any]]
    is_mended: bool
    chosen: str
    is_scored: bool
    is_right: bool
    flagged: bool
    note: str
    late: str
    late_is_right: bool
    visible_seconds: int
    others: list[tuple[str, int]]
    others_count: int

    @property
    def key(self) -> str:
        return next(option.letter for option in self.options if option.is_key)


@dataclass(frozen=True)
class Report:
    attempt: Attempt
    score: Score
    counts: Counts
    pacing: Pacing
    changes: Changes
    confidence: Calibration
    earlier: list[Score]
    in_groups: list[Beside]
    interval: Interval
    standing: Standing
    domains: list[DomainLine]
    scored_items: list[ReviewedItem]
    pilot_items: list[ReviewedItem]
    regraded: list[RegradedScore]

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
        count = self.score.scored_count
        return round(self.interval.low * count), round(self.interval.high * count)

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
    interval = wilson(score.raw, score.scored_count)
    cut = score.practice_cut / score.scored_count
    return Report(
        attempt=attempt,
        score=score,
        counts=receipts.counts_of(attempt),
        pacing=pacing_of(items),
        changes=_changes(attempt, items),
        confidence=calibration_of(_ratings(attempt)),
        earlier=_earlier(attempt),
        in_groups=beside(attempt),
        interval=interval,
        standing=standing(interval, cut),
        domains=[
            _domain_line(row, cut) for row in score.domain_scores.select_related("domain").order_by("domain__number")
        ],
        scored_items=[item for item in items if item.is_scored],
        pilot_items=[item for item in items if not item.is_scored],
        regraded=list(regrading.notices(attempt)),
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


def _domain_line(row: DomainScore, cut: float) -> DomainLine:
    interval = wilson(row.right, row.total)
    return DomainLine(
        row.domain.name, row.right, row.total, interval, IntervalChart.of(row.right / row.total, interval, cut)
    )


def standing(interval: Interval, cut: float) -> Standing:
    if interval.low >= cut:
        return Standing.ABOVE
    return Standing.BELOW if interval.high < cut else Standing.NEAR


def reviewed_items(attempt: Attempt, positions: Collection[int] | None = None) -> list[ReviewedItem]:
    """The items of a finished attempt in order, all or some, without those that the person is being asked right now."""
    masked = items_being_asked(attempt.user_id)
    responses = Response.objects.filter(attempt=attempt).exclude(form_item__item__in=masked).order_by("position")
    if positions is not None:
        responses = responses.filter(position__in=positions)
    responses = responses.select_related("form_item")
    versions = ItemVersion.objects.filter(pk__in=[response.form_item.version_id for response in responses])
    by_id = {
        version.pk: version for version in versions.select_related("item", "task__domain").prefetch_related("options")
    }
    mended = mended_versions(by_id)
    right_ones = ItemVersion.objects.prefetch_related("options").in_bulk(set(mended.values()))
    exhibits = exhibits_of(by_id.values())
    chosen_by_others = choices_of(by_id)
    late = dict(attempt.late_answers.values_list("position", "chosen"))
    found = []
    for response in responses:
        version = by_id[response.form_item.version_id]
        right_one = right_ones.get(mended.get(version.pk, 0))
        found.append(
            _reviewed(
                response,
                version,
                exhibits[version.pk],
                right_one,
                late.get(response.position),
                chosen_by_others.get(version.pk),
            )
        )
    return found


def _reviewed(
    response: Response,
    version: ItemVersion,
    exhibit: Exhibit | None,
    mended: ItemVersion | None,
    late: int | None,
    others: Choices | None,
) -> ReviewedItem:
    """`mended` is the version whose key and rationales count, where the one that was served had a wrong key."""
    form_item = response.form_item
    by_position = {option.position: option for option in (mended or version).options.all()}
    order = [by_position[int(position)] for position in form_item.option_order]
    key_position = next(option.position for option in order if option.is_key)
    return ReviewedItem(
        position=response.position,
        code=version.item.code,
        version=version.number,
        domain_name=version.task.domain.name,
        stem=version.stem,
        exhibit=exhibit,
        options=[
            ShownOption(letter, option.text, option.is_key, option.rationale)
            for letter, option in zip(LETTERS, order, strict=False)
        ],
        references=(mended or version).references,
        is_mended=mended is not None,
        chosen=LETTERS[response.chosen - 1] if response.chosen else "",
        is_scored=form_item.is_scored,
        is_right=scoring.is_right(form_item.option_order, response.chosen, key_position),
        flagged=response.flagged,
        note=response.note,
        late=LETTERS[late - 1] if late else "",
        late_is_right=scoring.is_right(form_item.option_order, late, key_position),
        visible_seconds=round(response.visible_ms / 1000),
        others=[(letter, others.percent(option.position)) for letter, option in zip(LETTERS, order, strict=False)]
        if others
        else [],
        others_count=others.n if others else 0,
    )
