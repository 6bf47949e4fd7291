"""What a progress link shows: put together anew from what the person did, as plain figures and nothing else.

Neither page nor picture gets anything but a `Progress`, so what is not in there cannot be shown: no item, no answer, no
address of anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from accounts.models import ProgressLink, User
from exams import planning, readiness_charts, readiness_report, streaks
from exams.intervals import wilson
from exams.models import Score
from exams.readiness import Outlook
from exams.readiness_charts import BandChart, TrendChart
from exams.reports import DomainLine
from exams.streaks import Streak

MOST_MOCKS = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """The forecast of a fresh form, with its chance in words."""

    outlook: Outlook
    band: BandChart
    chance: str
    fewest_answers: int
    fewest_domains: int


@dataclass(frozen=True, slots=True)
class MockResult:
    """Scored items right in one mock; `low` to `high` is the plausible range of the level behind it."""

    at: date
    expected: int
    low: int
    high: int
    cut: int
    scored_count: int


@dataclass(frozen=True, slots=True)
class Trend:
    """Newest first; the picture has the oldest on the left."""

    results: Sequence[MockResult]
    chart: TrendChart | None


@dataclass(frozen=True, slots=True)
class PlanWeek:
    """This week's tasks; a week without any has no plan behind it."""

    done: int
    total: int
    done_minutes: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything a link shows. What was not chosen is None; an empty `name` was not chosen either."""

    name: str
    on: date
    standing: Standing | None = None
    domains: Sequence[DomainLine] | None = None
    trend: Trend | None = None
    streak: Streak | None = None
    plan: PlanWeek | None = None

    @property
    def title(self) -> str:
        return f"Progress of {self.name}" if self.name else "Progress in CIIP practice"

    @property
    def sentences(self) -> list[str]:
        """The figures in words, for a chat's preview and for those who cannot see its picture."""
        found = []
        if self.standing:
            found.append(_standing_in_words(self.standing))
        if self.domains:
            found.append(f"The {len(self.domains)} domains with what so few items leave plausible.")
        if self.trend and self.trend.results:
            newest = self.trend.results[0]
            found.append(f"Newest mock: {newest.expected} of {newest.scored_count} right.")
        if self.streak:
            found.append(streak_in_words(self.streak))
        if self.plan:
            found.append(plan_in_words(self.plan))
        return found


def of(link: ProgressLink, *, now: datetime) -> Progress:
    """What the link shows at this moment. Dates are the person's own."""
    user = link.user
    report = None
    if link.shows_readiness or link.shows_domains:
        report = readiness_report.build(user=user, now=now)
    standing = None
    if report and link.shows_readiness:
        standing = Standing(report.outlook, report.band, report.chance, report.fewest_answers, report.fewest_domains)
    return Progress(
        name=link.name,
        on=timezone.localtime(now, user.zone).date(),
        standing=standing,
        domains=[level.line for level in report.levels] if report and link.shows_domains else None,
        trend=_trend(user) if link.shows_trend else None,
        streak=streaks.of(user, now=now) if link.shows_streak else None,
        plan=_plan(user, now) if link.shows_plan else None,
    )


def streak_in_words(streak: Streak) -> str:
    recent = f"practised on {streak.recent} of the last {streaks.RECENT_DAYS} days"
    if streak.current < 2:
        return f"{recent.capitalize()}."
    return f"{streak.current} days in a row; {recent}."


def plan_in_words(plan: PlanWeek) -> str:
    if not plan.total:
        return "No study plan for this week."
    return f"{plan.done} of {plan.total} tasks of this week's plan done."


def _standing_in_words(standing: Standing) -> str:
    outlook = standing.outlook
    if not outlook.is_shown:
        return (
            f"Not enough yet for a forecast: {outlook.n} of {standing.fewest_answers} answers,"
            f" {outlook.domain_count} of {standing.fewest_domains} domains."
        )
    return (
        f"On a fresh {outlook.target.scored_count}-item form of this bank: expected {outlook.expected:.0f} right"
        f" (80 % range {outlook.low}–{outlook.high}); the practice cut is {outlook.target.cut},"
        f" {standing.chance} to reach it."
    )


def _trend(user: User) -> Trend:
    scores = Score.objects.filter(attempt__user=user).select_related("attempt")
    results = [_result(score, user) for score in scores.order_by("-attempt__started_at")[:MOST_MOCKS]]
    return Trend(results, readiness_charts.trend(results[::-1]))


def _result(score: Score, user: User) -> MockResult:
    interval = wilson(score.raw, score.scored_count)
    return MockResult(
        at=timezone.localtime(score.attempt.started_at, user.zone).date(),
        expected=score.raw,
        low=round(interval.low * score.scored_count),
        high=round(interval.high * score.scored_count),
        cut=score.practice_cut,
        scored_count=score.scored_count,
    )


def _plan(user: User, now: datetime) -> PlanWeek:
    week = planning.this_week(user=user, now=now)
    if week is None:
        return PlanWeek(0, 0, 0, 0)
    return PlanWeek(week.done_count, len(week.lines), week.done_minutes, week.minutes)
