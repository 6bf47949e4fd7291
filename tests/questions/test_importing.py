import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from questions import drafting, exporting, importing, publishing
from questions.content import content_of
from questions.exchange import bank_file
from questions.importing import Fate
from questions.models import EnemyPair, Item, ItemTransition, ItemVersion, Option, Task
from tests.factories import NOW, make_outline, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outline() -> None:
    make_outline()


def entry(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "IM-0007",
        "status": "operational",
        "task": "IM-1",
        "topic": "IM-1-02",
        "cognitive": "application",
        "stem": "Which event should trigger the deletion?",
        "options": [
            {"id": letter, "text": f"Event {letter}", "rationale": f"It is wrong or right because of {letter}."}
            for letter in "abcd"
        ],
        "key": "c",
        "references": [{"source": "DICOM PS3.4", "locator": "Annex J", "checked": None}],
        "tags": ["dicom"],
    }
    return {name: value for name, value in {**row, **changes}.items() if value != "absent"}


def write(folder: Path, *entries: dict[str, Any], name: str = "IM-1.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(list(entries), sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def load(*paths: Path) -> importing.Plan:
    plan = importing.plan(paths)
    importing.apply(plan, by=None, now=NOW)
    return plan


def test_import_creates_and_publishes_an_item(tmp_path: Path) -> None:
    plan = load(write(tmp_path, entry()))

    item = Item.objects.get()
    assert [e.code for e in plan.of(Fate.NEW)] == ["IM-0007"]
    assert (item.code, item.status) == ("IM-0007", "operational")
    assert item.published_version is not None
    assert (item.published_version.number, item.published_version.task.code) == (1, "IM-1")
    options = item.published_version.options.values_list("position", "text", "is_key")
    assert list(options) == [(1, "Event a", False), (2, "Event b", False), (3, "Event c", True), (4, "Event d", False)]


def test_import_of_a_draft_publishes_nothing(tmp_path: Path) -> None:
    load(write(tmp_path, entry(status="draft")))

    assert Item.objects.get().published_version is None


def test_import_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, entry(), entry(id="IM-0008", enemies=["IM-0007"]))
    load(path)
    before = [list(model.objects.values()) for model in (Item, ItemVersion, Option, EnemyPair, ItemTransition)]

    plan = load(path)

    assert [fate for fate, _ in plan.entries] == [Fate.UNCHANGED] * 2
    after = [list(model.objects.values()) for model in (Item, ItemVersion, Option, EnemyPair, ItemTransition)]
    assert after == before


def test_import_of_a_changed_item_adds_a_version_and_leaves_the_old_one(tmp_path: Path) -> None:
    load(write(tmp_path, entry()))
    old = content_of(ItemVersion.objects.get())

    load(write(tmp_path, entry(stem="Which event should start the deletion?")))

    assert [version.number for version in ItemVersion.objects.all()] == [1, 2]
    assert content_of(ItemVersion.objects.get(number=1)) == old
    item = Item.objects.get()
    assert item.published_version is not None
    assert item.published_version.number == 2


def test_import_of_a_changed_status_adds_no_version(tmp_path: Path) -> None:
    load(write(tmp_path, entry()))

    plan = load(write(tmp_path, entry(status="pilot")))

    assert len(plan.of(Fate.CHANGED)) == 1
    assert Item.objects.get().status == "pilot"
    assert ItemVersion.objects.count() == 1


def test_import_takes_away_an_enemy_that_no_file_names_any_more(tmp_path: Path) -> None:
    load(write(tmp_path, entry(), entry(id="IM-0008", enemies=["IM-0007"])))

    load(write(tmp_path, entry(), entry(id="IM-0008")))

    assert not EnemyPair.objects.exists()


def test_import_refuses_to_cover_a_version_written_on_the_site(tmp_path: Path) -> None:
    load(write(tmp_path, entry()))
    item, task = Item.objects.get(), Task.objects.get(code="IM-1")
    drafting.add_version(
        item=item, content=content_of(item.versions.get()), task=task, author=make_user("ivy"), now=NOW
    )
    load(write(tmp_path, entry()))

    plan = importing.plan([write(tmp_path, entry(stem="Which event should start it?"))])

    assert "Version 2 was written on this site" in plan.problems[0].message


