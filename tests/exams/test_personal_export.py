"""A person's copy of everything: complete, theirs alone, without secrets and without what an open exam asks."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_django
import time_machine
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import models
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from exams import attempts
from exams.models import Attempt, ExamForm, ExportState, PersonalExport, Response
from exams.practice import review
from exams.privacy import exports
from exams.privacy.tables import LEFT_OUT, LEFT_OUT_COLUMNS, tables
from exams.tasks import export_person, score_attempt
from questions.models import FaultReport, ItemVersion, Option, ReviewComment
from tests.factories import NOW, PASSWORD, answer_all, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db
PAGE, FILE = "/privacy/export/", "/privacy/export/file/"
LATER = NOW + timedelta(hours=4)


@pytest.fixture(autouse=True)
def place(settings: pytest_django.Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def alice() -> User:
    make_bank(forms=2, canary="canary")
    publish_form_a()
    return make_user("alice")


def sit(user: User, *, now: Any = NOW) -> Attempt:
    attempt = start(user, now=now)
    answer_all(attempt, right=12)
    attempts.submit(user=user, public_id=attempt.public_id, now=now + timedelta(hours=1))
    score_attempt(attempt.pk)
    attempt.refresh_from_db()
    return attempt


def made(user: User, *, now: Any = LATER) -> zipfile.ZipFile:
    with time_machine.travel(now, tick=False):
        asked, _ = exports.ask(user=user, now=now)
        export_person(asked.pk)
    asked.refresh_from_db()
    assert asked.state == ExportState.READY
    return zipfile.ZipFile(exports.file_of(asked))


def rows(archive: zipfile.ZipFile, label: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(archive.read(f"{label}.json"))
    return found


def text(archive: zipfile.ZipFile) -> str:
    return "\n".join(archive.read(name).decode() for name in archive.namelist())


# --- Complete ---------------------------------------------------------------------------------------------------
def test_every_relation_to_people_is_exported_or_left_out_with_a_reason() -> None:
    """Asked of Django, not of the walk: whatever refers to a person has to be decided on."""
    related = {
        relation.related_model._meta.label_lower
        for relation in User._meta.get_fields(include_hidden=True)
        if relation.is_relation and relation.auto_created and relation.related_model in apps.get_models()
    }

    known = {table.label for table in tables()}

    assert related - known == set()
    assert set(LEFT_OUT) <= known
    assert all(reason for reason in (*LEFT_OUT.values(), *LEFT_OUT_COLUMNS.values()))


def owners_of(model: type[models.Model]) -> set[Any]:
    """Whom a row of the model cannot outlive."""
    fields = (field for field in model._meta.fields if isinstance(field, models.ForeignKey))
    return {field.related_model for field in fields if field.remote_field.on_delete is models.CASCADE}


def test_nothing_that_a_person_owns_is_out_of_reach() -> None:
    """Over any number of cascades."""
    owned: set[type[models.Model]] = {User}
    while more := {model for model in apps.get_models() if owners_of(model) & owned} - owned:
        owned |= more

    assert {model._meta.label_lower for model in owned} - {table.label for table in tables()} == set()


def test_copy_holds_what_the_person_did(alice: User) -> None:
    attempt = start(alice)
    save(attempt, 1, chosen=2, note="My note, with ünïcode")
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(hours=1))
    score_attempt(attempt.pk)
    version = ItemVersion.objects.order_by("pk")[0]
    ReviewComment.objects.create(version=version, by=alice, text="My comment", at=NOW)

    archive = made(alice)

    [me] = rows(archive, "accounts.user")
    assert (me["email"], me["name"], me["roles"]) == ("alice@example.org", "Alice", [])
    [sitting] = rows(archive, "exams.attempt")
    assert (sitting["public_id"], sitting["user"], sitting["you_are"]) == (str(attempt.public_id), "you", ["user"])
    [noted] = [row for row in rows(archive, "exams.response") if row["note"]]
    first = attempt.responses.select_related("form_item__item").get(position=1)
    assert (noted["note"], noted["chosen"]) == ("My note, with ünïcode", 2)
    assert noted["form_item item code"] == first.form_item.item.code
    assert len(rows(archive, "exams.domainscore")) == 10
    assert rows(archive, "questions.reviewcomment")[0]["you_are"] == ["by"]
    assert f"exams.response: {len(rows(archive, 'exams.response'))} rows" in archive.read("README.txt").decode()


def test_tables_come_twice_with_the_same_rows(alice: User) -> None:
    sit(alice)

    archive = made(alice)

    names = {name.removesuffix(".json") for name in archive.namelist() if name.endswith(".json")}
    assert names == {name.removesuffix(".csv") for name in archive.namelist() if name.endswith(".csv")}
    for name in names:
        table = list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig"))))
        assert [row["pk"] for row in table] == [str(row["pk"]) for row in rows(archive, name)]


def test_spreadsheet_runs_nothing(alice: User) -> None:
    User.objects.update(name="=HYPERLINK(1)")

    assert ",=HYPERLINK" not in made(alice).read("accounts.user.csv").decode()


# --- Nobody else's, and no secret -------------------------------------------------------------------------------
def test_nothing_of_others_is_in_it(alice: User) -> None:
    bob = make_user("bob")
    attempt, others = sit(alice), sit(bob)
    save(start(bob, now=LATER), 1, note="Bob's secret", now=LATER + timedelta(minutes=1))
    attempt.extensions.create(seconds=60, reason="Noise.", by=bob, at=NOW)

    content = text(made(alice))

    assert "bob" not in content.lower()
    assert str(others.public_id) not in content
    assert '"by": "somebody else"' in content


def test_no_secret_is_in_it(alice: User) -> None:
    sit(alice)
    alice.refresh_from_db()

    content = text(made(alice))

    held = PersonalExport.objects.get()
    for secret in (alice.password, held.file_name, *ExamForm.objects.values_list("seed", flat=True)):
        assert secret not in content


def test_columns_of_bytes_and_secrets_are_never_read() -> None:
    read = {(table.label, column.name) for table in tables() for column in table.columns}

    assert {("questions.bankimport", "content"), ("accounts.user", "password"), ("exams.examform", "seed"),
            ("exams.studyplan", "calendar_digest")} & read == set()  # fmt: skip


# --- An open exam -----------------------------------------------------------------------------------------------
def test_open_exam_shows_place_and_choice_alone(alice: User) -> None:
    attempt = start(alice)
    save(attempt, 3, chosen=2, note="x", flagged=True)

    archive = made(alice, now=NOW + timedelta(minutes=10))

    answers = rows(archive, "exams.response")
    assert len(answers) == 30
    assert {tuple(sorted(row)) for row in answers} == {("attempt public_id", "chosen", "position")}
    assert [row["chosen"] for row in answers[:4]] == [None, None, 2, None]
    assert "You have an open exam." in archive.read("README.txt").decode()


def test_open_exam_leaks_nothing_through_what_was_met_before(alice: User) -> None:
    """Every table that can name a question is filled with the questions being asked."""
    attempt = start(alice)
    served = [response.form_item for response in attempt.responses.select_related("form_item__item")]
    for form_item in served:
        key = Option.objects.get(version=form_item.version_id, is_key=True)
        review.rate(user=alice, item=form_item.item, key_text=key.text, is_right=True, confidence=None, now=NOW)
        FaultReport.objects.create(
            version=form_item.version, reporter=alice, message="?", resolution=f"It is {key.text}", created_at=NOW
        )
        ItemVersion.objects.filter(pk=form_item.version_id).update(author=alice)

    content = text(made(alice, now=NOW + timedelta(minutes=10)))

    assert [form_item.item.code for form_item in served if form_item.item.code in content] == []
    assert "canary" not in content
    assert attempt.exam_form.seed not in content
    assert "is_scored" not in content


def test_older_answers_to_questions_being_asked_wait_until_the_exam_is_over(alice: User) -> None:
    sit(alice)
    sit(alice, now=NOW + timedelta(days=1))
    # The bank is used up: this draw asks again.
    third = start(alice, now=NOW + timedelta(days=2))
    during = rows(made(alice, now=NOW + timedelta(days=2, minutes=5)), "exams.response")
    attempts.submit(user=alice, public_id=third.public_id, now=NOW + timedelta(days=2, minutes=9))
    after = rows(made(alice, now=NOW + timedelta(days=3)), "exams.response")

    asked = set(third.responses.values_list("form_item__item__code", flat=True))
    assert {row["form_item item code"] for row in during if "form_item item code" in row} & asked == set()
    assert {row["form_item item code"] for row in after} >= asked
    assert len(after) == Response.objects.filter(attempt__user=alice).count() == 90


def test_copy_from_before_an_exam_is_closed_while_it_runs(client: Client, alice: User) -> None:
    sit(alice)
    made(alice)
    sign_in(client, alice)
    with time_machine.travel(LATER + timedelta(hours=1)):
        prove(client)
        start(alice, now=LATER + timedelta(hours=1))

        answer = client.get(FILE, follow=True)

        assert answer.redirect_chain == [(PAGE, 302)]
        assert "an exam that began after this copy" in answer.content.decode()
        assert "Download" not in answer.content.decode()


# --- The page ---------------------------------------------------------------------------------------------------
def sign_in(client: Client, user: User) -> None:
    with time_machine.travel(LATER):
        client.force_login(user)


def prove(client: Client) -> None:
    client.post("/account/reauthenticate/", {"password": PASSWORD})


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_person_asks_proves_who_they_are_and_downloads(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "Make my copy" in client.get(PAGE).content.decode()
    refused = client.post(PAGE)
    assert refused.headers["Location"].startswith("/account/reauthenticate/")
    assert not PersonalExport.objects.exists()

    # After the password the click counts, without another one.
    client.post(refused.headers["Location"], {"password": PASSWORD})
    page = client.get(PAGE).content.decode()
    assert f'href="{FILE}"' in page
    answer = client.get(FILE)

    assert zipfile.ZipFile(io.BytesIO(body(answer))).testzip() is None
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="ciip-practice-')


def test_download_asks_for_the_password_too(client: Client, alice: User) -> None:
    made(alice, now=NOW)
    client.force_login(alice)

    assert client.get(FILE).headers["Location"].startswith("/account/reauthenticate/")


def test_nobody_gets_anybody_elses(client: Client, alice: User) -> None:
    made(alice)
    sign_in(client, make_user("bob"))

    with time_machine.travel(LATER):
        prove(client)
        assert client.get(FILE).status_code == 404
        assert "Nothing made yet" in client.get(PAGE).content.decode()


def test_file_is_for_the_site_alone_and_in_no_served_directory(alice: User, tmp_path: Path) -> None:
    made(alice)

    [path] = tmp_path.rglob("*.zip")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert path.parent == tmp_path / "exports"
    assert len(path.stem) >= 40


def test_link_ends_after_a_week_and_the_file_with_it(
    client: Client, alice: User, tmp_path: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    made(alice)
    week = LATER + timedelta(days=7)
    with django_capture_on_commit_callbacks(execute=True):
        assert exports.sweep(now=week - timedelta(minutes=1)) == 0
    sign_in(client, alice)
    with time_machine.travel(week + timedelta(minutes=1)):
        client.force_login(alice)
        prove(client)
        assert client.get(FILE).status_code == 404
        assert "Deleted by now" in client.get(PAGE).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        assert exports.sweep(now=week) == 1

    assert (list(tmp_path.rglob("*.zip")), PersonalExport.objects.count()) == ([], 0)


def test_file_that_a_crash_left_behind_goes(tmp_path: Path) -> None:
    orphan = exports.directory() / "left.zip"
    orphan.write_bytes(b"x")

    soon = exports.sweep(now=NOW - timedelta(days=10 * 365))
    assert (soon, orphan.exists()) == (0, True)

    assert exports.sweep(now=NOW + timedelta(days=100 * 365)) == 1
    assert not orphan.exists()


def test_new_copy_replaces_the_old_file(
    alice: User, tmp_path: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    made(alice)
    before = set(tmp_path.rglob("*.zip"))

    with django_capture_on_commit_callbacks(execute=True):
        made(alice, now=LATER + timedelta(hours=1))

    assert len(set(tmp_path.rglob("*.zip")) - before) == len(set(tmp_path.rglob("*.zip"))) == 1


def test_of_two_clicks_one_builds(alice: User) -> None:
    first, is_new = exports.ask(user=alice, now=NOW)
    second, is_new_again = exports.ask(user=alice, now=NOW + timedelta(minutes=9))
    third, is_new_at_last = exports.ask(user=alice, now=NOW + timedelta(minutes=11))

    assert (is_new, is_new_again, is_new_at_last) == (True, False, True)
    assert first == second != third


def test_build_that_fails_says_so_and_leaves_no_file(
    client: Client, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**arguments: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("exams.privacy.copying.write", fail)
    asked, _ = exports.ask(user=alice, now=NOW)
    with pytest.raises(RuntimeError):
        export_person(asked.pk)

    client.force_login(alice)
    assert "Not finished" in client.get(PAGE).content.decode()
    assert list(tmp_path.rglob("*.zip")) == []


def test_account_deleted_while_building_leaves_no_file(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, _ = exports.ask(user=alice, now=NOW)
    monkeypatch.setattr("exams.privacy.copying.write", lambda **arguments: PersonalExport.objects.all().delete())

    export_person(asked.pk)

    assert list(tmp_path.rglob("*.zip")) == []


def test_page_shows_how_far_it_is(client: Client, alice: User) -> None:
    with time_machine.travel(NOW):
        client.force_login(alice)
        exports.ask(user=alice, now=NOW)
        PersonalExport.objects.update(state=ExportState.RUNNING, done=3, total=40)

        fragment = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()

    assert "3 of 40 tables" in fragment
    assert "<html" not in fragment
    assert "Download" not in fragment


def test_own_addresses_are_part_of_it(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="second@example.org", verified=False, primary=False)

    assert [row["email"] for row in rows(made(alice), "account.emailaddress")] == ["second@example.org"]
