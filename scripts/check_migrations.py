"""Whether migrations are safe while the code of the release before still runs:  check_migrations.py

Old processes go on reading and writing until the last is replaced, and a lock that a migration holds is a lock that
candidates wait for. Judged are the migrations after the first release.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ciip_site.settings")

import django
from django.db.migrations import operations as known
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field, ManyToManyField

# The last migration of each app in the first release; until that is tagged, the newest there are. These and what they
# build on ran before anybody had data. tests/upgrade starts from here.
FIRST_RELEASE = {
    "accounts": "0007_mails",
    "questions": "0005_bank_imports",
    "exams": "0018_personal_exports",
}
# What looks unsafe and is not, or has to be: "app.migration Operation model.name": why.
INDEX_GOES = "only drops an index that a unique key stands for"
UNASKED = "only drops an index that nothing asks"
ACCEPTED: dict[str, str] = {
    "exams.0019_fewer_indexes AlterField formitem.exam_form": INDEX_GOES,
    "exams.0019_fewer_indexes AlterField response.attempt": INDEX_GOES,
    "exams.0021_no_index_of_items AlterField formitem.item": UNASKED,
}
# They grow with every answer: building an index there holds up every save.
BIG = {
    "exams.attempt",
    "exams.attemptevent",
    "exams.response",
    "exams.practiceitem",
    "accounts.auditentry",
}
UNSAFE = {
    known.RemoveField: "the code before still asks for this column; stop using it first, remove it a release later",
    known.DeleteModel: "the code before still asks for this table; stop using it first, delete it a release later",
    known.RenameField: "the code before knows the old name; add a column and fill it instead",
    known.RenameModel: "the code before knows the old name; keep db_table",
    known.AlterModelTable: "the code before knows the old name",
    known.AlterUniqueTogether: "a unique index is built under lock; use constraints",
    known.AlterField: "changes the column under lock, and what the code before may write",
    known.AddConstraint: "checks every row under lock, and the code before may not keep it",
    known.AddIndex: "holds up every save while it is built; on PostgreSQL build it CONCURRENTLY",
}


@dataclass(frozen=True)
class Finding:
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


def findings(loader: MigrationLoader, first_release: Mapping[str, str]) -> list[Finding]:
    """Of every migration of our apps that comes after the first release, in the order they run."""
    graph = loader.graph
    before = {key for app, name in first_release.items() for key in graph.forwards_plan((app, name))}
    state, found, seen = ProjectState(), list[Finding](), set[tuple[str, str]]()
    for key in [key for leaf in sorted(graph.leaf_nodes()) for key in graph.forwards_plan(leaf)]:
        if key in seen:
            continue
        seen.add(key)
        migration = graph.nodes[key]
        if key[0] in first_release and key not in before:
            found.extend(judge(migration, state))
        state = migration.mutate_state(state, preserve=False)
    return found


def judge(migration: Migration, state: ProjectState) -> Iterator[Finding]:
    """`state` is that before the migration and is not changed."""
    app, state = migration.app_label, state.clone()
    new_models: set[str] = set()
    kinds = {isinstance(operation, known.RunPython | known.RunSQL) for operation in migration.operations}
    if kinds == {True, False}:
        yield Finding(f"{app}.{migration.name}", "data and schema are changed under one lock; make two migrations")
    for operation in migration.operations:
        if isinstance(operation, known.CreateModel):
            new_models.add(operation.name_lower)
        elif (reason := unsafe(operation, app, state, new_models)) is not None:
            yield Finding(f"{app}.{migration.name} {type(operation).__name__} {target(operation)}".rstrip(), reason)
        operation.state_forwards(app, state)


def unsafe(operation: Operation, app: str, state: ProjectState, new_models: set[str]) -> str | None:
    """Why the operation is not safe under running old code, if it is not."""
    if isinstance(operation, known.RunPython | known.RunSQL):
        return None if operation.reversible else "has no way back; give a reverse, noop where nothing has to be undone"
    model = str(getattr(operation, "model_name", None) or getattr(operation, "name", "")).lower()
    if model in new_models:
        return None
    if isinstance(operation, known.AddField):
        return unsafe_new_field(operation.field)
    if isinstance(operation, known.AlterField):
        before = state.models[app, model].fields[operation.name]
        is_harmless = stored(before) == stored(operation.field)
    else:
        is_harmless = isinstance(operation, known.AddIndex) and f"{app}.{model}" not in BIG
    return None if is_harmless else next((UNSAFE[kind] for kind in UNSAFE if isinstance(operation, kind)), None)


def unsafe_new_field(field: "Field[object, object]") -> str | None:
    if isinstance(field, ManyToManyField):
        return None
    if field.unique and not field.null:
        return "no two rows that are there can have the same value"
    # Django's own `default` is dropped from the table once the rows that are there have it.
    if not field.null and field.db_default is NOT_PROVIDED:
        return "the code before inserts rows without it: null=True or db_default"
    return None


def stored(field: "Field[object, object]") -> tuple[object, ...]:
    """What of a field the database knows."""
    _, path, arguments, options = field.deconstruct()
    return path, arguments, {name: value for name, value in options.items() if name not in field.non_db_attrs}


def target(operation: Operation) -> str:
    names = [getattr(operation, name, "") for name in ("model_name", "name")]
    part = getattr(operation, "constraint", None) or getattr(operation, "index", None)
    return ".".join(name.lower() for name in [*names, getattr(part, "name", "")] if name)


def main() -> int:
    django.setup()
    found = findings(MigrationLoader(None), FIRST_RELEASE)
    open_ones = [finding for finding in found if finding.place not in ACCEPTED]
    needless = sorted(ACCEPTED.keys() - {finding.place for finding in found})
    for line in [*map(str, open_ones), *(f"{place}: accepted, but not found" for place in needless)]:
        print(line)
    if open_ones:
        print("Mend them, or list them with the reason under ACCEPTED in scripts/check_migrations.py.")
    return 1 if open_ones or needless else 0


if __name__ == "__main__":
    sys.exit(main())