def test_import_takes_a_file_that_was_merged_with_what_was_written_on_the_site(tmp_path: Path) -> None:
    load(write(tmp_path, entry()))
    item, task = Item.objects.get(), Task.objects.get(code="IM-1")
    drafting.add_version(
        item=item, content=content_of(item.versions.get()), task=task, author=make_user("ivy"), now=NOW
    )

    load(write(tmp_path, entry(stem="A merged stem: which event?", version=2)))

    assert item.versions.order_by("number").last().stem == "A merged stem: which event?"  # type: ignore[union-attr]


def test_import_of_an_unchanged_file_leaves_what_was_published_on_the_site(tmp_path: Path) -> None:
    load(write(tmp_path, entry()))
    item, task = Item.objects.get(), Task.objects.get(code="IM-1")
    mended = dataclasses.replace(content_of(item.versions.get()), stem="A mended stem: which event?")
    version = drafting.add_version(item=item, content=mended, task=task, author=make_user("ivy"), now=NOW)
    publishing.publish(version=version, by=make_user("rita"), now=NOW)

    plan = load(write(tmp_path, entry()))

    item.refresh_from_db()
    assert [fate for fate, _ in plan.entries] == [Fate.UNCHANGED]
    assert item.published_version == version


def test_export_imported_again_changes_nothing(tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
    exhibits = [
        {"kind": "text", "title": "Log", "body": "  09:14  A-ASSOCIATE\n09:15  é 漢 😀", "alt": "A log"},
        {"kind": "svg", "title": "Net", "body": drawing, "alt": "One box"},
        {"kind": "table", "title": "Rules", "body": "| a | b |\n|---|---|\n| 1 | 2 |", "alt": "Two columns"},
    ]
    rows = [entry(id=f"IM-000{n}", exhibit=exhibit, enemies=[f"IM-000{(n + 1) % 3}"] if n else [])
            for n, exhibit in enumerate(exhibits)]  # fmt: skip
    load(write(tmp_path, *rows, entry(id="IM-0009", matched_set="events", order="fixed", predicted_p=0.5)))
    path = tmp_path / "export.yaml"
    path.write_bytes(bank_file.write(exporting.entries()))

    plan = importing.plan([path])

    assert plan.problems == ()
    assert [fate for fate, _ in plan.entries] == [Fate.UNCHANGED] * 4


def unfinished(status: str) -> dict[str, Any]:
    options = [{"id": letter, "text": f"Event {letter}"} for letter in "abcd"]
    return entry(status=status, options=options, references="absent")


@pytest.mark.parametrize("status", ["draft", "review", "retired"])
def test_item_that_nobody_meets_may_lack_rationales_and_references(tmp_path: Path, status: str) -> None:
    load(write(tmp_path, unfinished(status)))

    item = Item.objects.get()
    assert (item.status, item.published_version, item.versions.get().references) == (status, None, [])
    (path := tmp_path / "export.yaml").write_bytes(bank_file.write(exporting.entries()))
    assert [fate for fate, _ in importing.plan([path]).entries] == [Fate.UNCHANGED]


@pytest.mark.parametrize("status", ["pilot", "operational", "sample"])
def test_item_that_people_meet_may_not(tmp_path: Path, status: str) -> None:
    problems = importing.plan([write(tmp_path, unfinished(status))]).problems

    assert [problem.message for problem in problems] == ["The field 'references' is missing or empty."]
    both = entry(status=status, options=unfinished(status)["options"])
    assert "'rationale' is missing" in importing.plan([write(tmp_path, both)]).problems[0].message


def test_unchanged_file_leaves_what_people_paired_and_parted_here(tmp_path: Path) -> None:
    path = write(tmp_path, entry(), entry(id="IM-0008", enemies=["IM-0007"]), entry(id="IM-0009"))
    load(path)
    EnemyPair.objects.all().delete()
    made = EnemyPair.objects.create(first=Item.objects.get(code="IM-0007"), second=Item.objects.get(code="IM-0009"))

    load(path)

    assert list(EnemyPair.objects.all()) == [made]


BAD_ENTRIES: dict[str, tuple[dict[str, Any], str]] = {
    "two keys": ({"key": ["a", "b"]}, "'key' must be text"),
    "no such key": ({"key": "e"}, "The key 'e' names no option"),
    "no key": ({"key": "absent"}, "'key' is missing"),
    "no rationale": ({"options": [{"id": x, "text": x} for x in "abcd"]}, "'rationale' is missing"),
    "empty rationale": (
        {"options": [{"id": x, "text": x, "rationale": "" if x == "b" else "Why."} for x in "abcd"]},
        "'rationale' is missing or empty",
    ),
    "two options": ({"options": entry()["options"][:2], "key": "a"}, "four options"),
    "same options": (
        {"options": [{"id": x, "text": "Same", "rationale": "Why."} for x in "abcd"]},
        "Two options have the same text",
    ),
    "number as text": (
        {"options": [{"id": x, "text": 104, "rationale": "Why."} for x in "abcd"]},
        "put 104 in quotes",
    ),
    "unknown task": ({"task": "IM-99"}, "The task 'IM-99' is not in the current outline"),
    "task of another domain": ({"task": "IT-1"}, "belongs to IT"),
    "unknown status": ({"status": "live"}, "'status' is 'live'; allowed are draft, review"),
    "unknown field": ({"anser": "a"}, "'anser' is not known"),
    "unknown enemy": ({"enemies": ["IM-9999"]}, "IM-9999 is the item itself or not in the bank"),
    "own enemy": ({"enemies": ["IM-0007"]}, "IM-0007 is the item itself"),
    "waiver without reason": ({"waivers": [{"rule": "stem-long"}]}, "'reason' is missing"),
    "waiver that is a word": ({"waivers": ["stem-long"]}, "rule's name and a reason"),
    "bad id": ({"id": "im-7"}, "must look like IM-0042"),
    "no references": ({"references": []}, "at least one reference"),
    "reference without locator": ({"references": [{"source": "DICOM"}]}, "'locator' is missing"),
    "script address": (
        {"references": [{"source": "x", "locator": "y", "url": "javascript:alert(1)"}]},
        "must start with https://",
    ),
    "exhibit outside": (
        {"exhibit": {"kind": "text", "title": "x", "file": "../../etc/passwd"}},
        "beside the bank file",
    ),
    "exhibit file missing": ({"exhibit": {"kind": "text", "title": "x", "file": "no.txt"}}, "cannot be read"),
    "script in drawing": (
        {"exhibit": {"kind": "svg", "title": "x", "alt": "y",
                     "body": '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'}},
        "<script> is not allowed",
    ),
    "drawing without words": ({"exhibit": {"kind": "svg", "title": "x", "body": "<svg/>"}}, "needs `alt`"),
    "title too long": ({"exhibit": {"kind": "text", "title": "x" * 201, "body": "y"}}, "at most 200 fit"),
    "empty exhibit": ({"exhibit": {"kind": "text", "title": "x", "body": None}}, "'body' must be text"),
    "nul in exhibit": ({"exhibit": {"kind": "text", "title": "x", "body": "a\0b"}}, "NUL character"),
    "nul in reference": ({"references": [{"source": "a\0", "locator": "y"}]}, "NUL character"),
    "set name too long": ({"matched_set": "x" * 81}, "at most 80 fit"),
    "version of words": ({"version": "two"}, "whole number"),
    "share out of range": ({"predicted_p": 7}, "from 0 to 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_ENTRIES)
def test_bad_entry_is_refused_with_place_and_cure_and_nothing_changes(tmp_path: Path, case: str) -> None:
    changes, words = BAD_ENTRIES[case]
    path = write(tmp_path, entry(id="IM-0001"), entry(**changes))

    plan = importing.plan([path])

    assert [words in problem.message for problem in plan.problems] == [True]
    assert plan.problems[0].line > 20
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("import_bank", path)
    assert not Item.objects.exists()


def test_duplicate_id_names_both_places(tmp_path: Path) -> None:
    first, second = write(tmp_path, entry()), write(tmp_path, entry(), name="IM-2.yaml")

    problem = importing.plan([tmp_path]).problems[0]

    assert (problem.file, problem.line, problem.item) == (str(second), 1, "IM-0007")
    assert f"{first}:1" in problem.message


def test_matched_set_across_statuses_is_refused(tmp_path: Path) -> None:
    rows = [entry(matched_set="s"), entry(id="IM-0008", status="pilot", matched_set="s")]

    assert "at most 3 items of one domain and status" in importing.plan([write(tmp_path, *rows)]).problems[0].message


def test_matched_set_of_four_is_refused(tmp_path: Path) -> None:
    rows = [entry(id=f"IM-000{n}", matched_set="s") for n in range(4)]

    assert len(importing.plan([write(tmp_path, *rows)]).problems) == 4


BAD_FILES = {
    "not a list": (b"id: IM-0007\n", 1, "must hold a list of items"),
    "empty": (b"", 1, "must hold a list of items"),
    "bad utf-8": (b"- id: IM-0007\n  stem: \xff\xfe\n", 2, "not UTF-8"),
    "bad yaml": (b"- id: [IM-0007\n", 2, "Not valid YAML"),
    "alias bomb": (b"- &a [x, x]\n- &b [*a, *a]\n- [*b, *b]\n", 1, "Anchors and aliases"),
    "deep": (b"- " + b"[" * 5000 + b"]" * 5000, 1, "Nested too deeply"),
    "python tag": (b"- !!python/object/apply:os.system ['true']\n", 1, "Tags such as"),
    "bad timestamp": (b"- id: IM-0007\n  stem: !!timestamp x\n", 2, "Tags such as"),
    "key twice": (b"- id: IM-0007\n  id: IM-0008\n", 2, "'id' stands twice"),
    "nul": (b"- id: IM\x00\n", 0, "Not valid YAML"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file_is_refused_with_place_and_cure(tmp_path: Path, case: str) -> None:
    content, line, words = BAD_FILES[case]
    path = tmp_path / "IM-1.yaml"
    path.write_bytes(content)

    problem = importing.plan([path]).problems[0]

    assert (problem.line, words in problem.message) == (line, True), problem


def test_file_of_100_mb_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "IM-1.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)

    assert "104,857,600 bytes" in importing.plan([path]).problems[0].message


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_missing_file_and_folder_without_bank_files_are_refused(tmp_path: Path, name: str) -> None:
    assert len(importing.plan([tmp_path / name]).problems) == 1


def test_failure_in_the_middle_of_apply_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = importing.plan([write(tmp_path, entry(), entry(id="IT-0008", task="IT-1"))])
    Task.objects.filter(code="IT-1").update(code="IT-2")

    with pytest.raises(KeyError, match="IT-1"):
        importing.apply(plan, by=None, now=NOW)
    assert not Item.objects.exists()


@pytest.mark.parametrize("change", [{"stem": "x"}, {"number": 9}, {"digest": "0"}])
def test_database_refuses_to_alter_a_version(tmp_path: Path, change: dict[str, Any]) -> None:
    load(write(tmp_path, entry()))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ItemVersion.objects.update(**change)


def test_database_refuses_to_alter_a_key(tmp_path: Path) -> None:
    load(write(tmp_path, entry()))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Option.objects.filter(position=1).update(rationale="another")


def test_import_tells_of_broken_writing_rules_and_imports_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, entry())

    call_command("import_bank", path)

    assert "IM-0007: error: rationale c: 8 words teach too little" in capsys.readouterr().out
    assert Item.objects.get().status == "operational"
    call_command("import_bank", path)
    assert "rationale" not in capsys.readouterr().out


def test_waivers_are_stored_exported_and_keep_a_file_unchanged(tmp_path: Path) -> None:
    waivers = [{"rule": "rationale-short", "reason": "It says all.", "about": "rationale c"}]
    path = write(tmp_path, entry(waivers=waivers))
    load(path)

    assert Item.objects.get().waivers == waivers
    assert exporting.entries()[0]["waivers"] == waivers
    again = importing.plan([path])
    assert again.of(Fate.UNCHANGED)
    assert not any(
        f.counts
        for _, f in load(write(tmp_path, entry(id="IM-0008", waivers=waivers))).findings
        if f.field == "rationale c"
    )

    load(write(tmp_path, entry(), name="IM-2.yaml"))
    assert Item.objects.get(code="IM-0007").waivers == []


def test_dry_run_says_every_fate_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_bank", write(tmp_path, entry()), "--dry-run", "--json")

    said = yaml.safe_load(capsys.readouterr().out)
    findings = said.pop("findings")
    assert said == {"new": ["IM-0007"], "changed": [], "unchanged": [], "errors": []}
    assert ("IM-0007", "rationale-short", "rationale c") in [(f["item"], f["rule"], f["field"]) for f in findings]
    assert not Item.objects.exists()
