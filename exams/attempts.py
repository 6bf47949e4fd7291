"""The only writer of an attempt: start, save, submit, abandon, close.

The attempt row is the mutex. Whatever changes an attempt or its responses takes `select_for_update` on the
row first, in one short transaction: without the lock a save that has read "open" could commit after the scorer
has summed. SQLite has no row locks; its IMMEDIATE transactions do the same job.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet, Subquery

from accounts import audit
from accounts.models import User, Verb
from exams import exam_forms, pools, timer
from exams.assembly import draw
from exams.item_state import ItemState, Operation
from exams.models import (
    Attempt,
    AttemptEvent,
    AttemptStatus,
    Ending,
    EventKind,
    ExamForm,
    Extension,
    Mode,
    Response,
)
from exams.saving_postgres import save_usual

MOST_LATE_MS = 2**31 - 1
# A change every half second through seven hours: nobody at work comes near, and no script fills the disk.
MOST_ENTRIES = 50_000


@dataclass(frozen=True)
class Saved:
    """The save is stored: an acknowledgement the page may rely on. `sequence` is its entry's, None for a retry."""

    response: Response
    sequence: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Stale:
    """Nothing was written: the item has moved on since the page last knew it."""

    response: Response


@dataclass(frozen=True)
class Closed:
    """Nothing was written: the attempt has ended."""

    attempt: Attempt


@dataclass(frozen=True)
class OnBreak:
    """Nothing was written: the clock stands still, and so do the answers."""

    attempt: Attempt


Outcome = Saved | Stale | Closed | OnBreak


class NotNow(Exception):
    """The attempt's state does not allow this; the message says why, in words for people."""


class LedgerFull(Exception):
    """More was saved in this exam than any person can; nothing was written."""


class NoSuchPlace(Exception):
    """The form has no such item, or the item no such option."""


def open_mock_of(user: User) -> Attempt | None:
    return Attempt.objects.of(user).open().filter(mode=Mode.MOCK).select_related("exam_form").first()


def start_mock(*, user: User, now: datetime, exam_form: ExamForm | None = None) -> Attempt:
    """Start the person's next mock, or return the one that is open.

    1. An open mock that is not overdue is returned as it is; an overdue one is closed first.
    2. `exam_form`, a published one, or else the next of those not yet sat is served, else a personal form is drawn.
    3. Of two simultaneous starts the database admits one (attempt_one_open_mock_per_user); the other gets it.
    """
    running = open_mock_of(user)
    if running and not close_if_overdue(attempt=running, now=now):
        return running
    try:
        if exam_form := exam_form or exam_forms.next_published(user):
            return _open_published(user=user, exam_form=exam_form, now=now)
        return _open_personal(user=user, now=now)
    except IntegrityError:
        if other := open_mock_of(user):
            return other
        raise


@transaction.atomic
def _open_published(*, user: User, exam_form: ExamForm, now: datetime) -> Attempt:
    return _open(user=user, exam_form=exam_form, now=now)


def _open_personal(*, user: User, now: datetime) -> Attempt:
    """The draw reads and computes before the transaction, so that nothing slow happens inside."""
    loaded = pools.load_for(user)
    drawn = draw(loaded.pool, exam_forms.new_seed())
    with transaction.atomic():
        exam_form = exam_forms.store(loaded=loaded, drawn=drawn, drawn_for=user, now=now)
        return _open(user=user, exam_form=exam_form, now=now)


def _open(*, user: User, exam_form: ExamForm, now: datetime) -> Attempt:
    deadline_at = timer.deadline(
        started_at=now, minutes=exam_form.outline.minutes, extra_time_percent=user.extra_time_percent
    )
    attempt = Attempt.objects.create(
        user=user,
        exam_form=exam_form,
        started_at=now,
        granted_deadline_at=deadline_at,
        deadline_at=deadline_at,
        extra_time_percent=user.extra_time_percent,
        break_seconds=user.break_minutes * 60,
    )
    Response.objects.lay_out(attempt)
    AttemptEvent.objects.create(attempt=attempt, sequence=1, kind=EventKind.STARTED, at=now)
    return attempt


def save(
    *,
    user: User,
    public_id: uuid.UUID,
    position: int,
    base: int,
    op_id: uuid.UUID,
    state: ItemState,
    now: datetime,
) -> Outcome:
    """Store one item's state by compare-and-set.

    1. Lock the attempt.
    2. The same `op_id` as the last stored, with the state that it stored, is a retry whose acknowledgement was
       lost: acknowledge again, even after the end. With another state it is none: nothing of that is stored.
    3. An attempt that has ended, or whose deadline and grace have passed, refuses, and so does one on a break.
    4. `base` other than the stored revision is stale: the answer carries what is stored.
    5. Store, revision + 1, and append to the ledger.

    On PostgreSQL the usual case is one statement that does the same (exams.saving_postgres).
    Raises Attempt.DoesNotExist for a stranger, NoSuchPlace for an item or option that is not on the form, and
    LedgerFull beyond MOST_ENTRIES.
    """
    operation = Operation(user, public_id, position, base, op_id, state, now)
    if connection.vendor == "postgresql" and (stored := save_usual(operation, most=MOST_ENTRIES)):
        return Saved(*stored)
    with transaction.atomic():
        return _save(operation)


