"""A person brings a file: sees the fate of every question, applies all or nothing, and writes drafts alone."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from questions import drafting, exporting, publishing
from questions.content import content_of
from questions.exchange import formats, uploads
from questions.models import BankImport, EnemyPair, ImportState, Item, ItemVersion
from questions.tasks import apply_import, check_import
from tests.factories import NOW, make_bank, make_user

pytestmark = pytest.mark.django_db

FOREIGN = Path(__file__).parent / "foreign"
AIKEN = b"Which port?\nA. 104\nB. 80\nC. 443\nANSWER: A\n"


@pytest.fixture
def author() -> User:
    make_bank()
    return person("ann", "author")


def person(name: str, *names: str) -> User:
    user = make_user(name)
    roles.make_instructor(user=user, roles=names)
    return user


def bring(client: Client, user: User, content: bytes, name: str, **said: str) -> BankImport:
    client.force_login(user)
    answer = client.post(
        reverse("exams:upload"), {"file": SimpleUploadedFile(name, content), "cognitive": "recall", **said}
    )
    assert answer.status_code == 302, answer.content.decode()
    return BankImport.objects.latest("pk")


def apply(client: Client, upload: BankImport) -> None:
    client.post(reverse("exams:apply_import", args=[upload.pk]))
    upload.refresh_from_db()


def fates(upload: BankImport) -> dict[str, str]:
    return {row["code"]: row["fate"] for row in upload.report}


def test_dry_run_lists_every_question_and_writes_none(client: Client, author: User) -> None:
    before = (Item.objects.count(), ItemVersion.objects.count())
    entries = exporting.entries()
    changed = {**entries[0], "stem": "Another stem: which value is right?"}
    new = {**entries[1], "id": "CE-0900", "stem": "A third stem: which value is right?", "enemies": [entries[2]["id"]]}
    content = formats.write([changed, new, entries[2]], formats.BY_CODE["moodle"]).content

    upload = bring(client, author, content, "bank.xml")
    page = client.get(reverse("exams:import", args=[upload.pk])).content.decode()

    assert upload.state == ImportState.CHECKED
    assert fates(upload) == {changed["id"]: "changed", "CE-0900": "new", entries[2]["id"]: "unchanged"}
    assert all(fate in page for fate in ("changed 1", "new 1", "unchanged 1"))
    assert (Item.objects.count(), ItemVersion.objects.count()) == before


def test_applied_file_makes_drafts_and_leaves_what_people_meet(client: Client, author: User) -> None:
    entries = exporting.entries()
    changed = {**entries[0], "stem": "Another stem: which value is right?", "status": "retired", "enemies": []}
    new = {
        **entries[1],
        "id": "CE-0900",
        "stem": "A third stem?",
        "status": "operational",
        "enemies": [entries[2]["id"]],
    }
    upload = bring(client, author, formats.write([changed, new], formats.BY_CODE["csv"]).content, "bank.csv")

    apply(client, upload)

    assert upload.state == ImportState.APPLIED
    item = Item.objects.get(code=changed["id"])
    latest = item.versions.latest("number")
    assert item.published_version
    assert (item.status, item.published_version.number) == (entries[0]["status"], 1)
    assert (latest.number, latest.stem, latest.author) == (2, changed["stem"], author)
    made = Item.objects.get(code="CE-0900")
    assert (made.status, made.published_version) == ("draft", None)
    assert EnemyPair.objects.count() == 1
    assert bytes(upload.content) == b""


def test_same_file_again_changes_nothing(client: Client, author: User) -> None:
    entries = exporting.entries()
    content = formats.write([{**entries[0], "stem": "Another stem?"}], formats.BY_CODE["xlsx"]).content
    apply(client, bring(client, author, content, "bank.xlsx"))

    again = bring(client, author, content, "bank.xlsx")

    assert set(fates(again).values()) == {"unchanged"}


def test_nobody_publishes_what_they_brought(client: Client, author: User) -> None:
    both = person("ed", "editor")
    upload = bring(client, both, AIKEN, "a.txt", task="IT-1")
    apply(client, upload)
    version = ItemVersion.objects.get(item__code=upload.report[0]["code"])

    with pytest.raises(publishing.NotAllowed):
        publishing.publish(version=version, by=both, now=NOW)


def test_file_without_ids_gets_new_ones_and_is_known_again(client: Client, author: User) -> None:
    upload = bring(client, author, AIKEN, "a.txt", task="IT-1")
    (code,) = fates(upload)
    apply(client, upload)

    assert code.startswith("IT-")
    again = bring(client, author, AIKEN.replace(b"Which port?", b"WHICH  port?"), "a.txt", task="IT-1")
    assert list(fates(again)) == [code]


def test_file_that_names_no_task_needs_one(client: Client, author: User) -> None:
    upload = bring(client, author, AIKEN, "a.txt")

    assert upload.state == ImportState.REFUSED
    assert "names no task" in upload.report[0]["message"]


def test_one_error_refuses_the_whole_file(client: Client, author: User) -> None:
    upload = bring(client, author, AIKEN + b"\nWhich?\nA. a\nB. b\nANSWER: F\n", "a.txt", task="IT-1")
    page = client.get(reverse("exams:import", args=[upload.pk])).content.decode()

    apply(client, upload)

    assert upload.state == ImportState.REFUSED
    assert "a.txt:10" in page
    assert "Apply all" not in page
    assert not Item.objects.filter(versions__stem="Which port?").exists()


def test_bank_that_moved_on_meanwhile_is_shown_anew(client: Client, author: User) -> None:
    entries = exporting.entries()
    changed = {**entries[0], "stem": "Another stem?"}
    upload = bring(client, author, formats.write([changed], formats.BY_CODE["yaml"]).content, "b.yaml")
    item = Item.objects.get(code=changed["id"])
    published = item.published_version
    assert published
    drafting.add_version(item=item, content=content_of(published), task=published.task, author=author, now=NOW)

    apply(client, upload)

    assert upload.state == ImportState.REFUSED
    assert "has changed since" in upload.message
    assert "was written on this site" in upload.report[0]["message"]
    assert item.versions.count() == 2


def test_of_two_clicks_one_applies(client: Client, author: User) -> None:
    upload = bring(client, author, AIKEN, "a.txt", task="IT-1")

    assert [uploads.claim(upload=upload), uploads.claim(upload=upload)] == [True, False]
    apply_import(upload.pk)
    apply_import(upload.pk)

    assert Item.objects.filter(versions__stem="Which port?").count() == 1


def test_error_that_nobody_foresaw_says_so_and_can_be_tried_again(
    client: Client, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*args: object, **kwargs: object) -> None:
        raise RuntimeError("disk")

    with monkeypatch.context() as patched:
        patched.setattr("questions.exchange.planning.plan", stumble)
        upload = bring(client, author, AIKEN, "a.txt", task="IT-1")
    upload.refresh_from_db()
    assert upload.state == ImportState.FAILED

    client.post(reverse("exams:check_import", args=[upload.pk]))

    upload.refresh_from_db()
    assert upload.state == ImportState.CHECKED


def test_task_for_an_import_that_is_gone_does_nothing() -> None:
    check_import(999)
    apply_import(999)


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("bank.pdf", {}, "does not tell the format"),
        ("a.txt", {"format": "docx"}, "not one of the available"),
        ("a.txt", {"task": "XX-1"}, "not one of the available"),
    ],
)
def test_upload_that_makes_no_sense_is_told_why(
    client: Client, author: User, name: str, said: dict[str, str], message: str
) -> None:
    client.force_login(author)
    answer = client.post(
        reverse("exams:upload"), {"file": SimpleUploadedFile(name, AIKEN), "cognitive": "recall", **said}
    )

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not BankImport.objects.exists()


def test_upload_beyond_the_limit_is_refused(client: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    client.force_login(author)

    answer = client.post(reverse("exams:upload"), {"file": SimpleUploadedFile("a.txt", AIKEN), "cognitive": "recall"})

    assert "split it" in answer.content.decode()


@pytest.mark.parametrize("code", list(formats.BY_CODE))
def test_export_is_a_file_of_its_format(client: Client, author: User, code: str) -> None:
    client.force_login(author)
    one = formats.BY_CODE[code]

    shown = client.get(reverse("exams:export"), {"format": code, "domain": "IM"})
    file = client.get(reverse("exams:export"), {"format": code, "domain": "IM", "file": "1"})

    assert one.lacks in shown.content.decode().replace("&#x27;", "'")
    assert f'filename="bank-im-{code}.{one.suffix}"' in file["Content-Disposition"]
    codes = {str(found.fields.get("id", "IM-")) for found in one.read(file.content, "b").found}
    assert {found[:3] for found in codes} == {"IM-"}


def test_progress_is_told_while_applying(client: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "STEP", 1)
    upload = bring(client, author, AIKEN + b"\n" + AIKEN.replace(b"port", b"door"), "a.txt", task="IT-1")
    BankImport.objects.filter(pk=upload.pk).update(state=ImportState.APPLYING)
    uploads.apply(upload=upload, now=NOW)
    BankImport.objects.filter(pk=upload.pk).update(state=ImportState.APPLYING)

    page = client.get(reverse("exams:import", args=[upload.pk]), headers={"HX-Request": "true"}).content.decode()

    assert "Applying: 2 of 2" in page
    assert "<html" not in page


@pytest.mark.parametrize(
    ("role", "sees", "brings"),
    [("author", 200, 422), ("editor", 200, 422), ("reviewer", 200, 403), ("invigilator", 404, 404), (None, 404, 404)],
)  # fmt: skip
def test_who_may_do_what(client: Client, author: User, role: str | None, sees: int, brings: int) -> None:
    upload = bring(client, author, AIKEN, "a.txt", task="IT-1")
    client.force_login(person("pat", role) if role else make_user("pat"))

    assert client.get(reverse("exams:exchange")).status_code == sees
    assert client.get(reverse("exams:export"), {"format": "yaml", "file": "1"}).status_code == sees
    assert client.post(reverse("exams:upload")).status_code == brings
    # Somebody else's file, whoever asks.
    foreign = 403 if role == "reviewer" else 404
    assert client.get(reverse("exams:import", args=[upload.pk])).status_code == foreign
    assert client.post(reverse("exams:apply_import", args=[upload.pk])).status_code == foreign
    assert client.post(reverse("exams:check_import", args=[upload.pk])).status_code == foreign
    upload.refresh_from_db()
    assert upload.state == ImportState.CHECKED
