"""The plan's pages: making, ticking, catching up, deleting; whose they are and what they refuse."""

import re
from datetime import date, timedelta

import pytest
import pytest_django
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from exams import planning
from exams.models import PlanTask, StudyPlan
from tests.exams.test_practice_sessions import begin, do
from tests.exams.test_races import at_once
from tests.factories import NOW, make_bank, make_outline, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = NOW.date()
EXAM = TODAY + 42 * DAY
WISH = {"exam_on": EXAM.isoformat(), "hours_per_week": 6}


@pytest.fixture(autouse=True)
def long_sessions(settings: pytest_django.Settings) -> None:
    """The clock is moved by more than a session lasts."""
    settings.SESSION_COOKIE_AGE = 20 * 365 * 24 * 3600


@pytest.fixture
def alice(client: Client) -> User:
    make_outline()
    alice = make_user()
    client.force_login(alice)
    return alice


@pytest.fixture
def plan(alice: User) -> StudyPlan:
    return planning.make(user=alice, exam_on=EXAM, hours_per_week=6, now=NOW)


def words(html: bytes) -> str:
    page = html.decode()
    if "<main" in page:
        page = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def text_of(client: Client, path: str = "/plan/", *, days: int = 0) -> str:
    with time_machine.travel(NOW + days * DAY, tick=False):
        return words(client.get(path).content)


def send(client: Client, path: str, data: dict[str, object], *, days: int = 0, **headers: str) -> tuple[int, str]:
    with time_machine.travel(NOW + days * DAY, tick=False):
        answer = client.post(path, data, headers=headers, follow=True)
    return answer.status_code, words(answer.content)


# --- Making -------------------------------------------------------------------------------------------------------


def test_form_makes_a_plan_and_the_page_shows_this_week_first(client: Client, alice: User) -> None:
    assert "Make a plan" in text_of(client)

    _, text = send(client, "/plan/make/", WISH)

    assert "Your plan is made." in text
    assert "42 days until your exam. Monday, December 14, 2026 · 6 hours a week" in text
    assert text.index("This week, Nov 2 to Nov 8") < text.index("The weeks to come") < text.index("In your calendar")
    assert "Monday, Nov 2 today" in text
    assert "Weeks that are over" not in text


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"exam_on": "2026-11-01"}, "This day is past."),
        ({"exam_on": "2026-11-02"}, "This is today, and no plan helps any more."),
        ({"exam_on": "2026-11-04"}, "A plan takes 3 days at least."),
        ({"exam_on": "2027-11-04"}, "more than a year away"),
        ({"exam_on": "2027-02-29"}, "Enter a valid date."),
        ({"exam_on": ""}, "This field is required."),
        ({"hours_per_week": 0}, "greater than or equal to 1"),
        ({"hours_per_week": 41}, "less than or equal to 40"),
        ({"hours_per_week": "many"}, "Enter a whole number."),
    ],
)
def test_wish_that_cannot_be_planned_is_refused_beside_its_field(
    client: Client, plan: StudyPlan, wish: dict[str, object], says: str
) -> None:
    before = list(PlanTask.objects.values_list("pk", "on"))

    status, text = send(client, "/plan/make/", WISH | wish)

    assert (status, says in text) == (422, True)
    assert list(PlanTask.objects.values_list("pk", "on")) == before


@pytest.mark.parametrize("exam_on", ["2026-11-05", "2027-11-03"])
def test_three_days_and_a_year_can_be_planned(client: Client, alice: User, exam_on: str) -> None:
    assert send(client, "/plan/make/", WISH | {"exam_on": exam_on})[0] == 200
    assert StudyPlan.objects.get().exam_on == date.fromisoformat(exam_on)


def test_today_is_the_persons_own(client: Client, alice: User) -> None:
    """NOW is Monday afternoon in UTC, Tuesday in Kiritimati."""
    User.objects.update(time_zone="Pacific/Kiritimati")

    assert "This is today" in send(client, "/plan/make/", WISH | {"exam_on": "2026-11-03"})[1]


def test_without_content_no_plan_is_made(client: Client) -> None:
    client.force_login(make_user())

    assert "No plan was made. No question bank is loaded yet" in send(client, "/plan/make/", WISH)[1]


def test_short_plan_says_what_is_not_possible(client: Client, alice: User) -> None:
    send(client, "/plan/make/", {"exam_on": TODAY + 3 * DAY, "hours_per_week": 5})

    text = text_of(client)

    assert "Less than a week is too short to learn ten domains." in text
    assert "It has no full mock" in text
    assert "It has no time for Domain PROC, Domain PM, Domain COMM, Domain EDU." in text


