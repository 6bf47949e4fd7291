"""The page that says whether all is well: to whom, in which words, and that nothing unwell lacks advice."""

import pytest
import pytest_django
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from ciip_site.watching import health
from ciip_site.watching.facts import Backlog, Exams, Facts, Tasks
from ciip_site.watching.heard import Worker
from tests.factories import make_user

QUEUES = ("scoring", "statistics", "mail", "exports", "celery")
IDLE = dict.fromkeys(QUEUES, Backlog(0))
ALL_EARS = Worker("celery@a", QUEUES, 3.0)
WELL = Exams(2.0, 12, Backlog(0), Backlog(0))
GB = 1024**3


@pytest.fixture(autouse=True)
def with_redis_without_mail(settings: pytest_django.Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.EMAIL_HOST = ""


def facts(**changed: object) -> Facts:
    usual: dict[str, object] = {
        "exams": WELL, "tasks": Tasks(IDLE, [ALL_EARS]), "sweep_age": 30.0, "backup_age": 3600.0,
        "free_bytes": 50 * GB, "total_bytes": 100 * GB,
    }  # fmt: skip
    return Facts(**(usual | changed))  # type: ignore[arg-type]


def line(part: str, **changed: object) -> health.Line:
    return next(one for one in health.lines(facts(**changed)) if one.part == part)


def test_where_all_is_well_no_line_has_advice() -> None:
    lines = health.lines(facts())

    assert [one for one in lines if one.advice] == []
    assert len({one.part for one in lines}) == len(lines) == 15


@pytest.mark.parametrize(
    ("part", "says", "changed"),
    [
        ("Database", "It does not answer.", {"exams": None}),
        ("Database", "It answers in 900 milliseconds.", {"exams": Exams(900.0, 0, Backlog(0), Backlog(0))}),
        (
            "Overdue exams",
            "3 are past their time and not closed, the first for 4 minutes.",
            {"exams": Exams(2.0, 3, Backlog(3, 250.0), Backlog(0))},
        ),
        (
            "Unscored exams",
            "1,200 have ended and have no score, the first for 2 hours.",
            {"exams": Exams(2.0, 0, Backlog(0), Backlog(1200, 7300.0))},
        ),
        ("Redis", "It does not answer.", {"tasks": None}),
        ("Workers", "None is heard of.", {"tasks": Tasks(IDLE, [Worker("celery@a", QUEUES, 46.0)])}),
        (
            "Workers",
            "1 worker heard of: celery@a. Nobody listens to scoring, celery.",
            {"tasks": Tasks(IDLE, [Worker("celery@a", ("mail", "exports", "statistics"), 1.0)])},
        ),
        (
            "Queue mail",
            "1 task waiting, the oldest for 5 minutes.",
            {"tasks": Tasks(IDLE | {"mail": Backlog(1, 301.0)}, [ALL_EARS])},
        ),
        ("Sweep", "Nobody knows when overdue exams were last looked for.", {"sweep_age": None}),
        (
            "Sweep",
            "Overdue exams were last looked for 3 days ago; it should be every five seconds.",
            {"sweep_age": 3e5},
        ),
        ("Disk", "5.0\xa0GB of 100.0\xa0GB are free where VAR_DIR lies.", {"free_bytes": 5 * GB}),
        ("Backup", "Nobody has told this site of one.", {"backup_age": None}),
        ("Backup", "The last was complete 27 hours ago.", {"backup_age": 27 * 3600.0}),
    ],
)
def test_what_is_unwell_says_how_and_what_to_do(part: str, says: str, changed: dict[str, object]) -> None:
    found = line(part, **changed)

    assert found.says == says
    assert found.advice.strip()


def test_backlog_that_is_young_is_well_however_long() -> None:
    found = line("Unscored exams", exams=Exams(2.0, 0, Backlog(0), Backlog(1000, 20.0)))

    assert (found.says, found.advice) == ("1,000 have ended and have no score, the first for 20 seconds.", "")


def test_without_redis_by_choice_there_is_nothing_to_mend(settings: pytest_django.Settings) -> None:
    settings.REDIS_URL = ""

    lines = health.lines(facts(tasks=None, sweep_age=None))

    assert [one.part for one in lines if one.advice] == []
    assert {"Workers", "Queue mail"} & {one.part for one in lines} == set()


def test_mail_server_that_is_away_is_told(settings: pytest_django.Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    found = line("Mail")

    assert found.says == "The mail server does not let this site in (ConnectionRefusedError)."
    assert found.advice


@given(st.floats(0, 1e8))
def test_an_age_is_never_told_longer_than_it_is_nor_less_than_half(seconds: float) -> None:
    number, word = health.age(seconds).replace(",", "").split()
    told = int(number) * {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[word.rstrip("s")]

    assert told <= seconds < told + {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[word.rstrip("s")]
    assert word.endswith("s") is (int(number) != 1)


def watcher(name: str, *, superuser: bool = False, permitted: bool = False, staff: bool = True) -> User:
    user = make_user(name)
    user.is_staff, user.is_superuser = staff, superuser
    user.save()
    if permitted:
        user.user_permissions.add(Permission.objects.get(codename="view_health"))
    return user


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({"superuser": True}, 200),
        ({"permitted": True}, 200),
        ({}, 404),
        ({"permitted": True, "staff": False}, 404),
    ],
)
def test_page_is_for_superusers_and_permitted_staff(client: Client, who: dict[str, bool], status: int) -> None:
    client.force_login(watcher("ivy", **who))

    response = client.get(reverse("health"))

    assert response.status_code == status


@pytest.mark.django_db
def test_page_works_while_redis_is_away_and_says_so(client: Client) -> None:
    client.force_login(watcher("ivy", superuser=True))

    text = client.get(reverse("health")).text

    assert "<dt>Redis</dt>" in text
    assert "It does not answer." in text
    assert "need a look." in text
    assert "It answers in " in text
