"""What a cohort's instructor sees of one finished mock: result, times and answers.

Notes, highlights, ratings, other attempts and other people are not in it, so that no template can show them.
"""

from dataclasses import dataclass

from accounts.models import User
from exams import reports
from exams.intervals import Interval, wilson
from exams.masking import items_being_asked
from exams.models import Attempt, Score
from exams.pacing import Pacing, pacing_of
from exams.reports import DomainLine, Standing
from exams.reviewed_items import ReviewedItem, reviewed_items


@dataclass(frozen=True, slots=True)
class AnsweredItem:
    """One item with what was chosen; `chosen` is empty without an answer."""

    position: int
    code: str
    domain: str
    is_scored: bool
    chosen: str
    key: str
    is_right: bool
    visible_seconds: int


@dataclass(frozen=True)
class CandidateReport:
    """One candidate's mock as their instructor may know it."""

    attempt: Attempt
    score: Score
    interval: Interval
    standing: Standing
    domains: list[DomainLine]
    pacing: Pacing
    items: list[AnsweredItem]

    @property
    def band(self) -> tuple[int, int]:
        return self.interval.counts(self.score.scored_count)

    @property
    def hidden_count(self) -> int:
        return self.score.scored_count + self.score.pilot_count - len(self.items)


def build(score: Score, *, viewer: User) -> CandidateReport:
    """Without the items of an exam that the candidate has open, or the viewer, who would read its keys here."""
    asked = items_being_asked(viewer)
    reviewed = [item for item in reviewed_items(score.attempt) if item.response.form_item.item_id not in asked]
    interval = wilson(score.raw, score.scored_count)
    cut = score.practice_cut / score.scored_count
    return CandidateReport(
        attempt=score.attempt,
        score=score,
        interval=interval,
        standing=reports.standing(interval, cut),
        domains=[reports.domain_line(row, cut) for row in score.domain_scores.all()],
        pacing=pacing_of(reviewed),
        items=[_answered(item) for item in reviewed],
    )


def _answered(item: ReviewedItem) -> AnsweredItem:
    return AnsweredItem(
        position=item.position,
        code=item.text.code,
        domain=item.text.domain_name,
        is_scored=item.is_scored,
        chosen=item.chosen,
        key=item.key,
        is_right=item.is_right,
        visible_seconds=item.visible_seconds,
    )