def test_plan_of_six_weeks_says_none_of_that(client: Client, plan: StudyPlan) -> None:
    text = text_of(client)

    assert not re.search("too short|It has no|It has one", text)
    assert "Your own results do not weigh in it" in text


def test_emphasised_domains_are_named(client: Client, plan: StudyPlan) -> None:
    StudyPlan.objects.update(emphasis={"CE": 1.5})

    assert "below your overall level in Domain CE: these get up to twice their usual time" in text_of(client)


# --- Ticking ------------------------------------------------------------------------------------------------------


def test_tick_and_undo_without_scripts(client: Client, plan: StudyPlan) -> None:
    task = plan.tasks.all()[0]
    path = f"/plan/tasks/{task.pk}/"

    assert "0 of" in text_of(client)
    assert "1 of" in send(client, path, {"done": "yes"})[1]
    assert "1 of" in send(client, path, {"done": "yes"})[1]
    task.refresh_from_db()
    assert task.done_at == NOW
    assert "0 of" in send(client, path, {"done": "no"})[1]


def test_tick_by_htmx_answers_with_the_part_that_changes(client: Client, plan: StudyPlan) -> None:
    task = plan.tasks.all()[0]
    with time_machine.travel(NOW, tick=False):
        answer = client.post(f"/plan/tasks/{task.pk}/", {"done": "yes"}, headers={"HX-Request": "true"})

    assert answer.content.decode().strip().startswith('<div id="plan-now">')
    assert f'id="tick-{task.pk}" aria-pressed="true"' in answer.content.decode()
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize("data", [{}, {"done": ""}, {"done": "perhaps"}])
def test_tick_that_says_nothing_changes_nothing(client: Client, plan: StudyPlan, data: dict[str, object]) -> None:
    status, _ = send(client, f"/plan/tasks/{plan.tasks.all()[0].pk}/", data)

    assert status == 400
    assert not plan.tasks.exclude(done_at=None).exists()


def test_what_was_done_here_shows_as_ticked_without_a_button(client: Client) -> None:
    make_bank(forms=6)
    alice = make_user()
    client.force_login(alice)
    plan = planning.make(user=alice, exam_on=EXAM, hours_per_week=6, now=NOW)
    task = plan.tasks.filter(kind="drill", on=TODAY).select_related("domain")[0]
    assert task.domain
    session = begin(alice, size=task.item_count or 0, domains=frozenset({task.domain.code}))
    for place in session.places.all():
        do(session, place.position, right=True)

    with time_machine.travel(NOW, tick=False):
        page = client.get("/plan/").content.decode()

    assert page.count("ticked by what you did here that day") == 1
    assert f'id="tick-{task.pk}"' not in page


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_count_as_one_and_two_makings_leave_one_plan() -> None:
    make_outline()
    alice = make_user()

    def make(hours: int) -> object:
        return planning.make(user=alice, exam_on=EXAM, hours_per_week=hours, now=NOW).pk

    assert len(set(at_once(*[lambda hours=hours: make(hours) for hours in (3, 6, 9, 12)]))) == 1
    plan = StudyPlan.objects.get()
    # Tasks of one making alone.
    assert sorted(plan.tasks.values_list("position", flat=True)) == list(range(plan.tasks.count()))

    task = plan.tasks.all()[0]
    moments = [NOW + n * timedelta(seconds=1) for n in range(6)]
    at_once(*[lambda at=at: planning.tick(user=alice, pk=task.pk, is_done=True, now=at) for at in moments])
    task.refresh_from_db()
    first = task.done_at
    planning.tick(user=alice, pk=task.pk, is_done=True, now=NOW + DAY)
    task.refresh_from_db()
    assert task.done_at == first in moments


@pytest.mark.django_db(transaction=True)
def test_catching_up_twice_at_once_moves_each_task_once() -> None:
    make_outline()
    alice = make_user()
    planning.make(user=alice, exam_on=EXAM, hours_per_week=6, now=NOW)
    later = NOW + 8 * DAY

    counts = at_once(*[lambda: planning.catch_up(user=alice, now=later)] * 4)

    assert sorted(counts)[:3] == [0, 0, 0]
    assert PlanTask.objects.filter(revision=1).count() == max(counts) > 0
    assert not PlanTask.objects.filter(revision__gt=1).exists()


# --- Catching up --------------------------------------------------------------------------------------------------


