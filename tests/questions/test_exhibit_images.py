"""Picture exhibits from the file to the page: stored under their digest, served for ever, exported with their bytes."""

import hashlib
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from questions import bank_format, drafting, exporting, importing, pictures
from questions.content import ItemContent, OptionContent, content_of
from questions.exchange import bank_file
from questions.exhibits import exhibits_of
from questions.importing import Fate
from questions.models import ExhibitImage, Item, ItemVersion, Outline
from tests.factories import NOW, make_outline, make_sample
from tests.questions.test_importing import entry, load, write
from tests.questions.test_pictures import HOSTILE, picture, with_gps

pytestmark = pytest.mark.django_db

PICTURE = picture()


@pytest.fixture(autouse=True)
def outline() -> None:
    make_outline()


def exhibit(picture_of: bytes = PICTURE, **changes: Any) -> dict[str, Any]:
    """The exhibit of an entry; a field that is `absent` is left out."""
    row = {"kind": "image", "title": "Screen", "alt": "A grey ramp", "data": b64encode(picture_of).decode()}
    return {name: value for name, value in {**row, **changes}.items() if value != "absent"}


def show_picture(item: Item, data: bytes = PICTURE) -> ExhibitImage:
    """Give a published item a picture as its exhibit."""
    stored = pictures.store(pictures.read(data), now=NOW)
    assert item.published_version
    task = item.published_version.task
    content = ItemContent(
        task=task.code, cognitive="recall", order="shuffle", stem=f"Stem of {item.code}: which value is right?",
        options=tuple(OptionContent(f"Value {n}", f"Reason {n}", n == 2) for n in range(1, 5)),
        references=({"source": "DICOM", "locator": "PS3.3"},),
        exhibit_kind="image", exhibit_title="Screen", exhibit_body=stored.pk, exhibit_alt="A grey ramp",
    )  # fmt: skip
    version = drafting.add_version(item=item, content=content, task=task, author=None, now=NOW)
    Item.objects.filter(pk=item.pk).update(published_version=version)
    return stored


def test_file_beside_the_bank_file_is_stored_without_metadata(tmp_path: Path) -> None:
    (tmp_path / "exhibits").mkdir()
    (tmp_path / "exhibits/x.png").write_bytes(with_gps("JPEG"))

    load(write(tmp_path, entry(exhibit=exhibit(data="absent", file="exhibits/x.png"))))

    stored = ExhibitImage.objects.get()
    version = ItemVersion.objects.get()
    assert (version.exhibit_kind, version.exhibit_body) == ("image", stored.pk)
    assert stored.pk == hashlib.sha256(bytes(stored.content)).hexdigest()
    assert (stored.media_type, stored.width, stored.height) == ("image/jpeg", 40, 30)
    assert b"SECRET" not in bytes(stored.content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_export_imported_into_an_empty_bank_gives_the_same_digests(tmp_path: Path, kind: str) -> None:
    load(write(tmp_path, entry(exhibit=exhibit(with_gps(kind)))))
    before = (ItemVersion.objects.get().digest, ExhibitImage.objects.values_list("pk", "width").get())
    path = tmp_path / "export.yaml"
    path.write_bytes(bank_file.write(exporting.entries()))
    assert [fate for fate, _ in importing.plan([path]).entries] == [Fate.UNCHANGED]
    Item.objects.all().delete()
    ExhibitImage.objects.all().delete()

    load(path)

    assert (ItemVersion.objects.get().digest, ExhibitImage.objects.values_list("pk", "width").get()) == before


def test_two_items_share_one_stored_picture(tmp_path: Path) -> None:
    load(write(tmp_path, entry(exhibit=exhibit()), entry(id="IM-0008", stem="Which one?", exhibit=exhibit())))

    assert ExhibitImage.objects.count() == 1


def test_json_export_carries_the_bytes(tmp_path: Path) -> None:
    load(write(tmp_path, entry(exhibit=exhibit())))

    stored = bytes(ExhibitImage.objects.get().content)
    assert exporting.rows()[0]["exhibit"]["data"] == b64encode(stored).decode()


def test_another_picture_is_another_content(tmp_path: Path) -> None:
    load(write(tmp_path, entry(exhibit=exhibit())))

    plan = load(write(tmp_path, entry(exhibit=exhibit(picture(size=(41, 30))))))

    assert len(plan.of(Fate.CHANGED)) == 1
    assert len({version.digest for version in ItemVersion.objects.all()}) == 2


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no alt": ({"alt": "absent"}, "A picture needs `alt`"),
    "bad base64": ({"data": "%%%"}, "not base64"),
    "neither": ({"data": "absent"}, "either data (base64) or a file"),
    "both": ({"file": "x.png"}, "either data (base64) or a file"),
    "a body": ({"data": "absent", "body": "x"}, "either data (base64) or a file"),
    "data of a text": ({"kind": "text"}, "either a body or a file"),
    "file missing": ({"data": "absent", "file": "no.png"}, "cannot be read"),
    "file outside": ({"data": "absent", "file": "../x.png"}, "beside the bank file"),
    **{f"hostile: {case}": ({"data": b64encode(HOSTILE[case][0]).decode()}, HOSTILE[case][1])
       for case in sorted(HOSTILE.keys() - {"nothing"})},
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_picture_is_refused_with_line_and_cure(tmp_path: Path, case: str) -> None:
    changes, words = BAD[case]

    (problem,) = importing.plan([write(tmp_path, entry(), entry(id="IM-0008", exhibit=exhibit(**changes)))]).problems

    assert (problem.item, words in problem.message) == ("IM-0008", True), problem
    assert problem.line > 40
    assert not ExhibitImage.objects.exists()


def test_file_of_a_picture_over_5_mb_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "x.png").open("wb") as file:
        file.truncate(6 * 1024 * 1024)

    row = exhibit(data="absent", file="x.png")
    (problem,) = importing.plan([write(tmp_path, entry(exhibit=row))]).problems

    assert "6,291,456 bytes" in problem.message


