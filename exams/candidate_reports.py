"""What a cohort's instructor sees of one finished mock: how it came out, by domain, and how the time went.

Answers, notes, marks, ratings, other attempts and other people are not in it, so that no template can show them.
"""

from dataclasses import dataclass

from exams import reports
from exams.intervals import Interval, wilson
from exams.models import Attempt, Score
from exams.pacing import Quarter, pacing_of
from exams.reports import DomainLine, Standing
from exams.reviewed_items import reviewed_items


@dataclass(frozen=True)
class CandidateReport:
    """One candidate's mock as their instructor may know it."""

    attempt: Attempt
    score: Score
    interval: Interval
    standing: Standing
    domains: list[DomainLine]
    quarters: list[Quarter]

    @property
    def band(self) -> tuple[int, int]:
        return self.interval.counts(self.score.scored_count)


def build(score: Score) -> CandidateReport:
    """Without times where the browser said none."""
    interval = wilson(score.raw, score.scored_count)
    cut = score.practice_cut / score.scored_count
    pacing = pacing_of(reviewed_items(score.attempt))
    return CandidateReport(
        attempt=score.attempt,
        score=score,
        interval=interval,
        standing=reports.standing(interval, cut),
        domains=[reports.domain_line(row, cut) for row in score.domain_scores.all()],
        quarters=pacing.quarters if pacing.is_measured else [],
    )
