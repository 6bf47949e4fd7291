"""The only writer of an appointment: which block it is in, and when that ends.

Blocks are brought up to date when somebody looks, under a lock on the appointment's row; ends are computed from the
end of the block before, so that a closed laptop leads to the same times as an open one.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from exams import attempts, timer
from exams.attempts import NotNow
from exams.models import Appointment, Attempt, Block, Survey

NOT_ACCEPTED = "The agreement was not accepted in time, so the appointment has ended, as it would on exam day."


def before_exam_of(user: User, *, now: datetime) -> Appointment | None:
    """The person's appointment in its tutorial or agreement."""
    waiting = Appointment.objects.filter(user=user, block__in=[Block.TUTORIAL, Block.AGREEMENT]).first()
    if waiting is None:
        return None
    current = up_to_date(user=user, public_id=waiting.public_id, now=now)
    return current if current.block in (Block.TUTORIAL, Block.AGREEMENT) else None


def start(*, user: User, now: datetime) -> Appointment:
    """Begin with the tutorial, or return the appointment that is under way. Raises NotNow while a mock is open."""
    if going := before_exam_of(user, now=now):
        return going
    running = attempts.open_mock_of(user)
    if running and not attempts.close_if_overdue(attempt=running, now=now):
        raise NotNow("A mock exam is open; an appointment can start when it has ended.")
    try:
        with transaction.atomic():
            ends_at = _end(Block.TUTORIAL, user, now)
            return Appointment.objects.create(user=user, started_at=now, block_ends_at=ends_at)
    except IntegrityError:
        if other := before_exam_of(user, now=now):
            return other
        raise


def up_to_date(*, user: User, public_id: uuid.UUID, now: datetime) -> Appointment:
    """The person's appointment in the block that the clock says. Raises Appointment.DoesNotExist."""
    with transaction.atomic():
        return _locked(user=user, public_id=public_id, now=now)


def awaiting_survey(*, attempt: Attempt, now: datetime) -> Appointment | None:
    """The appointment of an ended attempt whose survey comes before its report, while that lasts."""
    appointment = getattr(attempt, "appointment", None)
    if appointment is None or appointment.block == Block.OVER:
        return None
    current = up_to_date(user=attempt.user, public_id=appointment.public_id, now=now)
    return current if current.block == Block.SURVEY else None


def leave_tutorial(*, user: User, public_id: uuid.UUID, now: datetime) -> None:
    with transaction.atomic():
        appointment = _locked(user=user, public_id=public_id, now=now)
        if appointment.block == Block.TUTORIAL:
            _enter(appointment, Block.AGREEMENT, since=now)
            appointment.save()


def decline(*, user: User, public_id: uuid.UUID, now: datetime) -> None:
    """Not accepting, or leaving before the exam, ends the appointment."""
    with transaction.atomic():
        appointment = _locked(user=user, public_id=public_id, now=now)
        if appointment.block in (Block.TUTORIAL, Block.AGREEMENT):
            _enter(appointment, Block.OVER)
            appointment.save()


def accept(*, user: User, public_id: uuid.UUID, now: datetime) -> Attempt:
    """Accept the agreement and start the exam. Raises NotNow outside of the agreement's time.

    The draw of a form is slow and stays outside of the transactions; two clicks at once get the same attempt. A mock
    that was started elsewhere meanwhile goes on, with the clock it has.
    """
    appointment = up_to_date(user=user, public_id=public_id, now=now)
    if appointment.attempt:
        return appointment.attempt
    if appointment.block != Block.AGREEMENT:
        raise NotNow(NOT_ACCEPTED)
    attempt = attempts.start_mock(user=user, now=now)
    with transaction.atomic():
        appointment = Appointment.objects.select_for_update(no_key=True).get(pk=appointment.pk)
        if appointment.attempt_id is None:
            appointment.attempt, appointment.block, appointment.block_ends_at = attempt, Block.EXAM, None
            appointment.save()
    return attempt


def answer_survey(*, user: User, public_id: uuid.UUID, answers: Survey | None, now: datetime) -> None:
    """Keep the answers, if there are any, and end the appointment. Raises NotNow when its time has passed."""
    with transaction.atomic():
        appointment = _locked(user=user, public_id=public_id, now=now)
        if appointment.block != Block.SURVEY:
            raise NotNow("The survey's time has passed; nothing was stored.")
        if answers:
            answers.appointment, answers.at = appointment, now
            answers.save()
        _enter(appointment, Block.OVER)
        appointment.save()


def _locked(*, user: User, public_id: uuid.UUID, now: datetime) -> Appointment:
    """Lock, and go on through every block whose end has passed."""
    appointments = Appointment.objects.select_for_update(no_key=True, of=("self",)).select_related("attempt")
    appointment = appointments.get(user=user, public_id=public_id)
    before = appointment.block
    while _has_ended(appointment, now):
        _go_on(appointment)
    if appointment.block != before:
        appointment.save()
    return appointment


def _has_ended(appointment: Appointment, now: datetime) -> bool:
    if appointment.block == Block.EXAM:
        return appointment.attempt is not None and not appointment.attempt.is_open
    return appointment.block_ends_at is not None and now >= appointment.block_ends_at


def _go_on(appointment: Appointment) -> None:
    attempt = appointment.attempt
    if appointment.block == Block.TUTORIAL:
        _enter(appointment, Block.AGREEMENT, since=appointment.block_ends_at)
    elif appointment.block == Block.EXAM and attempt and attempt.is_finished:
        _enter(appointment, Block.SURVEY, since=attempt.finished_at)
    else:
        _enter(appointment, Block.OVER)


def _enter(appointment: Appointment, block: Block, *, since: datetime | None = None) -> None:
    appointment.block = block
    appointment.block_ends_at = _end(block, appointment.user, since) if since else None


def _end(block: Block, user: User, since: datetime) -> datetime:
    minutes = minutes_of_blocks()[block]
    return timer.deadline(started_at=since, minutes=minutes, extra_time_percent=user.extra_time_percent)


def minutes_of_blocks() -> dict[Block, int]:
    return {
        Block.TUTORIAL: settings.TUTORIAL_MINUTES,
        Block.AGREEMENT: settings.AGREEMENT_MINUTES,
        Block.SURVEY: settings.SURVEY_MINUTES,
    }
