"""What the mocks page and the home page say: what is open, what comes next, how much is left, what was."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from exams import attempts, exam_forms, timer
from exams.models import Attempt
from exams.pools import NoOutline
from questions.models import Outline


@dataclass(frozen=True)
class Overview:
    """A person's mocks. `left` counts mocks of unseen items alone; None before any content was loaded."""

    outline: Outline | None
    open_mock: Attempt | None
    next_title: str
    left: int | None
    minutes: int
    past: list[Attempt]


def overview(*, user: User, now: datetime) -> Overview:
    open_mock = attempts.open_mock_of(user)
    if open_mock and attempts.close_if_overdue(attempt=open_mock, now=now):
        open_mock = None
    outline = Outline.objects.current().first()
    return Overview(
        outline=outline,
        open_mock=open_mock,
        next_title=_next_title(user),
        left=_left(user),
        minutes=_minutes(user, outline, now),
        past=list(Attempt.objects.of(user).exclude(status="open").select_related("exam_form", "score")),
    )


def _next_title(user: User) -> str:
    exam_form = exam_forms.next_published(user)
    return exam_form.title if exam_form else "Personal form"


def _left(user: User) -> int | None:
    try:
        return exam_forms.mocks_left(user)
    except NoOutline:
        return None


def _minutes(user: User, outline: Outline | None, now: datetime) -> int:
    """The minutes this person gets, extra time included."""
    if outline is None:
        return 0
    end = timer.deadline(started_at=now, minutes=outline.minutes, extra_time_percent=user.extra_time_percent)
    return round((end - now).total_seconds() / 60)
