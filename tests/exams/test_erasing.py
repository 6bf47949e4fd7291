"""The end of an account: the person is nowhere any more, the sums of answers are as they were."""

import re
import zipfile
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from allauth.account.models import EmailAddress, EmailConfirmation
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import mailing, roles
from accounts.models import MailKind, SentMail, User
from exams import answer_counts, attempts, planning
from exams.models import (
    AnswerCount,
    Appointment,
    Attempt,
    Cohort,
    CredentialRecord,
    CreditEntry,
    Duty,
    Extension,
    FormBuild,
    GivenUpForm,
    LateAnswer,
    PersonalExport,
    PracticeItem,
    RealAttempt,
    Regrade,
    RegradedScore,
    Response,
    Score,
    Survey,
    TimeCount,
    Triage,
)
from exams.practice import review
from exams.privacy import erasing, exports
from exams.privacy.tables import Table, tables
from exams.tasks import export_person, score_attempt
from questions.models import BankImport, FaultReport, ItemTransition, ItemVersion, ReviewComment
from tests.factories import NOW, PASSWORD, answer_all, make_bank, make_forecast, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db
EMAIL, NAME, WORDS = "zuleika.quux@example.org", "Zuleika Quux", "xylograph"
LATER = NOW + timedelta(hours=4)


@pytest.fixture(autouse=True)
def place(settings: pytest_django.Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def words(what: str) -> str:
    """Text that nobody else would write, told apart by where it stands."""
    return f"{WORDS} in {what}"


def make_person() -> User:
    # A number that no other row has, so that it can be searched for.
    user = User.objects.create_user(EMAIL, PASSWORD, name=NAME, pk=771177)
    address = EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    EmailConfirmation.objects.create(email_address=address, key=words("key"), created=NOW)
    return user


def sit(user: User) -> Attempt:
    """A finished mock with everything that can hang on one."""
    attempt = start(user)
    answer_all(attempt, right=12)
    save(attempt, 1, base=1, chosen=2, note=words("note"))
    attempts.submit(user=user, public_id=attempt.public_id, now=NOW + timedelta(hours=2))
    attempt.refresh_from_db()
    score_attempt(attempt.pk)
    response = attempt.responses.order_by("position")[1]
    Triage.objects.create(response=response, reason="guess", at=LATER)
    LateAnswer.objects.create(attempt=attempt, position=1, chosen=1, at=LATER)
    Extension.objects.create(attempt=attempt, seconds=60, reason="Noise.", at=NOW)
    appointment = Appointment.objects.create(user=user, attempt=attempt, block="over", started_at=NOW)
    Survey.objects.create(appointment=appointment, comment=words("survey"), at=LATER)
    return attempt


def study(user: User) -> None:
    make_forecast(user, at=NOW)
    session = user.practice_sessions.get()
    version = ItemVersion.objects.order_by("pk")[0]
    PracticeItem.objects.create(session=session, position=1, item=version.item, version=version, option_order="1234")
    review.rate(user=user, item=version.item, key_text="x", is_right=True, confidence=None, now=NOW)
    planning.make(user=user, exam_on=NOW.date() + timedelta(days=40), hours_per_week=6, now=NOW)
    CredentialRecord.objects.create(user=user)
    RealAttempt.objects.create(user=user, on=date(2026, 5, 1), result="passed")
    CreditEntry.objects.create(user=user, on=date(2026, 6, 1), title=words("credits"), credits=1)
    Duty.objects.create(user=user, text=words("duty"))
    mailing.choose(user=user, kinds=[MailKind.REVIEW_DUE], now=NOW)
    SentMail.objects.create(user=user, kind=MailKind.REVIEW_DUE, period="2026-11-02", at=NOW)


def work(user: User, attempt: Attempt) -> None:
    """What an instructor leaves in the workshop, and one trace of each in the admin's log."""
    version = ItemVersion.objects.order_by("pk")[0]
    mended = ItemVersion.objects.create(
        item=version.item, number=2, task=version.task, stem=words("stem"), cognitive="recall", references=[],
        author=user, created_at=NOW, digest="d" * 64,
    )  # fmt: skip
    ItemTransition.objects.create(item=version.item, to_status="draft", by=user, reason=words("reason"), at=NOW)
    ReviewComment.objects.create(version=version, by=user, text=words("comment"), at=NOW)
    FaultReport.objects.create(version=version, reporter=user, message=words("fault"), created_at=NOW)
    regrade = Regrade.objects.create(version=version, mended=mended, reason=words("regrade"), by=user, at=NOW)
    RegradedScore.objects.create(
        regrade=regrade, attempt=attempt, raw_before=1, raw_after=1, scaled_before=1, scaled_after=1, at=NOW
    )
    FormBuild.objects.create(by=user, frozen_by=user, asked_at=NOW, wish={"says": words("wish")}, heard_at=NOW)
    BankImport.objects.create(
        by=user, created_at=NOW, file_name=words("file"), format="yaml", cognitive="recall", content=WORDS.encode()
    )
    cohort = Cohort.objects.create(name="Winter")
    cohort.members.add(user)
    cohort.instructors.add(user)
    other = make_user("someone")
    others = start(other, now=NOW - timedelta(days=1))
    Extension.objects.create(attempt=others, seconds=60, reason=words("extension"), by=user, at=NOW)
    note(user, user)
    note(other, user)
    note(other, attempt)
    note(other, EmailAddress.objects.get(user=user))


def note(by: User, row: models.Model) -> None:
    LogEntry.objects.create(
        user=by, content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk), object_repr=str(row),
        action_flag=2, change_message="[]",
    )  # fmt: skip


