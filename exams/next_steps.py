"""The home page's one question: what should this person do next?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.models import User
from exams import forecasts, mocks, planning, readiness, triage
from exams.mocks import Overview
from exams.models import Forecast, PracticeSession, Score
from exams.planning import Line, Week
from exams.practice import review


class Step(StrEnum):
    """In the order in which they come first."""

    EXAM = "exam"
    APPOINTMENT = "appointment"
    FIRST_MOCK = "first mock"
    TRIAGE = "triage"
    REVIEW = "review"
    GO_ON = "go on"
    PRACTICE = "practice"


@dataclass(frozen=True)
class Home:
    """`last` is the newest score, `unsorted` its misses that wait, `session` the newest one that is open.

    `forecast` is the newest that rests on enough answers, `week` the plan's.
    """

    overview: Overview
    last: Score | None
    unsorted: int
    due: int
    session: PracticeSession | None
    forecast: Forecast | None
    week: Week | None

    @property
    def chance(self) -> str:
        return readiness.chance_in_words(self.forecast.chance) if self.forecast else ""

    @property
    def waiting(self) -> list[Line]:
        """Tasks of this week's plan that are not done, today's and earlier days' first."""
        return [line for line in self.week.lines if not line.is_done] if self.week else []

    @property
    def step(self) -> Step:
        if self.overview.open_mock:
            return Step.EXAM
        if self.overview.appointment:
            return Step.APPOINTMENT
        if self.last is None and self.session is None and not self.due:
            return Step.FIRST_MOCK
        if self.unsorted:
            return Step.TRIAGE
        if self.due:
            return Step.REVIEW
        return Step.GO_ON if self.session else Step.PRACTICE


def home_of(user: User, *, now: datetime) -> Home:
    overview = mocks.overview(user=user, now=now)
    scores = Score.objects.filter(attempt__user=user).select_related("attempt__exam_form", "attempt__user")
    last = scores.order_by("-attempt__started_at").first()
    sessions = PracticeSession.objects.of(user).open()
    return Home(
        overview=overview,
        last=last,
        unsorted=triage.unsorted_count(last.attempt) if last else 0,
        due=review.due(user=user, now=now).count(),
        forecast=forecasts.shown_of(user).last(),
        week=planning.this_week(user=user, now=now),
        session=next((session for session in sessions if not session.is_overdue(now)), None),
    )
