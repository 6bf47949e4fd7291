"""Ledgers of exams long over, moved out of the database into a file, and back when somebody asks.

A ledger is a quarter or more of what an exam leaves in the database, and nothing needs it but the check of a receipt.
The file has one line of JSON for each attempt, with the digest that its receipt has (exams.receipts), and names nobody.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.disk import sync
from exams.models import Attempt, AttemptEvent
from exams.receipts import LEDGER_FIELDS, digest_of, ledger_of


class NoArchive(Exception):
    """The file is not one, is damaged or must not be written; the message says where. Nothing was brought back."""


@dataclass(frozen=True, slots=True)
class Moved:
    attempts: int = 0
    entries: int = 0
    file: Path | None = None


def archive(*, before: datetime, folder: Path, now: datetime) -> Moved:
    """Whole ledgers of attempts that ended before a moment.

    1. Write them to a new file, and that to the disk.
    2. Read it again and compare each line with the database.
    3. Only then delete them there, each ledger by itself, so that nobody waits.
    """
    over = Attempt.objects.ended().filter(finished_at__lt=before, events__isnull=False).order_by("pk").distinct()
    attempts = {str(attempt.public_id): attempt for attempt in over}
    if not attempts:
        return Moved()
    file = folder / f"ledgers-{now:%Y%m%dT%H%M%SZ}.jsonl.gz"
    _write(file, attempts.values())
    entries = 0
    for line in _lines(file):
        if digest_of(line["rows"]) != ledger_of(attempts[line["attempt"]]):
            raise NoArchive(f"{file} does not say what the database does; nothing more was deleted there.")
        entries += AttemptEvent.objects.filter(attempt=attempts[line["attempt"]]).delete()[0]
    return Moved(len(attempts), entries, file)


@transaction.atomic
def bring_back(*, file: Path) -> Moved:
    """All that are still missing of attempts that are still there; all or nothing."""
    attempts = entries = 0
    for line in _lines(file):
        attempt = Attempt.objects.select_for_update().filter(public_id=line["attempt"]).first()
        if attempt is None or attempt.events.exists():
            continue
        if digest_of(line["rows"]) != line["ledger"]:
            raise NoArchive(f"The ledger of {line['attempt']} in {file} is not the one that was archived.")
        AttemptEvent.objects.bulk_create(
            AttemptEvent(attempt=attempt, **dict(zip(LEDGER_FIELDS, row, strict=True))) for row in line["rows"]
        )
        attempts += 1
        entries += len(line["rows"])
    return Moved(attempts, entries, file)


def _write(file: Path, attempts: Any) -> None:
    """Never over another archive: two runs of one second would have the same name."""
    draft = file.with_suffix(".part")
    try:
        draft.touch(exist_ok=False)
    except FileExistsError as error:
        raise NoArchive(f"{draft} is being written by another run; try again when that is done.") from error
    if file.exists():
        draft.unlink()
        raise NoArchive(f"{file} is there already; try again in a second.")
    with draft.open("wb") as raw, gzip.open(raw, "wt", encoding="utf-8") as text:
        for attempt in attempts:
            rows = list(attempt.events.order_by("sequence").values_list(*LEDGER_FIELDS))
            line = {"attempt": str(attempt.public_id), "ledger": digest_of(rows), "rows": rows}
            text.write(json.dumps(line, default=str) + "\n")
    sync(draft)
    draft.rename(file)
    sync(file.parent)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") as text:
            for number, line in enumerate(text, start=1):
                found = json.loads(line)
                if not isinstance(found, dict) or found.keys() != {"attempt", "ledger", "rows"}:
                    raise NoArchive(f"Line {number} of {file} is no ledger.")
                yield found
    except (OSError, EOFError, ValueError) as error:
        raise NoArchive(f"{file} cannot be read as an archive of ledgers: {error}") from error
