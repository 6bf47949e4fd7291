"""Who did what by virtue of a right. Call `record` within the transaction of the deed: both stand or neither does."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import AuditEntry, User, Verb


def record(
    *, verb: Verb, by: User | None, target: str, subject: User | None = None, detail: dict[str, Any] | None = None
) -> None:
    """`by` is None for the command line; `subject` is whom the deed concerns.

    Neither target nor detail may hold a token, an answer or anybody's name or address: they outlive the account.
    """
    AuditEntry.objects.create(verb=verb, actor=by, target=target, subject=subject, detail=detail or {})


def record_results_viewed(*, by: User, attempts: Iterable[tuple[User, str]], now: datetime) -> None:
    """That results were seen, each given by its person and its attempt's public id: once for each viewer and day."""
    AuditEntry.objects.bulk_create(
        (
            AuditEntry(verb=Verb.RESULT_VIEWED, actor=by, target=f"attempt {public_id}", subject=person, day=now.date())
            for person, public_id in attempts
        ),
        ignore_conflicts=True,
    )
