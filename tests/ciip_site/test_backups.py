"""Archives of whichever database the suite runs on; each is put back into a place of its own."""

import gzip
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
import pytest_django
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as law_settings
from hypothesis import strategies as st

from ciip_site.backups import archive, taking
from ciip_site.backups.contents import Contents
from ciip_site.backups.postgres import Postgres
from ciip_site.backups.problem import BackupProblem
from ciip_site.backups.sqlite import Sqlite
from ciip_site.backups.taking import Engine, Place
from exams.models import Attempt
from tests.factories import NOW, make_bank, make_user, save, start

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    make_user()
    return Place.of(connection.settings_dict, tmp_path / "var")


@pytest.fixture
def file(place: Place, tmp_path: Path) -> Path:
    return taking.take(place, folder=tmp_path / "backups", verify=False, now=NOW)


@pytest.fixture
def scratch(place: Place, tmp_path: Path) -> Iterator[Place]:
    """An empty place of the same kind."""
    with place.database.scratch(tmp_path) as database:
        yield Place(database, tmp_path / "elsewhere_key")


def read(database: Engine, query: str, directory: Path) -> list[tuple[object, ...]]:
    """What another program finds there."""
    other = connection.copy("backup_reader")
    other.settings_dict["NAME"] = database.name if isinstance(database, Postgres) else str(database.path)  # type: ignore[attr-defined]
    try:
        with other.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())
    finally:
        other.close()


def put_back(place: Place, file: Path, *, replace: bool = False) -> archive.Manifest:
    return taking.put_back(place, file, replace=replace, directory=file.parent)


def test_everything_comes_back_in_an_empty_place(place: Place, scratch: Place, tmp_path: Path) -> None:
    make_bank()
    attempt = start(make_user("bob"))
    save(attempt, 7, chosen=3)

    put_back(scratch, taking.take(place, folder=tmp_path, verify=True, now=NOW))

    held = place.database.contents()
    assert held.rows["exams_response"] == 30
    assert scratch.database.contents() == held
    query = "SELECT position, chosen FROM exams_response WHERE chosen IS NOT NULL"
    assert read(scratch.database, query, tmp_path) == [(7, 3)]


def test_ledger_stays_append_only_after_a_restore(place: Place, scratch: Place, tmp_path: Path) -> None:
    make_bank()
    start(make_user("bob"))

    put_back(scratch, taking.take(place, folder=tmp_path, verify=False, now=NOW))

    with pytest.raises(Exception, match="append-only"):
        read(scratch.database, "UPDATE exams_attemptevent SET kind = 'saved'", tmp_path)


def test_archive_is_for_its_owner_and_nothing_else_stays(file: Path) -> None:
    assert file.name == "ciip-20261102T150000Z.tar"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(file.parent.iterdir()) == [file]


def test_place_that_is_not_empty_is_refused_unless_it_is_to_be_replaced(
    place: Place, scratch: Place, file: Path, tmp_path: Path
) -> None:
    put_back(scratch, file)
    make_user("bob")
    newer = taking.take(place, folder=tmp_path / "newer", verify=False, now=NOW)

    with pytest.raises(BackupProblem, match="not empty"):
        put_back(scratch, newer)
    assert scratch.database.contents().rows["accounts_user"] == 1

    put_back(scratch, newer, replace=True)
    assert scratch.database.contents() == place.database.contents()


@law_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_flipped_byte_changes_what_is_read(file: Path, data: st.DataObject) -> None:
    whole = file.read_bytes()
    with archive.opened(file, file.parent) as (manifest, parts):
        expected = {name: (parts / name).read_bytes() for name in manifest.digests}
    at = data.draw(st.integers(0, len(whole) - 1))
    bad = file.with_name("bad.tar")
    bad.write_bytes(whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :])

    try:
        with archive.opened(bad, file.parent) as (found, parts):
            # Between the parts a tar has bytes that mean nothing.
            assert found == manifest
            assert {name: (parts / name).read_bytes() for name in found.digests} == expected
    except BackupProblem:
        pass


