"""Study plans as they are stored: making one, ticking its tasks, catching up. The person's row is the mutex.

Dates are the person's own: a day begins and ends at midnight of their zone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams import plan_keeping, study_plan
from exams.models import Attempt, PlanTask, PlanTaskKind, PracticeItem, PracticeSession, PracticeSource, StudyPlan
from exams.plan_keeping import CatchUp, Due, Practised
from exams.pools import NoOutline
from exams.practice import history
from exams.study_plan import ALL
from questions.models import Domain, Outline

DRILLED = ("session__user_id", "revealed_at", "version__task__domain__code")


@dataclass(frozen=True)
class Line:
    """A task as the page shows it. `is_settled`: what was done here ticks it, whatever the person does."""

    task: PlanTask
    is_done: bool
    is_settled: bool
    url: str


@dataclass(frozen=True)
class Week:
    """Seven days of a plan with their tasks, and how far they are."""

    first: date
    last: date
    lines: list[Line]

    @property
    def days(self) -> list[tuple[date, list[Line]]]:
        return [(day, list(lines)) for day, lines in groupby(self.lines, lambda line: line.task.on)]

    @property
    def minutes(self) -> int:
        return sum(line.task.minutes for line in self.lines)

    @property
    def done_minutes(self) -> int:
        return sum(line.task.minutes for line in self.lines if line.is_done)

    @property
    def done_count(self) -> int:
        return sum(line.is_done for line in self.lines)

    @property
    def subjects(self) -> list[str]:
        """The domains of the week in the order of their first task."""
        return list(dict.fromkeys(str(line.task.domain) for line in self.lines if line.task.domain))

    @property
    def mock_count(self) -> int:
        return sum(line.task.kind == PlanTaskKind.MOCK for line in self.lines)


@dataclass(frozen=True)
class Overview:
    """A plan as it stands on one day."""

    plan: StudyPlan
    today: date
    lines: list[Line]
    domains: list[Domain]
    catch_up: CatchUp | None

    @property
    def days_left(self) -> int:
        return (self.plan.exam_on - self.today).days

    @cached_property
    def weeks(self) -> dict[int, Week]:
        """By number, counted back from the exam."""
        exam_on = self.plan.exam_on
        by_week = groupby(self.lines, lambda line: study_plan.week_of(line.task.on, exam_on))
        return {number: Week(*study_plan.week_days(number, exam_on), list(lines)) for number, lines in by_week}

    @property
    def this_week(self) -> Week | None:
        return self.weeks.get(study_plan.week_of(self.today, self.plan.exam_on))

    @property
    def later(self) -> list[Week]:
        return [week for week in self.weeks.values() if week.first > self.today]

    @property
    def earlier(self) -> list[Week]:
        return [week for week in self.weeks.values() if week.last < self.today]

    @property
    def is_short(self) -> bool:
        """Whether the plan had less than a week from its making."""
        made_on = today_of(self.plan.user, self.plan.made_at)
        return (self.plan.exam_on - made_on).days < study_plan.WEEK

    @property
    def emphasised(self) -> list[Domain]:
        """Domains that get more time because of the person's answers when the plan was made."""
        return [domain for domain in self.domains if domain.code in self.plan.emphasis]

    @property
    def absent(self) -> list[Domain]:
        """Domains that the plan has no time for."""
        held = {line.task.domain.code for line in self.lines if line.task.domain}
        return [domain for domain in self.domains if domain.code not in held]

    @property
    def mock_count(self) -> int:
        return sum(line.task.kind == PlanTaskKind.MOCK for line in self.lines)

    @property
    def missed(self) -> list[Line]:
        """What the catching up is about."""
        keys = {*self.catch_up.moved, *self.catch_up.left_out} if self.catch_up else set()
        return [line for line in self.lines if line.task.pk in keys]


def overview(*, user: User, now: datetime) -> Overview | None:
    """The person's plan, or None. Nothing is stored: what was done on the site is looked up each time."""
    plan = StudyPlan.objects.filter(user=user).select_related("user").first()
    if plan is None:
        return None
    today = today_of(user, now)
    tasks = list(plan.tasks.select_related("domain"))
    settled = _settled(user, tasks, today)
    lines = [Line(task, bool(task.done_at) or task.pk in settled, task.pk in settled, _url_of(task)) for task in tasks]
    domains = list(Domain.objects.filter(outline__is_current=True))
    return Overview(plan, today, lines, domains, _catch_up(plan, tasks, settled, today))


