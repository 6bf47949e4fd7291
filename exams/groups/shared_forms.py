"""Published forms that a group sits within some days: sharing one, starting it, and who has finished it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction

from accounts.groups import NotPossible
from accounts.models import Membership, Share, StudyGroup, User
from exams import attempts, exam_forms
from exams.attempts import NotNow
from exams.models import Attempt, ExamForm, GroupExam

MOST_DAYS = 180


@dataclass(frozen=True)
class Place:
    """One member before one shared form; `attempt` is theirs once they have begun it."""

    own: Membership
    exam: GroupExam
    attempt: Attempt | None
    finished_count: int
    now: datetime

    @property
    def has_finished(self) -> bool:
        return self.attempt is not None and self.attempt.is_finished

    @property
    def is_open(self) -> bool:
        return self.exam.opens_at <= self.now < self.exam.closes_at

    @property
    def is_to_come(self) -> bool:
        return self.now < self.exam.opens_at

    @property
    def last_day(self) -> datetime:
        """The window ends with this day; its own end is the next midnight."""
        return self.exam.closes_at - timedelta(minutes=1)


def shareable(group: StudyGroup) -> list[ExamForm]:
    """Published forms of the current outline that the group does not share yet."""
    published = ExamForm.objects.published().filter(outline__is_current=True)
    return list(published.exclude(pk__in=GroupExam.objects.filter(group=group).values("exam_form")))


def share(*, group: StudyGroup, exam_form: ExamForm, first: date, last: date, by: User) -> GroupExam:
    """For the days from `first` to `last`, as they are where `by` lives. Raises NotPossible for a second time."""
    opens_at, closes_at = _window(first, last, by)
    try:
        with transaction.atomic():
            return GroupExam.objects.create(group=group, exam_form=exam_form, opens_at=opens_at, closes_at=closes_at)
    except IntegrityError as error:
        raise NotPossible(f"{exam_form} is shared already.") from error


def move(*, exam: GroupExam, first: date, last: date, by: User) -> None:
    """Other days. Who has begun is not disturbed: an exam's own clock is what counts."""
    opens_at, closes_at = _window(first, last, by)
    GroupExam.objects.filter(pk=exam.pk).update(opens_at=opens_at, closes_at=closes_at)


def withdraw(*, exam: GroupExam) -> None:
    """With it goes what was written about it; nobody's answers."""
    exam.delete()


def start(*, exam: GroupExam, user: User, now: datetime) -> Attempt:
    """Begin it, or go on with it. Raises NotNow outside of its days and wherever the form cannot be met afresh."""
    if now < exam.opens_at:
        raise NotNow(f"{exam.exam_form} is not open to the group yet.")
    if now >= exam.closes_at:
        raise NotNow(f"The days for {exam.exam_form} are over. You can still sit it by yourself, under Mocks.")
    running = attempts.open_mock_of(user)
    if running is None or attempts.close_if_overdue(attempt=running, now=now):
        _must_be_fresh(exam.exam_form, user)
    # Of two clicks at once, and of a mock that is open, the one that runs is returned.
    attempt = attempts.start_mock(user=user, now=now, exam_form=exam.exam_form)
    if attempt.exam_form_id != exam.exam_form_id:
        raise NotNow(f"{attempt.exam_form} is open. Finish it or give it up first.")
    return attempt


def places_of(own: Membership, *, now: datetime) -> list[Place]:
    """All forms that the group shares, as this member meets them. Three statements whatever their number."""
    exams = list(GroupExam.objects.filter(group=own.group).select_related("exam_form", "group"))
    forms = [exam.exam_form_id for exam in exams]
    begun = {
        a.exam_form_id: a for a in Attempt.objects.of(own.user).filter(exam_form__in=forms).order_by("-started_at")
    }
    seen = own.group.memberships.sharing(Share.PRACTICE).values("user")
    finished = Attempt.objects.finished().filter(exam_form__in=forms, user__in=seen).order_by()
    people: dict[int, set[int]] = {}
    for form, user in finished.values_list("exam_form_id", "user_id"):
        people.setdefault(form, set()).add(user)
    return [
        Place(own, exam, begun.get(exam.exam_form_id), len(people.get(exam.exam_form_id, ())), now) for exam in exams
    ]


def place_of(own: Membership, number: int, *, now: datetime) -> Place | None:
    """One of them, by the number of its form."""
    return next((place for place in places_of(own, now=now) if place.exam.exam_form.published_number == number), None)


def _must_be_fresh(exam_form: ExamForm, user: User) -> None:
    if not exam_forms.offered_to(user).filter(pk=exam_form.pk).exists():
        raise NotNow(f"You have sat {exam_form} already, or have given it up for practice.")


def _window(first: date, last: date, by: User) -> tuple[datetime, datetime]:
    zone = by.zone
    return (
        datetime.combine(first, time(), tzinfo=zone),
        datetime.combine(last + timedelta(days=1), time(), tzinfo=zone),
    )
