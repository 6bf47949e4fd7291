"""Which pages read a copy of the database, and that what somebody may do or has done is never read there."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.db import connections, models
from django.test import Client
from django.urls import reverse

from accounts import replica, roles
from accounts.models import AuditEntry, User
from exams import attempts, scoring
from exams.models import Attempt, Cohort
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[str, str]]]:
    """Database and model of everything that is read; the copy is a second name for the test's database."""
    found: set[tuple[str, str]] = set()
    choose = replica.Router.db_for_read

    def note(self: replica.Router, model: type[models.Model], **hints: Any) -> str | None:
        chosen = choose(self, model, **hints)
        found.add((chosen or "default", model.__name__))
        return chosen

    monkeypatch.setattr(replica.Router, "db_for_read", note)
    monkeypatch.setitem(settings.DATABASES, replica.ALIAS, settings.DATABASES["default"])
    connections[replica.ALIAS] = connections["default"]
    yield found
    del connections[replica.ALIAS]


@pytest.fixture
def cohort(client: Client) -> Cohort:
    """Alice has finished Form A; ivy, who is signed in, has every role and watches her."""
    make_bank()
    publish_form_a()
    ivy, alice = make_user("ivy"), make_user("alice")
    roles.make_instructor(user=ivy, roles=roles.ROLES)
    cohort = Cohort.objects.create(name="Spring class")
    cohort.instructors.add(ivy)
    cohort.members.add(alice)
    attempt = start(alice)
    answer_all(attempt, right=3)
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=9))
    scoring.ensure_scored(attempt=attempt, now=NOW + timedelta(minutes=9))
    client.force_login(User.objects.get(pk=ivy.pk))
    return cohort


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("cohort_results", "Score"),
        ("cohort_csv", "Score"),
        ("calibration", "Score"),
        ("pilots", "ItemVersion"),
        ("coverage", "Item"),
    ],
)
def test_figures_about_many_come_from_the_copy_and_rights_from_the_database(
    client: Client, cohort: Cohort, read: set[tuple[str, str]], name: str, figures: str
) -> None:
    read.clear()
    answer = client.get(reverse(f"exams:{name}", args=[cohort.pk] if name.startswith("cohort") else []))

    assert answer.status_code == 200
    assert (replica.ALIAS, figures) in read
    assert not {model for database, model in read if database == replica.ALIAS} & {"Session", "Permission", "Cohort"}


def test_candidates_pages_never_read_the_copy(client: Client, cohort: Cohort, read: set[tuple[str, str]]) -> None:
    client.force_login(User.objects.get(email="alice@example.org"))
    finished = Attempt.objects.get()
    client.post(reverse("exams:start"))
    running = Attempt.objects.open().get()
    read.clear()

    for page in [
        reverse("home"),
        reverse("exams:mocks"),
        reverse("exams:report", args=[finished.public_id]),
        reverse("exams:room", args=[running.public_id]),
    ]:
        assert client.get(page).status_code == 200

    assert {database for database, _ in read} == {"default"}


@pytest.mark.usefixtures("read")
def test_what_is_written_goes_to_the_database_itself(cohort: Cohort) -> None:
    with replica.reading():
        member = cohort.members.get()
        assert member._state.db == replica.ALIAS
        member.name = "Alice Adams"
        member.save(update_fields=["name"])
        locked = User.objects.select_for_update()

    assert (member._state.db, locked.db) == ("default", "default")


def test_results_read_from_the_copy_are_still_audited(
    client: Client, cohort: Cohort, read: set[tuple[str, str]]
) -> None:
    client.get(reverse("exams:cohort_results", args=[cohort.pk]))

    assert (replica.ALIAS, "Score") in read
    assert AuditEntry.objects.filter(subject__email="alice@example.org", actor__email="ivy@example.org").exists()


def test_without_a_copy_everything_is_read_from_the_database(client: Client, cohort: Cohort) -> None:
    with replica.reading():
        assert cohort.members.get()._state.db == "default"


def test_migrations_leave_the_copy_alone() -> None:
    router = replica.Router()

    assert router.allow_migrate("default", "exams")
    assert not router.allow_migrate(replica.ALIAS, "exams")
