"""What the mocks page and the home page say: what is open, what comes next, how much is left, what was."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from exams import appointments, attempts, exam_forms, pools, scoring, timer
from exams.assembly import Pool
from exams.models import Appointment, Attempt, ExamForm
from questions.models import Outline


@dataclass(frozen=True)
class Overview:
    """A person's mocks. `left` counts mocks of unseen items alone, `reused` the seen items of the next one.

    Both are None before any content was loaded.
    """

    outline: Outline | None
    open_mock: Attempt | None
    appointment: Appointment | None
    next_title: str
    left: int | None
    reused: int | None
    minutes: int
    past: list[Attempt]

    @property
    def block_minutes(self) -> dict[str, int]:
        """The longest that the timed blocks of a full appointment last, without extra time."""
        return {str(block): minutes for block, minutes in appointments.minutes_of_blocks().items()}


def overview(*, user: User, now: datetime) -> Overview:
    open_mock = attempts.open_mock_of(user)
    if open_mock and attempts.close_if_overdue(attempt=open_mock, now=now):
        # Where no worker runs, nobody else would score it before its report is opened.
        scoring.ensure_scored(attempt=open_mock, now=now)
        open_mock = None
    outline = Outline.objects.current().first()
    pool = pools.load_for(user).pool if outline else None
    next_form = exam_forms.next_published(user)
    return Overview(
        outline=outline,
        open_mock=open_mock,
        appointment=appointments.before_exam_of(user, now=now),
        next_title=next_form.title if next_form else "Personal form",
        left=pool.forms_left if pool else None,
        reused=_reused(pool, next_form) if pool else None,
        minutes=_minutes(user, outline, now),
        past=list(Attempt.objects.of(user).ended().select_related("exam_form", "score")),
    )


def _reused(pool: Pool, next_form: ExamForm | None) -> int:
    if next_form is None:
        return pool.reused_at_least
    codes = next_form.form_items.values_list("item__code", flat=True)
    return len(pool.last_seen.keys() & set(codes))


def _minutes(user: User, outline: Outline | None, now: datetime) -> int:
    """The minutes this person gets, extra time included."""
    if outline is None:
        return 0
    end = timer.deadline(started_at=now, minutes=outline.minutes, extra_time_percent=user.extra_time_percent)
    return round((end - now).total_seconds() / 60)
