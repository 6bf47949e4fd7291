"""Each operation that old code or waiting candidates would feel is found; what is safe is let through."""

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from scripts import check_migrations
from scripts.check_migrations import FIRST_RELEASE, findings, judge


def nothing(*_: object) -> None:
    """A data migration."""


@pytest.fixture(scope="module")
def state() -> ProjectState:
    return MigrationLoader(None).project_state()


def judged(state: ProjectState, *operations: Operation) -> list[str]:
    migration = migrations.Migration("0099_tested", "exams")
    migration.operations = list(operations)  # type: ignore[misc]  # where a class of its own would have them
    return [str(finding) for finding in judge(migration, state)]


POSITIVE = models.CheckConstraint(condition=models.Q(seconds__gte=0), name="positive")
UNSAFE: dict[str, Operation] = {
    "without it": migrations.AddField("attempt", "room", models.CharField(max_length=9, default="")),
    "still asks for this column": migrations.RemoveField("attempt", "ending"),
    "still asks for this table": migrations.DeleteModel("Extension"),
    "add a column": migrations.RenameField("attempt", "ending", "end"),
    "keep db_table": migrations.RenameModel("Extension", "Grant"),
    "old name": migrations.AlterModelTable("extension", "grants"),
    "changes the column": migrations.AlterField("extension", "reason", models.CharField(max_length=9)),
    "every row": migrations.AddConstraint("extension", POSITIVE),
    "CONCURRENTLY": migrations.AddIndex("response", models.Index(fields=["revision"], name="by_revision")),
    "no way back": migrations.RunPython(nothing),
    "use constraints": migrations.AlterUniqueTogether("extension", {("attempt", "at")}),
}


@pytest.mark.parametrize("reason", UNSAFE)
def test_unsafe_operation_is_found(state: ProjectState, reason: str) -> None:
    (found,) = judged(state, UNSAFE[reason])

    assert found.startswith(f"exams.0099_tested {type(UNSAFE[reason]).__name__}")
    assert reason in found


def test_new_unique_column_is_found(state: ProjectState) -> None:
    field = models.CharField(max_length=9, unique=True, db_default="")

    assert "can have the same value" in judged(state, migrations.AddField("extension", "code", field))[0]


SAFE: dict[str, list[Operation]] = {
    "nullable column": [migrations.AddField("attempt", "room", models.CharField(max_length=9, null=True))],
    "column with a default of the database's own": [
        migrations.AddField("attempt", "room", models.CharField(max_length=9, db_default=""))
    ],
    "words that the database never sees": [
        migrations.AlterField("extension", "reason", models.CharField(max_length=200, help_text="Other words."))
    ],
    "index on a small table": [
        migrations.AddIndex("extension", models.Index(fields=["seconds"], name="by_seconds")),
    ],
    "whatever is done to a table that the migration makes": [
        migrations.CreateModel("Seat", [("seconds", models.IntegerField(primary_key=True))]),
        migrations.AddField("seat", "row", models.IntegerField()),
        migrations.AddConstraint("seat", POSITIVE),
    ],
    "data alone, with a way back": [migrations.RunPython(nothing, migrations.RunPython.noop)],
}  # fmt: skip


@pytest.mark.parametrize("name", SAFE)
def test_safe_operation_is_let_through(state: ProjectState, name: str) -> None:
    assert judged(state, *SAFE[name]) == []


def test_data_and_schema_do_not_share_a_lock(state: ProjectState) -> None:
    found = judged(state, *SAFE["nullable column"], *SAFE["data alone, with a way back"])

    assert found == ["exams.0099_tested: data and schema are changed under one lock; make two migrations"]


def test_only_what_comes_after_the_first_release_is_judged() -> None:
    loader = MigrationLoader(None)

    since_the_beginning = findings(loader, dict.fromkeys(FIRST_RELEASE, "0001_initial"))
    leaves = {app: name for app, name in loader.graph.leaf_nodes() if app in FIRST_RELEASE}

    assert any(finding.place.startswith("exams.0016_seen_where RemoveField") for finding in since_the_beginning)
    assert findings(loader, leaves) == []


def test_what_is_accepted_but_not_found_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check_migrations, "ACCEPTED", {"exams.0001_initial RemoveField attempt.gone": "why"})

    assert check_migrations.main() == 1
    assert "exams.0001_initial RemoveField attempt.gone: accepted, but not found" in capsys.readouterr().out
