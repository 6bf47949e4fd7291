"""A person's own credential record: reading it with the rules, and writing it. The person's row is the mutex."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models, transaction

from accounts.models import User
from exams.credential import attempt_window, maintenance, rules
from exams.credential.attempt_window import Sitting, Standing
from exams.credential.maintenance import Earned, Upkeep
from exams.models import CredentialRecord, CreditEntry, Duty, ExamResult, RealAttempt

# More than anybody has; a list that never ends is nobody's record.
MOST_ATTEMPTS, MOST_ENTRIES, MOST_DUTIES = 20, 500, 50


class NotPossible(Exception):
    """What was asked contradicts the record; the message says why and what to do, and nothing changed."""


@dataclass(frozen=True)
class AttemptBook:
    """The person's exam dates, oldest first, and where they leave them."""

    attempts: list[RealAttempt]
    began_on: date | None
    standing: Standing


@dataclass(frozen=True)
class UpkeepBook:
    """The person's credits and checklist; `upkeep` is None before an exam is passed."""

    upkeep: Upkeep | None
    entries: list[CreditEntry]
    duties: list[Duty]
    renewed_through: int | None


def attempt_book(*, user: User, today: date) -> AttemptBook:
    attempts, record = list(RealAttempt.objects.filter(user=user)), _record(user)
    sittings = [Sitting(attempt.on, attempt.result) for attempt in attempts]
    standing = attempt_window.standing(sittings, began_on=record.window_began_on, today=today, rules=rules.attempts())
    return AttemptBook(attempts, record.window_began_on, standing)


def upkeep_book(*, user: User, today: date) -> UpkeepBook:
    entries, record, passed_on = list(CreditEntry.objects.filter(user=user)), _record(user), passed_on_of(user)
    upkeep = None
    if passed_on:
        upkeep = maintenance.upkeep(
            [Earned(entry.on, entry.credits) for entry in entries],
            passed_on=passed_on,
            renewed_through=record.renewed_through,
            today=today,
            rules=rules.maintenance(),
        )
    return UpkeepBook(upkeep, entries, list(Duty.objects.filter(user=user)), record.renewed_through)


def passed_on_of(user: User) -> date | None:
    """The day of the latest exam passed."""
    passed = RealAttempt.objects.filter(user=user, result=ExamResult.PASSED).order_by("-on")
    return passed.values_list("on", flat=True).first()


@transaction.atomic
def add_attempt(*, user: User, on: date, result: str) -> None:
    """Raises NotPossible for a second exam on one day or a second one that is planned."""
    _lock(user)
    own = RealAttempt.objects.filter(user=user)
    if own.filter(on=on).exists():
        raise NotPossible("This day is in your list already. Remove it there first if it was wrong.")
    if result == ExamResult.PLANNED and own.filter(result=ExamResult.PLANNED).exists():
        raise NotPossible("One exam is planned already. Say how it went, or remove it, before you plan another.")
    _refuse_full(own, MOST_ATTEMPTS)
    RealAttempt.objects.create(user=user, on=on, result=result)


@transaction.atomic
def tell_result(*, user: User, pk: int, result: str, today: date) -> bool:
    """Say how a planned exam went; False where the person has no such one. Raises NotPossible before its day."""
    _lock(user)
    attempt = RealAttempt.objects.filter(user=user, pk=pk, result=ExamResult.PLANNED).first()
    if attempt is None:
        return False
    if attempt.on > today:
        raise NotPossible("This exam is still to come. Say how it went on its day or afterwards.")
    attempt.result = result
    attempt.save(update_fields=["result"])
    return True


def begin_window(*, user: User, on: date | None) -> None:
    CredentialRecord.objects.update_or_create(user=user, defaults={"window_began_on": on})


@transaction.atomic
def add_credits(*, user: User, on: date, title: str, credits: Decimal) -> None:  # noqa: A002  their name
    _lock(user)
    _refuse_full(CreditEntry.objects.filter(user=user), MOST_ENTRIES)
    CreditEntry.objects.create(user=user, on=on, title=title, credits=credits)


def renew(*, user: User, through: int | None) -> None:
    CredentialRecord.objects.update_or_create(user=user, defaults={"renewed_through": through})


@transaction.atomic
def add_duties(*, user: User, texts: Iterable[str]) -> None:
    """Lines that are there already stay as they are."""
    _lock(user)
    for text in texts:
        own = Duty.objects.filter(user=user)
        if not own.filter(text=text).exists():
            _refuse_full(own, MOST_DUTIES)
            Duty.objects.create(user=user, text=text)


def tick(*, user: User, pk: int, done_on: date | None) -> bool:
    """Done on a day, or not done; False where the person has no such line."""
    return bool(Duty.objects.filter(user=user, pk=pk).update(done_on=done_on))


def delete(model: type[RealAttempt | CreditEntry | Duty], *, user: User, pk: int) -> bool:
    """Remove one of the person's own; False where they have no such one."""
    count, _ = model._default_manager.filter(user=user, pk=pk).delete()
    return bool(count)


def _record(user: User) -> CredentialRecord:
    return CredentialRecord.objects.filter(user=user).first() or CredentialRecord(user=user)


def _refuse_full(own: models.QuerySet[Any], most: int) -> None:
    if own.count() >= most:
        raise NotPossible(f"This list holds {most} lines and is full. Remove one that you no longer need.")


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