def this_week(*, user: User, now: datetime) -> Week | None:
    """What the plan holds for the week around today; None without a plan, and once the exam is over."""
    found = overview(user=user, now=now)
    return found.this_week if found else None


def keeping_up(*, users: Iterable[User], now: datetime) -> dict[int, bool]:
    """Whether people are on their plan, by id: nothing of a week that is over waits.

    Who has no plan for an exam to come is not among them. Five statements whatever their number.
    """
    by_id = {user.pk: user for user in users}
    plans = [
        plan for plan in StudyPlan.objects.filter(user__in=by_id) if plan.exam_on > today_of(by_id[plan.user_id], now)
    ]
    waiting: dict[int, list[PlanTask]] = {plan.pk: [] for plan in plans}
    for task in PlanTask.objects.undone().filter(plan__in=plans).select_related("domain"):
        waiting[task.plan_id].append(task)
    since = min((task.on for tasks in waiting.values() for task in tasks), default=None)
    found = _practised([by_id[plan.user_id] for plan in plans], since) if since else {}
    kept = {}
    for plan in plans:
        today = today_of(by_id[plan.user_id], now)
        due = [task for task in _due(waiting[plan.pk]) if task.on <= today]
        settled = plan_keeping.done_by_themselves(due, found.get(plan.user_id, []))
        left = [task for task in due if task.key not in settled]
        kept[plan.user_id] = not plan_keeping.missed(left, today=today, exam_on=plan.exam_on)
    return kept


def today_of(user: User, now: datetime) -> date:
    return timezone.localtime(now, user.zone).date()


def make(*, user: User, exam_on: date, hours_per_week: int, now: datetime) -> StudyPlan:
    """Make a plan, or make it anew: what was done stays, everything else gives way. Raises NoOutline.

    1. The person's row is locked, so that of two plans made at once the later one counts.
    2. What was done on the site is ticked for good: new tasks may fall on the same day.
    3. Undone tasks are deleted and the new ones stored. The calendar's address stays.
    """
    frame = study_plan.Frame(today_of(user, now), exam_on, hours_per_week, _mock_minutes(user))
    domains = _domains(user)
    planned = study_plan.make(frame, domains)
    ids = dict(Domain.objects.filter(outline__is_current=True).values_list("code", "pk"))
    with transaction.atomic():
        _lock(user)
        plan = StudyPlan.objects.filter(user=user).first() or StudyPlan(user=user, revision=-1)
        plan.exam_on, plan.hours_per_week, plan.made_at = exam_on, hours_per_week, now
        plan.emphasis = study_plan.emphasis(domains)
        plan.revision += 1
        plan.save()
        _keep_what_is_settled(plan, now)
        plan.tasks.undone().delete()
        PlanTask.objects.bulk_create(
            PlanTask(
                plan=plan,
                on=task.on,
                position=position,
                kind=task.kind,
                domain_id=ids.get(task.domain),
                minutes=task.minutes,
                item_count=task.item_count,
                revised_at=now,
            )
            for position, task in enumerate(planned)
        )
    return plan


def tick(*, user: User, pk: int, is_done: bool, now: datetime) -> bool:
    """Tick a task, or undo that; a second time changes nothing. False when the person has no such task."""
    tasks = PlanTask.objects.of(user).filter(pk=pk)
    if is_done:
        tasks.undone().update(done_at=now)
    else:
        tasks.update(done_at=None)
    return tasks.exists()


def catch_up(*, user: User, now: datetime) -> int:
    """Move what was missed to the days that are left; how many tasks. What finds no day is dropped."""
    with transaction.atomic():
        _lock(user)
        found = overview(user=user, now=now)
        if found is None or found.catch_up is None:
            return 0
        for pk, on in found.catch_up.moved.items():
            PlanTask.objects.undone().filter(pk=pk).update(on=on, revision=F("revision") + 1, revised_at=now)
        PlanTask.objects.filter(pk__in=found.catch_up.left_out).delete()
        return len(found.catch_up.moved)


