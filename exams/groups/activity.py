"""This week in a group: on how many days the members practised who let it see that."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import partial

from django.db.models import QuerySet
from django.db.models.functions import TruncDate

from accounts.models import Membership, Share, StudyGroup, User
from exams.models import PracticeItem, Response
from exams.planning import today_of

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven")


@dataclass(frozen=True, slots=True)
class Line:
    """One member who has practised this week."""

    name: str
    days: int

    @property
    def in_words(self) -> str:
        return f"on {NUMBERS[self.days]} day{'' if self.days == 1 else 's'}"


@dataclass(frozen=True)
class Activity:
    """`lines` are in order of names and hold nobody who has not practised: this is no list of who has not.

    `sharers` let the group see that they practise.
    """

    lines: list[Line]
    sharers: int


def of(group: StudyGroup, *, now: datetime) -> Activity:
    sharing = list(group.memberships.sharing(Share.PRACTICE).select_related("user"))
    days = days_practised((member.user for member in sharing), now=now)
    found = [Line(member.name, len(days[member.user_id])) for member in sharing if days[member.user_id]]
    return Activity(sorted(found, key=lambda line: line.name.casefold()), len(sharing))


def days_practised(users: Iterable[User], *, now: datetime) -> dict[int, set[date]]:
    """The days since Monday, each person's own, on which they answered something. Two statements for each time zone."""
    by_zone: dict[str, list[User]] = defaultdict(list)
    for user in users:
        by_zone[user.time_zone].append(user)
    days: dict[int, set[date]] = defaultdict(set)
    for people in by_zone.values():
        today = today_of(people[0], now)
        monday = today - timedelta(days=today.weekday())
        answered = partial(_answered, zone=people[0].zone, since=now - timedelta(days=8))
        for rows in (
            answered(PracticeItem.objects.filter(session__user__in=people), of="session__user_id"),
            answered(Response.objects.filter(attempt__user__in=people), of="attempt__user_id"),
        ):
            for pk, day in rows:
                if monday <= day <= today:
                    days[pk].add(day)
    return days


def _answered(
    places: "QuerySet[PracticeItem] | QuerySet[Response]", *, of: str, zone: tzinfo, since: datetime
) -> Iterable[tuple[int, date]]:
    recent = places.filter(answered_at__gte=since).order_by()
    return recent.annotate(day=TruncDate("answered_at", tzinfo=zone)).values_list(of, "day").distinct()


def names_of(group: StudyGroup) -> dict[int, str]:
    """How the group calls its members, by the person's id."""
    return {member.user_id: member.name for member in Membership.objects.filter(group=group).select_related("user")}