def test_missed_week_is_offered_with_what_it_does_to_a_day(client: Client, plan: StudyPlan) -> None:
    before = list(PlanTask.objects.values_list("pk", "on"))

    text = text_of(client, days=8)

    found = re.search(
        r"(\d+) tasks of weeks that are over are not done Spread over the 34 days left, they make about "
        r"(1 h \d+ min|\d+ min) a day instead of (\d+ min): ([\d.]+) hours a week, where you planned 6\.",
        text,
    )
    assert found
    assert float(found[4]) > 6
    assert "Nothing moves before you say so." in text
    assert list(PlanTask.objects.values_list("pk", "on")) == before

    _, text = send(client, "/plan/missed/", {"missed": "spread"}, days=8)
    assert f"{found[1]} missed tasks moved to the days that are left." in text
    assert "Spread over the days left" not in text
    assert "0 missed tasks moved" in send(client, "/plan/missed/", {"missed": "spread"}, days=8)[1]


def test_missed_week_can_be_let_go_or_ticked_after_all(client: Client, plan: StudyPlan) -> None:
    missed = list(plan.tasks.filter(on__lt=TODAY + 7 * DAY).exclude(kind="review"))
    send(client, f"/plan/tasks/{missed[0].pk}/", {"done": "yes"}, days=8)

    _, text = send(client, "/plan/missed/", {"missed": "drop"}, days=8)

    assert f"{len(missed) - 1} missed tasks let go." in text
    assert plan.tasks.filter(pk__in=[task.pk for task in missed]).get() == missed[0]


def test_other_words_about_missed_tasks_change_nothing(client: Client, plan: StudyPlan) -> None:
    assert "none of the choices" in send(client, "/plan/missed/", {"missed": "burn"}, days=8)[1]
    assert not PlanTask.objects.filter(revision=1).exists()


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (41, "Your exam is tomorrow."),
        (42, "Today is the day."),
        (43, "The exam day of this plan, December 14, is over."),
    ],
)
def test_page_of_the_last_days(client: Client, plan: StudyPlan, days: int, says: str) -> None:
    assert says in text_of(client, days=days)


# --- Links, deleting, access --------------------------------------------------------------------------------------


def test_tasks_link_to_where_they_are_done_as_far_as_that_exists(client: Client, plan: StudyPlan) -> None:
    lines = planning.overview(user=plan.user, now=NOW)
    assert lines
    urls = {line.task.kind: line.url for line in lines.lines}

    assert urls["mock"] == "/mocks/"
    for kind in ("read", "drill", "review"):
        assert urls[kind] == "" or client.get(urls[kind]).status_code == 200


def test_deleting_asks_and_takes_the_tasks_along(client: Client, plan: StudyPlan) -> None:
    assert "Delete your study plan?" in text_of(client, "/plan/delete/")
    assert StudyPlan.objects.exists()

    _, text = send(client, "/plan/delete/", {})

    assert "Your plan is deleted" in text
    assert (StudyPlan.objects.count(), PlanTask.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("path", "data"),
    [("tasks/{pk}/", {"done": "yes"}), ("missed/", {"missed": "drop"}), ("delete/", {}), ("make/", WISH)],
)
def test_nobody_touches_anothers_plan(client: Client, plan: StudyPlan, path: str, data: dict[str, object]) -> None:
    before = list(PlanTask.objects.order_by("pk").values_list("pk", "on", "done_at"))
    client.force_login(make_user("bob"))

    status, _ = send(client, f"/plan/{path.format(pk=plan.tasks.all()[0].pk)}", data, days=8)

    assert status == (404 if "tasks" in path else 200)
    assert list(PlanTask.objects.filter(plan=plan).order_by("pk").values_list("pk", "on", "done_at")) == before


@pytest.mark.parametrize("path", ["", "make/", "delete/", "tasks/1/", "missed/", "calendar/", "calendar/end/"])
def test_strangers_are_asked_to_sign_in(plan: StudyPlan, path: str) -> None:
    answer = Client().post(f"/plan/{path}")

    assert (answer.status_code, answer.headers["Location"].startswith("/account/login/")) == (302, True)


@pytest.mark.parametrize("path", ["make/", "delete/", "tasks/1/", "missed/", "calendar/", "calendar/end/"])
def test_every_change_needs_a_csrf_token(plan: StudyPlan, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(plan.user)

    assert client.post(f"/plan/{path}").status_code == 403


def test_page_takes_the_same_statements_whatever_the_length_of_the_plan(client: Client, alice: User) -> None:
    counts = []
    for weeks in (2, 30):
        planning.make(user=alice, exam_on=TODAY + weeks * 7 * DAY, hours_per_week=9, now=NOW)
        with time_machine.travel(NOW + DAY, tick=False), CaptureQueriesContext(connection) as queries:
            client.get("/plan/")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 12