def _save(operation: Operation) -> Outcome:
    attempt = _locked(user=operation.user, public_id=operation.public_id)
    responses = Response.objects.filter(attempt=attempt, position=operation.position).select_related("form_item")
    # Read together, under the lock: one statement less than asking the ledger alone.
    response = responses.annotate(last_sequence=Subquery(_sequences(attempt)[:1])).first()
    if response is None or operation.state.last_place > len(response.form_item.option_order):
        raise NoSuchPlace
    response.attempt = attempt
    said = operation.state.said
    if response.last_op_id == operation.op_id and all(getattr(response, name) == said[name] for name in said):
        return Saved(response)
    if not attempt.is_open or operation.now >= attempt.closes_at:
        return Closed(attempt)
    if attempt.is_on_break(operation.now):
        return OnBreak(attempt)
    if response.revision != operation.base:
        return Stale(response)
    if response.last_sequence >= MOST_ENTRIES:
        raise LedgerFull
    sequence = response.last_sequence + 1
    _store(operation, response, sequence=sequence)
    return Saved(response, sequence)


def _store(operation: Operation, response: Response, *, sequence: int) -> None:
    said = operation.state.said
    if operation.state.chosen != response.chosen:
        response.answered_at = operation.now
    for name, value in said.items():
        setattr(response, name, value)
    response.revision += 1
    response.last_op_id = operation.op_id
    response.save(update_fields=["answered_at", *said, "revision", "last_op_id"])
    AttemptEvent.objects.create(
        attempt=response.attempt,
        sequence=sequence,
        kind=EventKind.SAVED,
        at=operation.now,
        position=response.position,
        op_id=operation.op_id,
        revision=response.revision,
        chosen=response.chosen,
        flagged=response.flagged,
        struck=response.struck,
        late_ms=_late_ms(response.attempt, operation.now),
    )


def _sequences(attempt: Attempt) -> QuerySet[AttemptEvent, int]:
    return AttemptEvent.objects.filter(attempt=attempt).order_by("-sequence").values_list("sequence", flat=True)


def _record(attempt: Attempt, kind: EventKind, *, now: datetime, late_ms: int = 0) -> None:
    """Append to the ledger; the attempt is locked or was created just now."""
    last = _sequences(attempt).first() or 0
    AttemptEvent.objects.create(attempt=attempt, sequence=last + 1, kind=kind, at=now, late_ms=late_ms)


def record_resumed(*, attempt: Attempt, now: datetime) -> None:
    """The room was opened again: a reload, another device, the next morning."""
    with transaction.atomic():
        locked = _locked(user=attempt.user, public_id=attempt.public_id)
        if locked.is_open and (_sequences(locked).first() or 0) < MOST_ENTRIES:
            _record(locked, EventKind.RESUMED, now=now)


def submit(*, user: User, public_id: uuid.UUID, now: datetime) -> Attempt:
    """End the exam on the candidate's word; a second submit, or one after the end, changes nothing."""
    return _end_on_request(user=user, public_id=public_id, wish=Ending.SUBMITTED, now=now)


def abandon(*, user: User, public_id: uuid.UUID, now: datetime) -> Attempt:
    """Give the mock up: it is kept unscored and its items count as seen. After the end this changes nothing."""
    return _end_on_request(user=user, public_id=public_id, wish=Ending.ABANDONED, now=now)


def _end_on_request(*, user: User, public_id: uuid.UUID, wish: Ending, now: datetime) -> Attempt:
    """What the candidate asks for, unless time had ended the attempt already."""
    with transaction.atomic():
        attempt = _locked(user=user, public_id=public_id)
        if attempt.is_open:
            _end(attempt, ending=Ending.TIME_UP if attempt.is_overdue(now) else wish, now=now)
        return attempt


def close_if_overdue(*, attempt: Attempt, now: datetime) -> bool:
    """Close an attempt whose deadline and grace have passed; says whether the attempt is over.

    `attempt` is brought up to date. The check is repeated under the lock, because the deadline may have been extended.
    """
    if attempt.is_overdue(now):
        with transaction.atomic():
            locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
            if locked.is_overdue(now):
                _end(locked, ending=Ending.TIME_UP, now=now)
        attempt.status, attempt.ending = locked.status, locked.ending
        attempt.deadline_at, attempt.finished_at = locked.deadline_at, locked.finished_at
    return not attempt.is_open


def _locked(*, user: User, public_id: uuid.UUID) -> Attempt:
    return Attempt.objects.select_for_update(no_key=True).get(user=user, public_id=public_id)