def let_go(*, user: User, now: datetime) -> int:
    """Drop what was missed; how many tasks."""
    with transaction.atomic():
        _lock(user)
        found = overview(user=user, now=now)
        missed = [line.task.pk for line in found.missed] if found else []
        PlanTask.objects.of(user).undone().filter(pk__in=missed).delete()
        return len(missed)


def delete(*, user: User) -> None:
    """With it goes the calendar's address."""
    StudyPlan.objects.filter(user=user).delete()


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _mock_minutes(user: User) -> int:
    outline = Outline.objects.current().first()
    if outline is None:
        raise NoOutline("No question bank is loaded yet, so there is nothing to plan.")
    return outline.minutes * (100 + user.extra_time_percent) // 100


def _domains(user: User) -> list[study_plan.Domain]:
    """The current outline's domains with the person's first answers."""
    first = history.first_answers(user)
    return [
        study_plan.Domain(domain.code, domain.number, domain.weight, *first.get(domain.code, (0, 0)))
        for domain in Domain.objects.filter(outline__is_current=True)
    ]


def _due(tasks: Iterable[PlanTask]) -> list[Due]:
    return [
        Due(
            key=task.pk,
            on=task.on,
            kind=task.kind,
            minutes=task.minutes,
            domain=task.domain.code if task.domain else study_plan.ALL,
            item_count=task.item_count or 0,
        )
        for task in tasks
        if task.done_at is None
    ]


def _settled(user: User, tasks: Iterable[PlanTask], today: date) -> set[int]:
    due = [task for task in _due(tasks) if task.on <= today]
    if not due:
        return set()
    return plan_keeping.done_by_themselves(due, _practised([user], min(task.on for task in due))[user.pk])


def _practised(users: Iterable[User], since: date) -> dict[int, list[Practised]]:
    """What people did here since one of their days, by their ids. Items of a review are no drill's."""
    by_id = {user.pk: user for user in users}
    # Somewhere the day begins half a day before it does in UTC; what is too early settles nothing.
    first = datetime.combine(since, time(), tzinfo=UTC) - timedelta(days=1)
    items = PracticeItem.objects.filter(session__user__in=by_id, revealed_at__gte=first)
    items = items.exclude(session__source=PracticeSource.DUE)
    reviews = PracticeSession.objects.filter(user__in=by_id, source=PracticeSource.DUE, finished_at__gte=first)
    mocks = Attempt.objects.finished().filter(user__in=by_id, finished_at__gte=first)
    done = [
        *((by, at, PlanTaskKind.DRILL, code) for by, at, code in items.order_by().values_list(*DRILLED)),
        *((by, at, PlanTaskKind.REVIEW, ALL) for by, at in reviews.order_by().values_list("user_id", "finished_at")),
        *((by, at, PlanTaskKind.MOCK, ALL) for by, at in mocks.order_by().values_list("user_id", "finished_at")),
    ]
    found: dict[int, list[Practised]] = {user: [] for user in by_id}
    for by, at, kind, code in done:
        if at:
            found[by].append(Practised(today_of(by_id[by], at), kind, code))
    return found


def _keep_what_is_settled(plan: StudyPlan, now: datetime) -> None:
    tasks = list(plan.tasks.select_related("domain"))
    plan.tasks.filter(pk__in=_settled(plan.user, tasks, today_of(plan.user, now))).update(done_at=now)


def _catch_up(plan: StudyPlan, tasks: Iterable[PlanTask], settled: set[int], today: date) -> CatchUp | None:
    due = [task for task in _due(tasks) if task.key not in settled]
    lost = plan_keeping.missed(due, today=today, exam_on=plan.exam_on)
    return plan_keeping.spread(lost, due, today=today, exam_on=plan.exam_on) if lost else None


def _url_of(task: PlanTask) -> str:
    """Where a task is done."""
    match PlanTaskKind(task.kind):
        case PlanTaskKind.READ:
            return reverse("exams:guide", args=[task.domain.code if task.domain else ""])
        case PlanTaskKind.DRILL:
            domain = f"domain={task.domain.code}&" if task.domain else ""
            return f"{reverse('exams:practice')}?{domain}size={task.item_count}"
        case PlanTaskKind.REVIEW:
            return f"{reverse('exams:practice')}?source={PracticeSource.DUE}"
        case PlanTaskKind.MOCK:
            return reverse("exams:mocks")
