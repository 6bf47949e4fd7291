"""Files made to harm are refused with a message: nothing is read from the server, nothing grows without bound."""

import contextlib
import io
import re
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from questions.exchange import formats, planning, sheets
from questions.exchange.formats import BY_CODE, Format
from questions.exchange.found import Unreadable
from questions.models import Item
from tests.factories import make_bank

HEAD = "stem,option_a,option_b,option_c,key\n"


def zipped(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def refusal(one: Format, data: bytes, name: str = "bank") -> str:
    with pytest.raises(Unreadable) as caught:
        one.read(data, name)
    return caught.value.message


XXE = '<?xml version="1.0"?><!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]><{0}>&x;</{0}>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE q [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)).replace("&a0;", "&a;")
    + "]><{0}>&a9;</{0}>"
)


@pytest.mark.parametrize("document", [XXE, LAUGHS], ids=["external entity", "billion laughs"])
@pytest.mark.parametrize(("code", "root"), [("moodle", "quiz"), ("qti21", "assessmentItem")])
def test_entities_are_refused(document: str, code: str, root: str) -> None:
    data = document.format(root).encode()
    one = BY_CODE[code]

    if code == "moodle":
        assert "DOCTYPE" in refusal(one, data)
    else:
        assert "DOCTYPE" in one.read(zipped({"items/a.xml": data}), "p.zip").problems[0].message


def test_entities_in_a_workbook_are_refused() -> None:
    book = io.BytesIO()
    Workbook().save(book)
    with zipfile.ZipFile(book) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["xl/workbook.xml"] = XXE.format("workbook").encode()

    assert "passwd" not in refusal(BY_CODE["xlsx"], zipped(files))


@pytest.mark.parametrize("code", ["qti21", "xlsx"])
def test_zip_bomb_is_refused(code: str) -> None:
    bomb = zipped({"imsmanifest.xml": b"<manifest/>", "xl/worksheets/sheet1.xml": b"\0" * 150 * 1024**2})
    assert len(bomb) < 1024**2

    assert "unpacks to over" in refusal(BY_CODE[code], bomb)


def test_zip_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = zipped({"a.xml": b"\0" * 150 * 1024**2})
    place = bomb.index(b"PK\x01\x02") + 24
    lied = bomb[:place] + struct.pack("<I", 10) + bomb[place + 4 :]

    assert refusal(BY_CODE["qti21"], lied)


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil.xml", "a/../../evil.xml", "C:/evil.xml", "a\\..\\evil.xml"])
def test_names_that_lead_out_of_the_archive_are_refused(name: str) -> None:
    assert "leads out of" in refusal(BY_CODE["qti30"], zipped({name: b"<a/>"}))


def test_links_in_an_archive_are_refused() -> None:
    link = zipfile.ZipInfo("item.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(link, "/etc/passwd")

    assert "is a link" in refusal(BY_CODE["qti21"], data.getvalue())


def test_a_million_rows_are_refused_at_once() -> None:
    rows = HEAD + "Which?,a,b,c,a\n" * 1_000_000

    assert "more than 20,000 rows" in refusal(BY_CODE["csv"], rows.encode())


def test_workbook_with_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 50)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [HEAD.strip().split(","), *[["Which?", "a", "b", "c", "a"]] * 60]:
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)

    assert "more than 50 rows" in refusal(BY_CODE["xlsx"], data.getvalue())


def test_formula_in_a_workbook_is_refused_with_its_cell() -> None:
    book = Workbook()
    assert book.active is not None
    for row in (HEAD.strip().split(","), ["Which?", "a", '=HYPERLINK("http://evil.example","a")', "c", "a"]):
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)

    assert "C2" in refusal(BY_CODE["xlsx"], data.getvalue())


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1"])
def test_formula_in_a_csv_is_refused(cell: str) -> None:
    (problem,) = BY_CODE["csv"].read(f'{HEAD}Which?,"{cell}",b,c,a\n'.encode(), "b.csv").problems

    assert "formula" in problem.message


@pytest.mark.parametrize("code", ["csv", "xlsx"])
def test_no_cell_that_is_written_starts_a_formula(code: str) -> None:
    entry = {
        "id": "IM-0001", "task": "IM-1", "stem": "=1+1", "key": "a",
        "options": [
            {"id": letter, "text": f"{sign}x", "rationale": "'=y"} for letter, sign in zip("abcd", "+-@=", strict=True)
        ],
    }  # fmt: skip
    one = BY_CODE[code]
    content = formats.write([entry], one).content

    back = one.read(content, "b").found[0].fields
    assert back["stem"] == "=1+1"
    assert [option["text"] for option in back["options"]] == ["+x", "-x", "@x", "=x"]
    assert back["options"][0]["rationale"] == "'=y"
    if code == "csv":
        assert not re.search(r"(?m)(^|,)\"?[=+@-]", content.decode("utf-8-sig").split("\n", 1)[1])


@pytest.mark.parametrize("one", formats.FORMATS, ids=list(BY_CODE))
@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 100, "Größe?\nA. a".encode("latin-1"), "<quiz/>".encode("utf-16"), b"PK\x03\x04rest", b"\xff" * 9],
    ids=["empty", "zeros", "latin-1", "utf-16", "cut zip", "ff"],
)  # fmt: skip
def test_rubbish_is_refused_in_words_by_every_format(one: Format, data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert not one.read(data, "rubbish").found


@pytest.mark.django_db
def test_upload_reads_no_file_of_the_server(tmp_path: Path) -> None:
    make_bank()
    (tmp_path / "secret.txt").write_text("the key")
    data = (Path(__file__).parent / "foreign" / "minimal.yaml").read_text()
    data += f"  exhibit: {{kind: text, title: T, file: {tmp_path}/secret.txt}}\n"

    plan = planning.plan(data.encode(), "u.yaml", BY_CODE["yaml"], planning.Defaults())

    assert "there is no other" in plan.problems[0].message
    assert not Item.objects.filter(code="IT-0777").exists()


def test_picture_on_another_host_is_not_fetched() -> None:
    xml = (
        "<quiz><question type='multichoice'><questiontext format='html'><text>&lt;img src='http://evil.example/x.svg'>"
        "Which?</text></questiontext></question></quiz>"
    )
    (problem,) = BY_CODE["moodle"].read(xml.encode(), "q.xml").problems

    assert "not in the file" in problem.message


def test_absurd_nesting_is_refused() -> None:
    deep = "<quiz>" + "<a>" * 5000 + "</a>" * 5000 + "</quiz>"

    assert "deep" in refusal(BY_CODE["moodle"], deep.encode())
