"""What an ended attempt can prove: a receipt that names every answer as the server received it, signed by this site.

The signature is Django's keyed HMAC over the canonical JSON. The ledger itself goes in as a digest, so that the receipt
also proves entries that it does not print.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.signing import Signer

from exams.models import Attempt, EventKind, Response
from questions.samples import LETTERS

SALT = "exams.receipts"
FORMAT = 1
LEDGER_FIELDS = ("sequence", "kind", "at", "position", "op_id", "revision", "chosen", "flagged", "struck", "late_ms")


@dataclass(frozen=True, slots=True)
class Counts:
    """The line that ends an exam: shown, answered, last saved."""

    shown: int
    answered: int
    last_saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_ours`: signed here and unaltered. `still_holds`: the ledger stored today gives the same digest, None when
    it is no longer stored, or was not when the receipt was made."""

    is_ours: bool
    still_holds: bool | None = None
    receipt: Mapping[str, Any] | None = None


class NoReceipt(Exception):
    """What was handed in is not a receipt; the message says what was expected."""


def counts_of(attempt: Attempt) -> Counts:
    rows = list(Response.objects.filter(attempt=attempt).values_list("first_seen_at", "revision", "chosen"))
    saved = attempt.events.filter(kind=EventKind.SAVED)
    return Counts(
        shown=sum(first_seen_at is not None or revision > 0 for first_seen_at, revision, _ in rows),
        answered=sum(chosen is not None for _, _, chosen in rows),
        last_saved_at=saved.order_by("-sequence").values_list("at", flat=True).first(),
    )


def signed(attempt: Attempt) -> dict[str, Any]:
    """The receipt of an attempt that has ended, as plain JSON values."""
    counts = counts_of(attempt)
    receipt = {
        "format": FORMAT,
        "attempt": str(attempt.public_id),
        "form": attempt.exam_form.title,
        "started_at": attempt.started_at.isoformat(),
        "deadline_at": attempt.deadline_at.isoformat(),
        "finished_at": attempt.finished_at.isoformat() if attempt.finished_at else None,
        "ending": attempt.ending,
        "shown": counts.shown,
        "answered": counts.answered,
        "last_saved_at": counts.last_saved_at.isoformat() if counts.last_saved_at else None,
        "answers": [_answer(response) for response in Response.objects.filter(attempt=attempt, revision__gt=0)],
        "ledger": ledger_of(attempt),
    }
    return {"receipt": receipt, "signature": _signature(receipt)}


def verify(text: str) -> Verdict:
    """Check a receipt as it was downloaded. Raises NoReceipt for anything else."""
    try:
        document = json.loads(text)
        receipt, signature = document["receipt"], document["signature"]
        public_id, ledger = receipt["attempt"], receipt["ledger"]
        is_ours = isinstance(signature, str) and hmac.compare_digest(signature.encode(), _signature(receipt).encode())
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NoReceipt("This is not a receipt: hand in the whole file as it was downloaded.") from error
    if not is_ours:
        return Verdict(is_ours=False)
    attempt = Attempt.objects.filter(public_id=public_id).first()
    # An ended attempt has at least two entries; none were signed while the ledger was in an archive.
    if attempt is None or not ledger["entries"] or not attempt.events.exists():
        return Verdict(is_ours=True, receipt=receipt)
    return Verdict(is_ours=True, still_holds=ledger_of(attempt) == ledger, receipt=receipt)


def ledger_of(attempt: Attempt) -> dict[str, Any]:
    """Number of entries, and SHA-256 over one line of JSON for each."""
    return digest_of(attempt.events.order_by("sequence").values_list(*LEDGER_FIELDS))


def digest_of(rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """The same of rows of LEDGER_FIELDS, wherever they are kept."""
    digest, entries = hashlib.sha256(), 0
    for row in rows:
        digest.update(_canonical([value if isinstance(value, int | None) else str(value) for value in row]) + b"\n")
        entries += 1
    return {"entries": entries, "sha256": digest.hexdigest()}


def _answer(response: Response) -> dict[str, Any]:
    return {
        "item": response.position,
        "chosen": LETTERS[response.chosen - 1] if response.chosen else None,
        "flagged": response.flagged,
        "revision": response.revision,
        "answered_at": response.answered_at.isoformat() if response.answered_at else None,
    }


def _signature(receipt: Mapping[str, Any]) -> str:
    return Signer(salt=SALT).signature(_canonical(receipt).decode())


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