@given(text=st.text(max_size=60))
@settings(deadline=None)
def test_any_text_as_data_is_a_problem_and_no_crash(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = write(tmp_path_factory.mktemp("bank"), entry(exhibit=exhibit(data=text)))

    entries, problems = bank_format.parse_file(path)

    assert (entries, len(problems)) == ([], 1)


def test_database_refuses_to_alter_a_picture() -> None:
    pictures.store(pictures.read(picture()), now=NOW)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ExhibitImage.objects.update(content=b"other")


def test_version_of_a_picture_that_is_not_stored_is_refused() -> None:
    item = make_sample(Outline.objects.get())
    stored = show_picture(item)
    version = item.versions.get(number=2)
    ExhibitImage.objects.all().delete()

    with pytest.raises(ValueError, match=f"There is no picture {stored.pk}"):
        drafting.add_version(item=item, content=content_of(version), task=version.task, author=None, now=NOW)


def test_picture_is_served_to_everybody_for_ever(client: Client) -> None:
    stored = pictures.store(pictures.read(picture("JPEG")), now=NOW)

    response = client.get(f"/exhibits/{stored.pk}.jpeg")

    assert response.content == bytes(stored.content)
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"].startswith("inline")
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("name", ["{digest}.png", "{digest}.svg", "0000.jpeg", "{digest}", "..%2f{digest}.jpeg"])
def test_unknown_picture_is_not_found(client: Client, name: str) -> None:
    stored = pictures.store(pictures.read(picture("JPEG")), now=NOW)

    assert client.get(f"/exhibits/{name.format(digest=stored.pk)}").status_code == 404
    assert client.post(f"/exhibits/{stored.pk}.jpeg").status_code == 405


def test_pictures_of_many_versions_are_looked_up_at_once() -> None:
    outline = Outline.objects.get()
    items = [make_sample(outline, number=n) for n in (901, 902, 903)]
    for n, item in enumerate(items):
        show_picture(item, picture(size=(40 + n, 30)))
    versions = list(ItemVersion.objects.filter(number=2))

    with CaptureQueriesContext(connection) as queries:
        found = exhibits_of(versions)

    assert len(queries) == 1
    assert "content" not in queries[0]["sql"]
    assert sorted(one.width for one in found.values() if one) == [40, 41, 42]


def test_samples_show_the_picture_with_size_and_words(client: Client) -> None:
    stored = show_picture(make_sample(Outline.objects.get()))

    html = client.get("/samples/").content.decode()

    assert f'src="/exhibits/{stored.pk}.png" width="40" height="30" alt="A grey ramp"' in html
    assert Image.open(BytesIO(client.get(f"/exhibits/{stored.pk}.png").content)).size == (40, 30)