@pytest.fixture
def zuleika(client: Client) -> User:
    """Somebody in every table that leads to a person, with a file and a session."""
    make_bank(forms=3)
    form = publish_form_a()
    user = make_person()
    attempt = sit(user)
    study(user)
    GivenUpForm.objects.create(user=user, exam_form=form, at=NOW)
    work(user, attempt)
    start(user, now=NOW + timedelta(days=1))
    client.force_login(user)
    asked, _ = exports.ask(user=user, now=LATER)
    export_person(asked.pk)
    return user


def sums() -> list[Any]:
    """The item statistics as stored."""
    return [
        sorted(model._default_manager.filter(n__gt=0).values_list(*columns, "n"))
        for model, columns in (
            (AnswerCount, answer_counts.ANSWER_COLUMNS),
            (TimeCount, answer_counts.TIME_COLUMNS),
        )
    ]


def places(pattern: str) -> set[str]:
    """Table and column of every value in the whole database that holds the text, whatever its type."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  the database's own names
            names = [column[0] for column in cursor.description]
            found |= {
                f"{table}.{name}"
                for row in cursor.fetchall()
                for name, value in zip(names, row, strict=True)
                if re.search(pattern, text_of(value), re.IGNORECASE)
            }
    return found


def text_of(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


def references_to_people(pk: int) -> set[str]:
    """Columns that refer to people and hold this number, tables between included."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.related_model is User and model._default_manager.filter(**{field.attname: pk}).exists():
                found.add(f"{model._meta.db_table}.{field.column}")
    return found


def files(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in directory.rglob("*") if path.is_file()]


def test_cast_is_complete(zuleika: User) -> None:
    """Who stands in no row of some table proves nothing about it: a new model needs a line above."""

    def is_empty(table: Table) -> bool:
        return not any(table.model._default_manager.filter(**{lookup: zuleika.pk}).exists() for lookup in table.lookups)

    assert [table.label for table in tables() if is_empty(table)] == []


