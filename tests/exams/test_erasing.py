"""The end of an account: the person is nowhere any more, the sums of answers are as they were."""

import re
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import roles
from accounts.models import AuditEntry, Invitation, StudyGroup, User
from exams import answer_counts, attempts, progress_cards
from exams.models import (
    AnswerCount,
    Cohort,
    CommentReport,
    Extension,
    GroupComment,
    PersonalExport,
    Regrade,
    Response,
    Score,
    TimeCount,
)
from exams.privacy import erasing, exports
from exams.privacy.tables import Table, tables
from exams.tasks import export_person
from questions.models import ItemTransition, ItemVersion, ReviewComment
from tests.exams.zuleika import EMAIL, LATER, NAME, WORDS, make_person, make_zuleika, words
from tests.factories import (
    NOW,
    PASSWORD,
    answer_all,
    make_bank,
    make_progress_link,
    make_user,
    publish_form_a,
    start,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def place(settings: pytest_django.Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def zuleika(client: Client) -> User:
    """Somebody in every table that leads to a person, with a file and a session."""
    user = make_zuleika()
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


def test_picture_of_a_progress_link_goes_too(
    zuleika: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    link = make_progress_link(zuleika, "streak", name=True, now=LATER).link
    progress_cards.of(link, now=LATER)
    key = f"progress-card:{link.digest}"
    assert key in cache

    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(user=zuleika, now=LATER)

    assert key not in cache


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (ItemVersion, "author"),
        (ItemTransition, "by"),
        (ReviewComment, "by"),
        (Extension, "by"),
        (Regrade, "by"),
        (AuditEntry, "actor"),
        (AuditEntry, "subject"),
    ],
)
def test_name_may_be_taken_out_of_what_stays_and_never_replaced(
    zuleika: User, model: type[models.Model], field: str
) -> None:
    other = User.objects.get(email="someone@example.org")
    named = model._default_manager.filter(**{field: zuleika})
    ids = list(named.values_list("pk", flat=True))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        named.update(**{field: other})
    assert len(ids) == named.count() > 0

    named.update(**{field: None})
    assert model._default_manager.filter(pk__in=ids, **{field: None}).count() == len(ids)


def test_groups_go_on_without_the_person_or_end(zuleika: User) -> None:
    erasing.erase(user=zuleika, now=LATER)

    left = {group.name: group.owner.email for group in StudyGroup.objects.all()}
    assert left == {"Evening group": "someone@example.org", "Other": "someone@example.org"}
    assert [comment.text for comment in GroupComment.objects.all()] == ["Hm."]
    assert CommentReport.objects.count() == Invitation.objects.count() == 0


def test_nothing_but_a_group_needs_an_owner() -> None:
    """Whatever else refuses to lose its person would refuse the deletion, and has to be parted from them first."""
    protected = {
        model._meta.label_lower
        for model in apps.get_models()
        for field in model._meta.fields
        if isinstance(field, models.ForeignKey) and field.related_model is User
        and field.remote_field.on_delete in (models.PROTECT, models.RESTRICT, models.DO_NOTHING)
    }  # fmt: skip

    assert protected == {"accounts.studygroup"}


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
