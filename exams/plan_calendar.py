"""A plan as a calendar that other programs subscribe to: its secret address, and what is found there (RFC 5545)."""

from datetime import date, datetime, timedelta
from uuid import UUID

from icalendar import Calendar, Event, vDuration

from accounts import rate_limits, tokens
from accounts.models import User
from exams.models import PlanTask, StudyPlan
from exams.templatetags.timing import minute_words

# Programs ask once or a few times an hour; several devices may share one address.
MOST_AN_HOUR = 60
REFRESH = timedelta(hours=1)


def new_token(user: User) -> str | None:
    """Give the person's plan a new address, which ends the one before. The token is told this once and kept nowhere."""
    token = tokens.new()
    return token if StudyPlan.objects.filter(user=user).update(calendar_digest=tokens.digest_of(token)) else None


def end(user: User) -> None:
    StudyPlan.objects.filter(user=user).update(calendar_digest=None)


def plan_at(token: str) -> StudyPlan | None:
    return StudyPlan.objects.filter(calendar_digest=tokens.digest_of(token)).select_related("user").first()


def is_asked_too_often(plan: StudyPlan, now: datetime) -> bool:
    """Whether an address was asked for more often than any calendar needs within this hour.

    Only addresses that exist are counted: guesses would push out of the cache what others have in it. Without a cache
    everybody is answered.
    """
    return rate_limits.count(f"calendar:{plan.pk}", window=timedelta(hours=1), now=now) > MOST_AN_HOUR


def ics(plan: StudyPlan, *, page: str) -> bytes:
    """The plan's tasks and the exam as events of whole days, which a calendar shows on that day in any zone.

    An event keeps its UID for good; SEQUENCE counts how often it was moved, DTSTAMP says when.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//CIIP Practice//Study plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "CIIP study plan")
    calendar.add("x-wr-timezone", plan.user.time_zone)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add_component(_event(plan.uid, plan.exam_on, "Exam day", plan.revision, plan.made_at, page))
    for task in plan.tasks.select_related("domain"):
        calendar.add_component(_task_event(task, page))
    return bytes(calendar.to_ical())


def _task_event(task: PlanTask, page: str) -> Event:
    event = _event(task.uid, task.on, task.title, task.revision, task.revised_at, page)
    event.add("description", f"{minute_words(task.minutes)}\nYour plan: {page}")
    return event


def _event(uid: UUID, on: date, summary: str, revision: int, at: datetime, page: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@ciip-practice")
    event.add("dtstamp", at)
    event.add("sequence", revision)
    event.add("dtstart", on)
    event.add("dtend", on + timedelta(days=1))
    event.add("summary", summary)
    event.add("url", page)
    # A day with study in it is not taken.
    event.add("transp", "TRANSPARENT")
    return event