@pytest.mark.parametrize("part", [archive.MANIFEST, archive.SEAL, "database"])
def test_damaged_part_is_refused_and_nothing_changes(part: str, scratch: Place, file: Path) -> None:
    with tarfile.open(file) as tar:
        at = next(member.offset_data for member in tar if member.name.startswith(part))
    with file.open("r+b") as damaged:
        damaged.seek(at + 40)
        byte = damaged.read(1)
        damaged.seek(at + 40)
        damaged.write(bytes([byte[0] ^ 1]))

    with pytest.raises(BackupProblem, match="no whole backup of this site"):
        put_back(scratch, file)
    assert scratch.database.is_empty()


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9])
def test_truncated_archive_is_refused(kept: float, scratch: Place, file: Path) -> None:
    with tarfile.open(file) as tar:
        end = tar.getmember(archive.SEAL).offset_data + 64
    os.truncate(file, int(end * kept) if kept < 0.9 else end - 1)

    with pytest.raises(BackupProblem, match="no whole backup of this site"):
        put_back(scratch, file)
    assert scratch.database.is_empty()


def test_missing_file_is_named(scratch: Place, tmp_path: Path) -> None:
    with pytest.raises(BackupProblem, match=r"absent\.tar cannot be read: No such file or directory"):
        put_back(scratch, tmp_path / "absent.tar")


def resealed(file: Path, **changed: object) -> Path:
    """The same archive as another site might have made it."""
    with archive.opened(file, file.parent) as (manifest, parts):
        archive.write(file, replace(manifest, **changed), parts)  # type: ignore[arg-type]
    return file


def test_archive_of_a_newer_schema_is_refused(place: Place, scratch: Place, file: Path) -> None:
    held = place.database.contents()
    newer = replace(held, migrations=[*held.migrations, "exams.9999_from_tomorrow"])

    with pytest.raises(BackupProblem, match=r"newer version of the site: here nobody knows exams\.9999_from_tomorrow"):
        put_back(scratch, resealed(file, contents=newer))
    assert scratch.database.is_empty()


def test_archive_of_another_kind_of_database_is_refused(scratch: Place, file: Path) -> None:
    with pytest.raises(BackupProblem, match="This backup is of oracle"):
        put_back(scratch, resealed(file, vendor="oracle"))
    assert scratch.database.is_empty()


def test_archive_of_another_format_is_refused(scratch: Place, file: Path) -> None:
    with pytest.raises(BackupProblem, match="its format is 2, and this version reads 1"):
        put_back(scratch, resealed(file, format=2))


def test_verifying_finds_a_row_too_few(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = type(place.database)
    dump = engine.dump

    def boastful(self: Engine, target: Path) -> Contents:
        held = dump(self, target)
        return replace(held, rows=held.rows | {"accounts_user": 2})

    monkeypatch.setattr(engine, "dump", boastful)
    with pytest.raises(BackupProblem, match="accounts_user: 2 expected, 1 found"):
        taking.take(place, folder=tmp_path / "backups", verify=True, now=NOW)
    assert list((tmp_path / "backups").iterdir()) == []


def test_backup_during_saves_holds_every_answer_acknowledged_before_it(
    place: Place, scratch: Place, tmp_path: Path
) -> None:
    make_bank(scored_count=100, pilot_count=70)
    attempt = start(make_user("bob"))
    acknowledged: list[int] = []
    running = threading.Event()

    def answer() -> None:
        try:
            for position in range(1, 171):
                save(attempt, position, chosen=2)
                acknowledged.append(position)
                if position == 20:
                    running.set()
        finally:
            running.set()
            connection.close()

    writer = threading.Thread(target=answer)
    writer.start()
    running.wait()
    before = len(acknowledged)
    file = taking.take(place, folder=tmp_path, verify=False, now=NOW)
    writer.join()
    put_back(scratch, file)

    query = "SELECT position FROM exams_response WHERE chosen = 2 ORDER BY position"
    held = [position for (position,) in read(scratch.database, query, tmp_path)]
    # One moment: nothing acknowledged before it is missing, and nothing later stands without what came before.
    assert held == list(range(1, len(held) + 1))
    assert before <= len(held)
    entries = read(scratch.database, "SELECT count(*) FROM exams_attemptevent WHERE kind = 'saved'", tmp_path)
    assert entries == [(len(held),)]
    assert Attempt.objects.get().responses.filter(chosen=2).count() == 170


def test_key_that_the_site_made_goes_along_and_any_other_does_not(
    place: Place, scratch: Place, tmp_path: Path, settings: pytest_django.Settings
) -> None:
    place.key_file.parent.mkdir()
    place.key_file.write_text(settings.SECRET_KEY)
    put_back(scratch, taking.take(place, folder=tmp_path / "own", verify=False, now=NOW))
    assert scratch.key_file.read_text() == settings.SECRET_KEY
    assert scratch.key_file.stat().st_mode & 0o777 == 0o600

    place.key_file.write_text("of another time")
    file = taking.take(place, folder=tmp_path / "given", verify=False, now=NOW)
    with archive.opened(file, tmp_path) as (manifest, _):
        assert set(manifest.digests) == {place.database.part}


def test_only_the_newest_are_kept_and_other_files_left_alone(tmp_path: Path) -> None:
    names = [f"ciip-2026110{day}T150000Z.tar" for day in (3, 1, 4, 2)]
    for name in [*names, "ciip-notes.tar", "ciip-20261101T150000Z.tar.gpg"]:
        (tmp_path / name).touch()

    old = taking.prune(tmp_path, keep=2)

    assert [path.name for path in old] == [names[1], names[3]]
    assert {path.name for path in tmp_path.iterdir()} == {
        names[0], names[2], "ciip-notes.tar", "ciip-20261101T150000Z.tar.gpg",
    }  # fmt: skip


def test_command_takes_proves_and_prunes(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: pytest_django.Settings
) -> None:
    folder = tmp_path / "backups"
    old = taking.take(place, folder=folder, verify=False, now=NOW)
    assert timezone.now() > NOW

    call_command("backup", to=folder, keep=1, verify=True)

    assert f"Deleted: {old.name}" in capsys.readouterr().out
    assert len(list(folder.iterdir())) == 1
    with pytest.raises(CommandError, match=r"Nothing was restored\. The database is not empty"):
        call_command("restore", next(folder.iterdir()))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="an embedded installation")
