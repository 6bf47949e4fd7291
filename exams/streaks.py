"""How many days in a row somebody practised, by their own calendar."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.models import User
from exams.models import PracticeItem, Response

RECENT_DAYS = 28
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Streak:
    """`current` days in a row up to today, or up to yesterday while today may still come; `recent` of the last 28."""

    current: int
    recent: int


def streak(days: Collection[date], *, today: date) -> Streak:
    last = today if today in days else today - DAY
    current = 0
    while last - current * DAY in days:
        current += 1
    return Streak(current, sum(today - RECENT_DAYS * DAY < day <= today for day in set(days)))


def of(user: User, *, now: datetime) -> Streak:
    """A day counts on which at least one item was answered, in a mock or in practice."""
    in_mocks = Response.objects.filter(attempt__user=user, answered_at__lte=now).order_by()
    in_practice = PracticeItem.objects.filter(session__user=user, answered_at__lte=now).order_by()
    moments = [
        *in_mocks.values_list("answered_at", flat=True),
        *in_practice.values_list("answered_at", flat=True),
    ]
    days = {timezone.localtime(at, user.zone).date() for at in moments if at}
    return streak(days, today=timezone.localtime(now, user.zone).date())
