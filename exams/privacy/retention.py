"""What the site lets go of by itself, as its operator has set; safe to run at any time, by several at once."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import DateTimeField, Max, QuerySet
from django.db.models.functions import Coalesce, Greatest

from accounts import mailing
from accounts.models import MailKind, SentMail, User
from exams.models import Attempt, AttemptEvent
from exams.privacy import erasing, exports

logger = logging.getLogger(__name__)

MONTH = timedelta(days=30)
# From the warning to the deletion.
NOTICE = timedelta(days=30)
# Longer than any period that a mail is sent for once.
SENT_MAIL_AGE = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Retained:
    """What one run let go of."""

    ledger_entries: int
    files: int
    warned: int
    erased: int


def retain(*, now: datetime) -> Retained:
    Session.objects.filter(expire_date__lt=now).delete()
    SentMail.objects.filter(at__lt=now - SENT_MAIL_AGE).delete()
    ledger_entries, files = _ledger(now), exports.sweep(now=now)
    warned, erased = _inactive(now)
    return Retained(ledger_entries, files, warned, erased)


def _ledger(now: datetime) -> int:
    """Whole ledgers only, of exams long over: of half a ledger nobody could tell what is missing."""
    if not settings.RETAIN_LEDGER_DAYS:
        return 0
    over = Attempt.objects.ended().filter(finished_at__lt=now - timedelta(days=settings.RETAIN_LEDGER_DAYS))
    old = list(over.filter(events__isnull=False).distinct().values_list("pk", flat=True))
    return sum(AttemptEvent.objects.filter(attempt=pk).delete()[0] for pk in old)


def _inactive(now: datetime) -> tuple[int, int]:
    """Warn who has not been here for long, and erase who has not come since the warning."""
    if not settings.RETAIN_INACTIVE_MONTHS:
        return 0, 0
    warned = erased = 0
    people = _unused_since(now - settings.RETAIN_INACTIVE_MONTHS * MONTH)
    for user in people.order_by("pk"):
        last_seen_at: datetime = user.last_seen_at  # type: ignore[attr-defined]  # annotated
        period = f"{last_seen_at:%Y-%m-%d}"
        warning = SentMail.objects.filter(user=user, kind=MailKind.ACCOUNT_ENDS, period=period).first()
        if warning is None:
            warned += _warn(user, last_seen_at, period, now)
        # Asked again: the mails before may have taken minutes.
        elif warning.at <= now - NOTICE and people.filter(pk=user.pk).exists():
            erased += _erase(user, now)
    return warned, erased


def _erase(user: User, now: datetime) -> bool:
    """One that cannot be erased must not keep all others from it; the next run tries again."""
    try:
        erasing.erase(user=user, now=now)
    except (DatabaseError, ArithmeticError, LookupError, ValueError):
        logger.exception("The person %s could not be erased.", user.pk)
        return False
    return True


def _unused_since(moment: datetime) -> QuerySet[User]:
    """Nobody who may enter the admin: whoever runs the site decides about those."""
    latest = Greatest(
        Coalesce("last_login", "date_joined"),
        Coalesce(Max("attempts__started_at"), "date_joined"),
        Coalesce(Max("practice_sessions__started_at"), "date_joined"),
        output_field=DateTimeField(),
    )
    people = User.objects.filter(is_staff=False, is_superuser=False, groups=None, date_joined__lt=moment)
    return people.annotate(last_seen_at=latest).filter(last_seen_at__lt=moment)


def _warn(user: User, last_seen_at: datetime, period: str, now: datetime) -> bool:
    context = {"user": user, "last_seen_at": last_seen_at, "ends_at": now + NOTICE}
    try:
        return mailing.send(
            kind=MailKind.ACCOUNT_ENDS,
            address=user.email,
            user=user,
            subject="Your account is about to be deleted",
            template="mail/account_ends.txt",
            context=context,
            period=period,
            now=now,
        )
    # What smtplib raises is one of these; the next run tries again.
    except OSError:
        logger.warning("The warning to person %s could not be sent.", user.pk, exc_info=True)
        return False