def test_embedded_site_moves_to_another_place(file: Path, root: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TESTING": "true", "VAR_DIR": str(tmp_path / "new")}

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=root, env=environment, check=False, capture_output=True, text=True)

    restored = manage("restore", str(file))
    assert (restored.returncode, restored.stderr) == (0, "")
    assert "It was taken under another SECRET_KEY" in restored.stdout
    assert manage("migrate", "--check").returncode == 0
    again = manage("restore", str(file))
    assert (again.returncode, again.stdout) == (1, "")
    assert "CommandError: Nothing was restored. The database is not empty." in again.stderr


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone")
def test_damage_that_was_backed_up_is_found_before_anything_is_replaced(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "part.gz", "wb") as packed:
        packed.write(b"no database")
    with pytest.raises(BackupProblem, match="not a database"):
        Sqlite(tmp_path / "target").restore(tmp_path / "part.gz")
    assert not (tmp_path / "target").exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL alone")
class TestOnPostgreSQL:
    def test_missing_program_is_named(self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("scripts.programs.Program.find", lambda self: None)
        with pytest.raises(BackupProblem, match=r"pg_dump was not found\. Install PostgreSQL's client programs"):
            taking.take(place, folder=tmp_path, verify=False, now=NOW)

    def test_password_is_in_no_argument(self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[list[str]] = []
        run = subprocess.run

        def watched(command: list[str], **options: object) -> object:
            seen.append(command)
            return run(command, **options)  # type: ignore[call-overload]

        monkeypatch.setattr("ciip_site.backups.postgres.subprocess.run", watched)
        taking.take(place, folder=tmp_path, verify=True, now=NOW)

        password = connection.settings_dict["PASSWORD"]
        assert len(seen) == 3
        assert all(password not in argument for command in seen for argument in command)

    def test_restore_that_fails_midway_leaves_what_was_there(self, place: Place, scratch: Place, file: Path) -> None:
        put_back(scratch, file)
        assert isinstance(scratch.database, Postgres)
        held = scratch.database.contents()
        with scratch.database._connect() as other:
            other.execute("CREATE VIEW mine AS SELECT 1")
            other.execute("CREATE SCHEMA theirs")
            other.commit()
            # Somebody at work: the restore waits for the lock, gives up and has dropped nothing.
            other.execute("SELECT count(*) FROM accounts_user")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("ciip_site.backups.postgres.LOCK_SECONDS", 1)
                with pytest.raises(BackupProblem, match="lock timeout"):
                    put_back(scratch, file, replace=True)
        assert scratch.database.contents() == held


def test_a_backup_tells_the_page_of_health(tmp_path: Path, settings: pytest_django.Settings) -> None:
    settings.BACKUP_MARKER = tmp_path / "elsewhere" / "last-backup"

    call_command("backup", to=tmp_path / "backups", stdout=StringIO())

    assert settings.BACKUP_MARKER.exists()