def test_person_is_in_no_column_and_no_file_afterwards(
    zuleika: User, tmp_path: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    assert len(places("zuleika|quux")) >= 3
    assert len(places(WORDS)) >= 8
    assert len(references_to_people(zuleika.pk)) >= 20
    assert len(files(tmp_path)) == 1

    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(user=zuleika, now=LATER)

    assert places("zuleika|quux|771177") == set()
    assert references_to_people(771177) == set()
    assert files(tmp_path) == []


def test_words_stay_only_where_the_page_says_so(zuleika: User) -> None:
    kept = {apps.get_model(label)._meta.db_table for label in erasing.KEPT}

    erasing.erase(user=zuleika, now=LATER)

    assert {place.split(".")[0] for place in places(WORDS)} <= kept
    assert "questions_itemversion.stem" in places(WORDS)


def test_everything_that_stays_is_listed(zuleika: User) -> None:
    """What somebody did is either kept by name or deleted with them; a new table has to be decided on."""
    done = {table.label for table in tables() if table.done_by}

    assert done == erasing.KEPT.keys() | {"questions.faultreport"}


def test_sums_stay_as_they_are(zuleika: User) -> None:
    before = sums()
    assert sum(row[-1] for row in before[0]) > 0

    erasing.erase(user=zuleika, now=LATER)

    assert sums() == before


def test_exam_that_was_not_counted_yet_is_counted_first() -> None:
    make_bank()
    publish_form_a()
    user = make_person()
    attempt = start(user)
    answer_all(attempt, right=12)
    attempts.submit(user=user, public_id=attempt.public_id, now=NOW + timedelta(hours=2))
    assert sums() == [[], []]

    erasing.erase(user=user, now=LATER)

    assert sum(row[-1] for row in sums()[0]) == 30


def test_others_keep_everything(zuleika: User) -> None:
    other = User.objects.get(email="someone@example.org")
    held = Response.objects.filter(attempt__user=other).count()

    erasing.erase(user=zuleika, now=LATER)

    assert Response.objects.filter(attempt__user=other).count() == held == 30
    assert Score.objects.count() == PersonalExport.objects.count() == 0
    assert Extension.objects.get(attempt__user=other).by is None
    assert ItemVersion.objects.get(stem=words("stem")).author is None
    assert Cohort.objects.get().members.count() == 0


def test_sessions_end_everywhere_and_nobody_elses(zuleika: User, client: Client) -> None:
    elsewhere, other = Client(), Client()
    elsewhere.force_login(zuleika)
    other.force_login(User.objects.get(email="someone@example.org"))
    assert Session.objects.count() == 3

    erasing.erase(user=zuleika, now=LATER)

    assert Session.objects.count() == 1
    assert elsewhere.get("/account/settings/").status_code == 302
    assert other.get("/account/settings/").status_code == 200


def test_failure_leaves_everything(zuleika: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(user: User) -> None:
        raise RuntimeError

    monkeypatch.setattr(erasing, "_end_sessions", fail)
    before = places("zuleika|quux")

    with pytest.raises(RuntimeError):
        erasing.erase(user=zuleika, now=LATER)

    assert places("zuleika|quux") == before
    assert [zipfile.is_zipfile(path) for path in tmp_path.rglob("*.zip")] == [True]


def test_what_needs_an_owner_is_named_and_stops_it(zuleika: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "obstacles", lambda user: ["study group “Evening”"])

    with pytest.raises(erasing.NotErasable, match="study group “Evening”"):
        erasing.erase(user=zuleika, now=LATER)

    assert User.objects.filter(pk=zuleika.pk).exists()


# --- The page ---------------------------------------------------------------------------------------------------
def prove(client: Client) -> None:
    client.post("/account/reauthenticate/", {"password": PASSWORD})


@pytest.fixture
def alice(client: Client) -> User:
    alice = make_user("alice")
    client.force_login(alice)
    return alice


def test_account_ends_after_password_and_typed_address(client: Client, alice: User) -> None:
    assert client.get("/privacy/delete/").status_code == 200
    prove(client)

    answer = client.post("/privacy/delete/", {"email": " Alice@example.org "})

    assert answer.headers["Location"] == "/privacy/deleted/"
    assert not User.objects.exists()
    page = client.get("/privacy/deleted/")
    assert "Your account is deleted" in page.content.decode()
    assert client.get("/mocks/").status_code == 302


def test_without_the_password_nothing_is_deleted(client: Client, alice: User) -> None:
    answer = client.post("/privacy/delete/", {"email": alice.email})

    assert answer.headers["Location"].startswith("/account/reauthenticate/")
    assert User.objects.exists()


@pytest.mark.parametrize("typed", ["", "bob@example.org", "alice"])
def test_slip_deletes_nothing_and_says_why(client: Client, alice: User, typed: str) -> None:
    prove(client)

    answer = client.post("/privacy/delete/", {"email": typed})

    assert answer.status_code == 422
    assert 'class="errorlist' in answer.content.decode()
    assert User.objects.exists()


def test_instructor_is_told_what_stays(client: Client, alice: User) -> None:
    kept = "questions that you wrote"
    assert kept not in client.get("/privacy/delete/").content.decode()

    roles.make_instructor(user=alice, roles=["author"])

    assert kept in client.get("/privacy/delete/").content.decode()


def test_admin_offers_no_second_way(client: Client, alice: User) -> None:
    boss = User.objects.create_superuser("boss@example.org", PASSWORD)
    client.force_login(boss)

    assert client.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get("/admin/accounts/user/").content.decode()


def test_operator_erases_by_command(zuleika: User) -> None:
    out = StringIO()

    call_command("erase_person", EMAIL.upper(), stdout=out)

    assert places("zuleika|quux|771177") == set()
    assert NAME not in out.getvalue()
    with pytest.raises(CommandError, match="Nobody has the address"):
        call_command("erase_person", EMAIL)
