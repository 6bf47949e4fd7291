"""Ledgers leave the database only when a file surely has them, and come back as they were."""

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from exams import attempts, ledger_archive, receipts, scoring
from exams.models import Attempt, AttemptEvent
from exams.privacy import erasing
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=400)


@pytest.fixture
def finished() -> Attempt:
    """Alice's; bob still sits."""
    make_bank()
    publish_form_a()
    alice = make_user("alice")
    attempt = start(alice)
    answer_all(attempt, right=5)
    # Finer than a millisecond, as clocks are.
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=30, microseconds=1234567))
    start(make_user("bob"))
    attempt.refresh_from_db()
    return attempt


def archive(folder: Path, *, before: datetime = LATER) -> ledger_archive.Moved:
    return ledger_archive.archive(before=before, folder=folder, now=LATER)


def test_ledger_goes_and_comes_back_as_it_was(finished: Attempt, tmp_path: Path) -> None:
    receipt = json.dumps(receipts.signed(finished))
    before = list(finished.events.order_by("sequence").values_list(*receipts.LEDGER_FIELDS))

    moved = archive(tmp_path)

    assert moved.file
    assert (moved.attempts, moved.entries) == (1, len(before))
    assert list(AttemptEvent.objects.values_list("attempt__user__email", flat=True)) == ["bob@example.org"]
    assert receipts.verify(receipt).still_holds is None

    assert ledger_archive.bring_back(file=moved.file).entries == len(before)
    assert list(finished.events.order_by("sequence").values_list(*receipts.LEDGER_FIELDS)) == before
    assert receipts.verify(receipt).still_holds is True
    assert ledger_archive.bring_back(file=moved.file).entries == 0


def test_score_is_the_same_without_the_ledger(finished: Attempt, tmp_path: Path) -> None:
    before = scoring.compute(finished)
    archive(tmp_path)

    assert scoring.compute(finished) == before


def test_receipt_made_while_the_ledger_was_away_accuses_nobody(finished: Attempt, tmp_path: Path) -> None:
    moved = archive(tmp_path)
    receipt = json.dumps(receipts.signed(finished))
    assert moved.file
    ledger_archive.bring_back(file=moved.file)

    verdict = receipts.verify(receipt)

    assert (verdict.is_ours, verdict.still_holds) == (True, None)


def test_second_archive_of_the_same_second_keeps_the_first(finished: Attempt, tmp_path: Path) -> None:
    first = archive(tmp_path).file
    assert first
    kept = first.read_bytes()
    bob = Attempt.objects.get(user__email="bob@example.org")
    attempts.submit(user=bob.user, public_id=bob.public_id, now=NOW + timedelta(hours=1))

    with pytest.raises(ledger_archive.NoArchive, match="is there already"):
        archive(tmp_path)

    assert first.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [first]
    assert bob.events.exists()


def test_archive_that_is_being_written_is_left_to_whoever_writes_it(finished: Attempt, tmp_path: Path) -> None:
    file = archive(tmp_path).file
    assert file
    ledger_archive.bring_back(file=file)
    draft = file.rename(file.with_suffix(".part"))

    with pytest.raises(ledger_archive.NoArchive, match="is being written"):
        archive(tmp_path)

    assert list(tmp_path.iterdir()) == [draft]
    assert finished.events.exists()


def test_what_ended_later_stays(finished: Attempt, tmp_path: Path) -> None:
    assert finished.finished_at
    assert archive(tmp_path, before=finished.finished_at) == ledger_archive.Moved()
    assert list(tmp_path.iterdir()) == []
    assert finished.events.exists()


def test_nothing_is_deleted_that_the_file_has_not(
    finished: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk loses the end of the file."""

    def half(file: Path, found: object) -> None:
        write(file, found)
        file.write_bytes(file.read_bytes()[:-40])

    write = ledger_archive._write
    monkeypatch.setattr(ledger_archive, "_write", half)
    count = finished.events.count()

    with pytest.raises(ledger_archive.NoArchive, match="cannot be read"):
        archive(tmp_path)

    assert finished.events.count() == count


def test_altered_archive_brings_nothing_back(finished: Attempt, tmp_path: Path) -> None:
    file = archive(tmp_path).file
    assert file
    line = json.loads(gzip.decompress(file.read_bytes()))
    line["rows"][3][7] = 4 if line["rows"][3][7] != 4 else 1
    file.write_bytes(gzip.compress(json.dumps(line).encode()))

    with pytest.raises(ledger_archive.NoArchive, match="is not the one that was archived"):
        ledger_archive.bring_back(file=file)

    assert not finished.events.exists()


@pytest.mark.parametrize(
    "content",
    [b"not gzip", gzip.compress(b"{}\n"), gzip.compress(b"[1]\n"), b"\x1f\x8b\x08"],
    ids=["text", "other JSON", "a list", "cut short"],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.gz"
    file.write_bytes(content)

    with pytest.raises(ledger_archive.NoArchive):
        ledger_archive.bring_back(file=file)


def test_archive_names_nobody_and_an_erased_person_does_not_come_back(finished: Attempt, tmp_path: Path) -> None:
    file = archive(tmp_path).file
    assert file
    assert "alice" not in gzip.decompress(file.read_bytes()).decode().lower()

    erasing.erase(user=User.objects.get(email="alice@example.org"), now=LATER)

    assert ledger_archive.bring_back(file=file).attempts == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--before", "yesterday"], "write it as 2026-01-31"),
        (["--before", "2026-02-31"], "write it as 2026-01-31"),
        (["--before", "2026-01-01", "--to", "/no/such/folder"], "make it first"),
        (["--back", "/no/such/file"], "cannot be read"),
    ],
)
def test_command_says_what_is_wrong(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("archive_ledgers", *arguments)


def test_command_moves_there_and_back(finished: Attempt, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("archive_ledgers", "--before", "2099-01-01", "--to", str(tmp_path))
    assert f"of 1 exams are in {tmp_path}" in capsys.readouterr().out
    call_command("archive_ledgers", "--before", "2099-01-01", "--to", str(tmp_path))
    assert "No ledger of an exam" in capsys.readouterr().out
    call_command("archive_ledgers", "--back", str(next(tmp_path.iterdir())))
    assert "of 1 exams are back" in capsys.readouterr().out
    assert finished.events.exists()
