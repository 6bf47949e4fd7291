"""How a cohort has done: every finished mock, domain means with their doubt, and what most of them missed."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

from django.db.models import QuerySet

from exams.intervals import Interval, mean_interval, wilson
from exams.keys import keys_of
from exams.models import Cohort, DomainScore, ExamForm, Mode, Response, Score
from exams.scoring import is_right

# Below this a mean says more about single people than about the group.
FEWEST_PEOPLE = 5


@dataclass(frozen=True, slots=True)
class DomainMean:
    """The mean share right in a domain, one exam a person; no interval while there are fewer than five people."""

    name: str
    people: int
    mean: float
    interval: Interval | None

    @property
    def mean_percent(self) -> int:
        return round(100 * self.mean)


@dataclass(frozen=True, slots=True)
class Difficulty:
    """How many of the cohort had a scored item right."""

    code: str
    domain: str
    n: int
    right: int
    interval: Interval

    @property
    def percent(self) -> int:
        return round(100 * self.right / self.n)


@dataclass(frozen=True)
class CohortResults:
    """`scores` are all finished mocks, the newest first; the means take the newest of each person."""

    scores: Sequence[Score]
    domains: list[DomainMean]
    items: list[Difficulty]
    people: int
    member_count: int

    @property
    def fewest(self) -> int:
        return FEWEST_PEOPLE


def of_cohort(cohort: Cohort, exam_form: ExamForm | None) -> CohortResults:
    """The results on one published form, or on whatever forms people sat; items are listed for one form alone."""
    scores = list(_scores(cohort, exam_form))
    newest = {score.attempt.user_id: score for score in reversed(scores)}
    return CohortResults(
        scores=scores,
        domains=_domain_means(newest.values()),
        items=_difficulties([score.attempt_id for score in newest.values()]) if exam_form else [],
        people=len(newest),
        member_count=cohort.members.count(),
    )


def score_of(cohort: Cohort, public_id: uuid.UUID) -> Score | None:
    """One of the results, by its attempt's public id."""
    return _scores(cohort, None).filter(attempt__public_id=public_id).first()


def forms_sat(cohort: Cohort) -> QuerySet[ExamForm]:
    """Published forms that members have finished."""
    finished = Score.objects.filter(attempt__user__in=cohort.members.all()).values("attempt__exam_form")
    return ExamForm.objects.filter(pk__in=finished, published_number__isnull=False).order_by("published_number")


def _scores(cohort: Cohort, exam_form: ExamForm | None) -> QuerySet[Score]:
    scores = Score.objects.filter(attempt__user__in=cohort.members.all(), attempt__mode=Mode.MOCK)
    if exam_form:
        scores = scores.filter(attempt__exam_form=exam_form)
    shown = scores.select_related("attempt__user", "attempt__exam_form").prefetch_related("domain_scores__domain")
    return shown.order_by("-attempt__finished_at", "-pk")


def _domain_means(scores: Iterable[Score]) -> list[DomainMean]:
    shares: dict[tuple[int, str], list[float]] = {}
    for score in scores:
        for row in score.domain_scores.all():
            if row.total:
                shares.setdefault((row.domain.number, row.domain.name), []).append(row.right / row.total)
    return [
        DomainMean(name, len(found), mean(found), mean_interval(found) if len(found) >= FEWEST_PEOPLE else None)
        for (_, name), found in sorted(shares.items())
    ]


def _difficulties(attempt_ids: Sequence[int]) -> list[Difficulty]:
    """Scored items, those that fewest had right first. An item that was not answered is wrong, as in the score."""
    responses = Response.objects.filter(attempt__in=attempt_ids, form_item__is_scored=True).select_related(
        "form_item__item", "form_item__version__task__domain"
    )
    key_of = keys_of(response.form_item.version_id for response in responses)
    n: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for response in responses:
        form_item = response.form_item
        which = (form_item.item.code, form_item.version.task.domain.name)
        n[which] += 1
        right[which] += is_right(form_item.option_order, response.chosen, key_of[form_item.version_id])
    found = [Difficulty(*which, n[which], right[which], wilson(right[which], n[which])) for which in n]
    return sorted(found, key=lambda one: (one.right / one.n, one.code))


def rows(results: CohortResults) -> list[list[str]]:
    """A table for spreadsheets: a heading, then a line for every finished mock."""
    found = {(row.domain.number, row.domain.name) for score in results.scores for row in score.domain_scores.all()}
    domains = sorted(found)
    heading = ["name", "email", "form", "finished", "right", "scored items", "scaled", "practice cut"]
    return [heading + [name for _, name in domains]] + [_row(score, domains) for score in results.scores]


def _row(score: Score, domains: list[tuple[int, str]]) -> list[str]:
    attempt = score.attempt
    of_domain: dict[int, DomainScore] = {row.domain.number: row for row in score.domain_scores.all()}
    counts = [of_domain.get(number) for number, _ in domains]
    return [
        attempt.user.name,
        attempt.user.email,
        str(attempt.exam_form),
        attempt.finished_at.isoformat(timespec="seconds") if attempt.finished_at else "",
        str(score.raw),
        str(score.scored_count),
        str(score.scaled),
        str(score.practice_cut),
        *(f"{count.right} of {count.total}" if count else "" for count in counts),
    ]