def _late_ms(attempt: Attempt, now: datetime) -> int:
    """How long after the deadline, as far as the column goes: an attempt may be found months later.

    Whole milliseconds that have passed, for the statement of exams.saving_postgres would round halves otherwise.
    """
    return max(0, min(MOST_LATE_MS, (now - attempt.deadline_at) // timedelta(milliseconds=1)))


def _end(attempt: Attempt, *, ending: Ending, now: datetime) -> None:
    """Set the end; `finished_at` is never after the deadline, however late the closing happens."""
    attempt.status = AttemptStatus.ABANDONED if ending == Ending.ABANDONED else AttemptStatus.FINISHED
    attempt.ending = ending
    attempt.finished_at = min(now, attempt.deadline_at)
    attempt.save(update_fields=["status", "ending", "finished_at"])
    _record(attempt, EventKind(ending.value), now=now, late_ms=_late_ms(attempt, now))


def extend(*, public_id: uuid.UUID, seconds: int, reason: str, by: User, now: datetime) -> Attempt:
    """Grant a running attempt more time. Raises NotNow once it has ended, and ValueError for no time or no reason."""
    if seconds <= 0 or not reason.strip():
        raise ValueError("An extension needs some time and a reason.")
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update(no_key=True, of=("self",)).get(public_id=public_id)
        if not attempt.is_open or attempt.is_overdue(now):
            raise NotNow("The exam has ended; its time cannot be changed any more.")
        attempt.deadline_at += timedelta(seconds=seconds)
        _extended(attempt, seconds=seconds, reason=reason.strip(), by=by, now=now)
        audit.record(
            verb=Verb.TIME_EXTENDED,
            by=by,
            target=f"attempt {attempt.public_id}",
            subject=attempt.user,
            detail={"seconds": seconds},
        )
        return attempt


def apply_extra_time(*, attempt: Attempt, user: User, now: datetime) -> None:
    """Bring a running attempt up to the extra time the person has by now; less than was granted changes nothing.

    `attempt` is brought up to date.
    """
    if user.extra_time_percent <= attempt.extra_time_percent or not attempt.is_open:
        return
    with transaction.atomic():
        locked = _locked(user=user, public_id=attempt.public_id)
        if locked.is_open and not locked.is_overdue(now) and user.extra_time_percent > locked.extra_time_percent:
            granted = timer.with_other_extra_time(
                locked.granted_deadline_at - locked.started_at, locked.extra_time_percent, user.extra_time_percent
            )
            more = locked.started_at + granted - locked.granted_deadline_at
            locked.granted_deadline_at += more
            locked.deadline_at += more
            locked.extra_time_percent = user.extra_time_percent
            reason = f"Extra time of {user.extra_time_percent} percent."
            _extended(locked, seconds=round(more.total_seconds()), reason=reason, by=None, now=now)
    attempt.refresh_from_db(fields=["granted_deadline_at", "deadline_at", "extra_time_percent"])


def _extended(attempt: Attempt, *, seconds: int, reason: str, by: User | None, now: datetime) -> None:
    attempt.save(update_fields=["granted_deadline_at", "deadline_at", "extra_time_percent"])
    Extension.objects.create(attempt=attempt, seconds=seconds, reason=reason, by=by, at=now)
    _record(attempt, EventKind.EXTENDED, now=now)


def begin_break(*, user: User, public_id: uuid.UUID, now: datetime) -> Attempt:
    """Stop the clock for as long as breaks were granted; a break that runs goes on. Raises NotNow.

    The deadline moves by the whole of the break at once and back by what is left of it at the end. Deadline and
    sweep then need to know nothing of breaks, and a laptop that stays closed costs the rest of the break alone.
    """
    with transaction.atomic():
        attempt = _locked(user=user, public_id=public_id)
        if attempt.is_on_break(now):
            return attempt
        if not attempt.is_open or now >= attempt.deadline_at:
            raise NotNow("The exam has ended.")
        if not attempt.break_seconds:
            raise NotNow("No break is left.")
        length = timedelta(seconds=attempt.break_seconds)
        attempt.deadline_at += length
        attempt.break_ends_at = now + length
        attempt.break_seconds = 0
        attempt.save(update_fields=["deadline_at", "break_ends_at", "break_seconds"])
        _record(attempt, EventKind.BREAK_BEGUN, now=now)
        return attempt


def end_break(*, user: User, public_id: uuid.UUID, now: datetime) -> Attempt:
    """Go on; what is left of the break, in whole seconds, is kept. Without a running break this changes nothing."""
    with transaction.atomic():
        attempt = _locked(user=user, public_id=public_id)
        if attempt.is_on_break(now) and attempt.break_ends_at:
            left = timedelta(seconds=int((attempt.break_ends_at - now).total_seconds()))
            attempt.deadline_at -= left
            attempt.break_ends_at = None
            attempt.break_seconds = round(left.total_seconds())
            attempt.save(update_fields=["deadline_at", "break_ends_at", "break_seconds"])
            _record(attempt, EventKind.BREAK_OVER, now=now)
        return attempt
