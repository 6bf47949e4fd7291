"""Where a group stands: its plans, its domains, and the results of those who show theirs.

Whatever is about the group as a whole is told from five people on who let it count, and of no fewer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import mean

from accounts.models import Share, StudyGroup
from exams import planning
from exams.charts import IntervalChart
from exams.intervals import Interval, mean_interval
from exams.models import DomainScore, ExamForm, Mode, Score

FEWEST = 5


@dataclass(frozen=True, slots=True)
class Plans:
    """`on_plan` of `planned` members have nothing left over from earlier weeks; None where so few say too much."""

    planned: int
    on_plan: int | None


@dataclass(frozen=True, slots=True)
class DomainLine:
    """The mean share right of the people's newest mocks in one domain, with its 95 % interval."""

    name: str
    people: int
    share: float
    interval: Interval
    chart: IntervalChart
    has_verdict: bool = True

    @property
    def share_percent(self) -> int:
        return round(100 * self.share)


@dataclass(frozen=True)
class Domains:
    """`people` share their domains and have a mock behind them; without five of them there are no lines."""

    people: int
    lines: list[DomainLine]
    fewest: int = FEWEST


@dataclass(frozen=True, slots=True)
class Result:
    """What a member shows of their newest mock."""

    name: str
    score: Score


def weeks_left(exam_on: date, today: date) -> str:
    """Until the exam, in words."""
    days = (exam_on - today).days
    if days < 0:
        return "is over"
    if days < 2:
        return "is tomorrow" if days else "is today"
    if days < 14:
        return f"is in {days} days"
    return f"is in {days // 7} weeks"


def plans_of(group: StudyGroup, *, now: datetime) -> Plans:
    sharing = group.memberships.sharing(Share.PRACTICE).select_related("user")
    kept = planning.keeping_up(users=[member.user for member in sharing], now=now)
    return Plans(len(kept), sum(kept.values()) if len(kept) >= FEWEST else None)


def domains_of(group: StudyGroup) -> Domains:
    """From each person's newest mock: persons, not answers, are the sample."""
    newest = _newest(group, Share.DOMAINS)
    if len(newest) < FEWEST:
        return Domains(len(newest), [])
    rows = DomainScore.objects.filter(score__in=newest.values(), total__gt=0).select_related("domain")
    cut = mean(score.practice_cut / score.scored_count for score in newest.values())
    return Domains(len(newest), domain_lines(((r.domain.number, r.domain.name, r.right / r.total) for r in rows), cut))


def domain_lines(shares: Iterable[tuple[int, str, float]], cut: float) -> list[DomainLine]:
    """Of (domain's number, its name, one person's share right); domains that fewer than five met are left out."""
    by_domain: dict[tuple[int, str], list[float]] = {}
    for number, name, share in shares:
        by_domain.setdefault((number, name), []).append(share)
    lines = []
    for (_, name), found in sorted(by_domain.items()):
        interval = mean_interval(found)
        if len(found) >= FEWEST and interval:
            chart = IntervalChart.of(mean(found), interval, cut)
            lines.append(DomainLine(name, len(found), mean(found), interval, chart))
    return lines


def results_of(group: StudyGroup, exam_form: ExamForm | None = None) -> list[Result]:
    """Newest mocks of the members who show their scores, on one form or on any, in order of their names."""
    newest = _newest(group, Share.SCORES, exam_form)
    members = group.memberships.sharing(Share.SCORES).select_related("user")
    found = [Result(member.name, newest[member.user_id]) for member in members if member.user_id in newest]
    return sorted(found, key=lambda result: result.name.casefold())


def _newest(group: StudyGroup, least: Share, exam_form: ExamForm | None = None) -> dict[int, Score]:
    """The newest score of each member who shares at least so much, by the person's id."""
    people = group.memberships.sharing(least).values("user")
    scores = Score.objects.filter(attempt__user__in=people, attempt__mode=Mode.MOCK)
    if exam_form:
        scores = scores.filter(attempt__exam_form=exam_form)
    ordered: Sequence[Score] = list(
        scores.select_related("attempt__exam_form").order_by("attempt__finished_at", "attempt_id")
    )
    return {score.attempt.user_id: score for score in ordered}
