"""Mails that people asked for: reviews due, the plan of the week, the exam of tomorrow, forms that groups can begin.

Each goes out in the morning of the person's own day, once. Who gets one is looked up each hour; what it says, and
whether there is anything to say, is looked up when it is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import mailing
from accounts.models import MailChoice, MailKind, SentMail, StudyGroup, User
from exams import planning
from exams.models import GroupExam, PracticeSource
from exams.practice import review

# Hours in which a mail may go out: what failed at seven is tried until noon, and not by night.
MORNING = range(7, 12)
MONDAY = 0
REMINDERS = (MailKind.REVIEW_DUE, MailKind.PLAN_OF_THE_WEEK, MailKind.EXAM_TOMORROW, MailKind.GROUP_FORM_OPENS)
# That a form has opened is news for so long.
NEWS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A mail that may be sent; `period` is what it may be sent once for: the person's day, or a group's form."""

    user_id: int
    kind: MailKind
    period: str


@dataclass(frozen=True, slots=True)
class _Text:
    subject: str
    context: dict[str, Any]


def waiting(*, now: datetime) -> Iterator[Reminder]:
    """For everybody who asked for a mail, has a morning now and has not had it."""
    choices = MailChoice.objects.filter(kind__in=REMINDERS, user__is_active=True).select_related("user")
    recent = SentMail.objects.filter(kind__in=REMINDERS, at__gt=now - 2 * NEWS)
    sent = set(recent.values_list("user_id", "kind", "period"))
    for choice in choices.order_by("pk").iterator(chunk_size=500):
        local, kind = timezone.localtime(now, choice.user.zone), MailKind(choice.kind)
        for period in _periods(kind, choice.user, local) if local.hour in MORNING else ():
            if (choice.user_id, kind, period) not in sent:
                yield Reminder(choice.user_id, kind, period)


def _periods(kind: MailKind, user: User, local: datetime) -> list[str]:
    if kind == MailKind.GROUP_FORM_OPENS:
        return [str(exam.pk) for exam in _news_for(user, local)]
    is_day = kind != MailKind.PLAN_OF_THE_WEEK or local.weekday() == MONDAY
    return [local.date().isoformat()] if is_day else []


def _news_for(user: User, now: datetime) -> QuerySet[GroupExam]:
    """Forms that groups of theirs can begin since a short while, and that they have not begun themselves."""
    own = StudyGroup.objects.of(user)
    exams = GroupExam.objects.filter(group__in=own, opens_at__lte=now, opens_at__gt=now - NEWS, closes_at__gt=now)
    return exams.exclude(exam_form__attempts__user=user).select_related("group", "exam_form")


def send(*, reminder: Reminder, now: datetime) -> bool:
    """Send a reminder, if there is something to say and its day is not over; says whether it went out."""
    user = User.objects.filter(pk=reminder.user_id).first()
    text = _text_of(reminder, user, now) if user else None
    if user is None or text is None:
        return False
    # Moments in it are told as the person lives them.
    with timezone.override(user.zone):
        return mailing.send(
            kind=reminder.kind,
            address=user.email,
            user=user,
            subject=text.subject,
            template=f"mail/{reminder.kind}.txt",
            context={"user": user, **text.context},
            period=reminder.period,
            now=now,
        )


def _text_of(reminder: Reminder, user: User, now: datetime) -> _Text | None:
    if reminder.kind == MailKind.GROUP_FORM_OPENS:
        exam = _news_for(user, now).filter(pk=reminder.period).first()
        return _group_form_opens(exam) if exam else None
    if planning.today_of(user, now).isoformat() != reminder.period:
        return None
    match reminder.kind:
        case MailKind.REVIEW_DUE:
            return _review_due(user, now)
        case MailKind.PLAN_OF_THE_WEEK:
            return _plan_of_the_week(user, now)
        case MailKind.EXAM_TOMORROW:
            return _exam_tomorrow(user, now)
    return None


def _review_due(user: User, now: datetime) -> _Text | None:
    count = review.due(user=user, now=now).count()
    if not count or review.has_begun_today(user=user, now=now):
        return None
    address = f"{_address('exams:practice')}?source={PracticeSource.DUE}"
    return _Text(f"{count} item{'s' * (count != 1)} due for review", {"count": count, "address": address})


def _plan_of_the_week(user: User, now: datetime) -> _Text | None:
    found = planning.overview(user=user, now=now)
    if found is None:
        return None
    end = found.today + timedelta(days=7)
    lines = [line for line in found.lines if found.today <= line.task.on < end and not line.is_done]
    if not lines:
        return None
    context = {"lines": lines, "exam_on": found.plan.exam_on, "address": _address("exams:plan")}
    return _Text("Your plan of the week", context)


def _exam_tomorrow(user: User, now: datetime) -> _Text | None:
    found = planning.overview(user=user, now=now)
    if found is None or found.days_left != 1:
        return None
    return _Text("Your exam is tomorrow", {"exam_on": found.plan.exam_on, "address": _address("exams:plan")})


def _group_form_opens(exam: GroupExam) -> _Text:
    address = _address("exams:group", exam.group.public_id)
    return _Text(f"{exam.group}: {exam.exam_form} is open", {"group": exam.group, "exam": exam, "address": address})


def _address(name: str, *arguments: object) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=arguments)}"
