"""A file that is written is read as what it was made from: for the whole bank, and for texts made to break formats."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exams.shipped import BANK
from questions import exporting, importing
from questions.exchange import formats, markup, planning
from questions.exchange.formats import FORMATS, Format
from questions.exchange.found import CannotCarry
from questions.importing import Fate
from questions.models import EnemyPair, Item
from tests.factories import NOW, make_user

Fields = Mapping[str, Any]
IDS = [one.code for one in FORMATS]
WITH_IDS = [one for one in FORMATS if "id" in one.carries]


def carried(entry: Fields, one: Format) -> dict[str, Any]:
    """What has to come back: the fields that the format says it carries, in one shape."""
    with_rationales = "rationales" in one.carries
    found = {name: entry.get(name) for name in one.carries if name not in ("options", "rationales", "exhibit")}
    found = {name: value for name, value in found.items() if value not in (None, "", [])}
    found["order"] = entry.get("order", "shuffle") if "order" in one.carries else "shuffle"
    found["options"] = [
        (option["id"], option["text"], option.get("rationale", "") if with_rationales else "")
        for option in entry["options"]
    ]
    if (exhibit := entry.get("exhibit")) and "exhibit" in one.carries:
        body = str(markup.cells_of(exhibit["body"])) if exhibit["kind"] == "table" else exhibit["body"]
        found["exhibit"] = (exhibit["kind"], exhibit["title"], body)
    return found


def read_back(entries: Sequence[Fields], one: Format) -> dict[str, dict[str, Any]]:
    written = formats.write(entries, one)
    reading = one.read(written.content, f"bank.{one.suffix}")
    assert reading.problems == []
    assert len(reading.found) == written.count
    return {str(found.fields.get("id", "")): dict(found.fields) for found in reading.found}


@pytest.fixture
def bank(db: None) -> list[dict[str, Any]]:
    outlines = sorted((settings.BASE_DIR / "fixtures" / "outlines").glob("*.yaml"))
    call_command("load_outline", *outlines, stdout=StringIO())
    call_command("import_bank", BANK, stdout=StringIO())
    return exporting.entries()


# The bank is loaded once for all formats: loading it is most of the work.
def test_whole_bank_comes_back_unchanged(bank: list[dict[str, Any]]) -> None:
    for one in FORMATS:
        written = formats.write(bank, one)

        plan = planning.plan(written.content, f"bank.{one.suffix}", one, planning.Defaults())

        assert (one.code, plan.problems) == (one.code, ())
        assert (one.code, {fate for fate, _ in plan.entries}) == (one.code, {Fate.UNCHANGED})
        assert len(plan.entries) == written.count == len(bank) - len(written.left_out)


def test_whole_bank_builds_an_empty_one_again(bank: list[dict[str, Any]]) -> None:
    """Nothing of the old bank is left to fill gaps from."""
    for one in WITH_IDS:
        left_out = dict(formats.write(bank, one).left_out)
        before = {entry["id"]: carried(entry, one) for entry in bank if entry["id"] not in left_out}

        back = read_back(bank, one)

        assert {name: carried(fields, one) for name, fields in back.items()} == before, one.code


def test_drafts_made_from_a_file_hold_what_it_carries(bank: list[dict[str, Any]]) -> None:
    some = [entry for entry in bank if entry["task"].startswith("PROC")]
    enemies = {frozenset((entry["id"], enemy)) for entry in some for enemy in entry.get("enemies", ())}
    Item.objects.update(published_version=None, status="draft")
    EnemyPair.objects.all().delete()
    ann = make_user("ann")
    for one in WITH_IDS:
        Item.objects.filter(code__startswith="PROC").delete()
        written = formats.write(some, one)

        plan = planning.plan(written.content, f"bank.{one.suffix}", one, planning.Defaults())
        importing.apply(plan, by=ann, now=NOW)

        made = [entry for entry in exporting.entries() if entry["task"].startswith("PROC")]
        passing = ("status", "version")
        assert [drop(carried(entry, one), passing) for entry in made] == [
            drop(carried(entry, one), passing) for entry in some
        ], one.code
        assert {entry["status"] for entry in made} == {"draft"}
        stored = {frozenset(pair) for pair in EnemyPair.objects.values_list("first__code", "second__code")}
        assert stored == enemies, one.code


def drop(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


# --- Texts made to break formats --------------------------------------------------------------------------------
NASTY = st.sampled_from(
    [*"abcXY 019.,;:=~#{}%/\\'\"<>&|[]()*_`@+-\tµ→é", "\n", "->", "//", "::", "####", "&lt;", "<b>", "ANSWER: A", "A. "]
)


def text(most: int = 12, *, lines: bool = True) -> st.SearchStrategy[str]:
    """Words as an author leaves them: trimmed, single spaces, no line that is blank or looks like markup's end."""

    def tidy(parts: list[str]) -> str:
        joined = "".join(parts).replace("\t", " ")
        kept = [" ".join(line.split()) for line in (joined.split("\n") if lines else [joined.replace("\n", " ")])]
        return "\n".join(line for line in kept if line)

    return st.lists(NASTY, min_size=1, max_size=most).map(tidy).filter(bool)


WORD = st.text(st.sampled_from("abcdef-"), min_size=1, max_size=8)


@st.composite
def entry(draw: st.DrawFn) -> dict[str, Any]:
    texts = draw(st.lists(text(lines=False), min_size=4, max_size=6, unique_by=str.casefold))
    options = [
        {"id": letter, "text": said, "rationale": draw(text())} for letter, said in zip("abcdef", texts, strict=False)
    ]
    made: dict[str, Any] = {
        "id": "IM-0042",
        "version": draw(st.integers(1, 9)),
        "status": draw(st.sampled_from(["draft", "pilot", "operational"])),
        "task": "IM-2",
        "topic": draw(st.sampled_from(["", "IM-2-3"])),
        "point": draw(st.sampled_from(["", "One claim."])),
        "cognitive": "recall",
        "order": draw(st.sampled_from(["shuffle", "fixed"])),
        "predicted_p": draw(st.sampled_from([None, 0.7, 0.55])),
        "stem": draw(text(20)),
        "options": options,
        "key": draw(st.sampled_from([option["id"] for option in options])),
        "references": [{"source": draw(text(lines=False)), "locator": draw(text(lines=False)), "says": "A | b \\ c"}],
        "tags": draw(st.lists(WORD, max_size=3, unique=True)),
        "matched_set": draw(st.sampled_from(["", "levels of care"])),
        "enemies": draw(st.sampled_from([[], ["IM-0001", "IM-0002"]])),
    }
    kind = draw(st.sampled_from(["", "text", "table"]))
    if kind:
        body = draw(text(20)) if kind == "text" else "| A | B |\n|---|---|\n| " + draw(WORD) + " | 2 \\| 3 |"
        made["exhibit"] = {"kind": kind, "title": "Log of the night", "body": body}
    return {name: value for name, value in made.items() if value not in (None, "", [])}


@pytest.mark.parametrize("code", IDS)
@hypothesis_settings(max_examples=75, deadline=None)
@given(made=entry())
def test_any_text_survives_every_format_or_is_named_as_left_out(code: str, made: dict[str, Any]) -> None:
    one = formats.BY_CODE[code]
    try:
        one.must_carry(made)
    except CannotCarry:
        assert formats.write([made], one).count == 0
        return

    (back,) = read_back([made], one).values()

    assert carried(back, one) == carried(made, one)
