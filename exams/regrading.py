"""Mending a wrong key: a later version holds the right one, and every finished attempt is scored anew.

The regrade takes effect with its row: whatever is scored afterwards uses the mended key. Older scores follow one by
one, each in a transaction of its own, so that a long run can stop and go on; the sweep finishes what was left.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from accounts import audit
from accounts.models import User, Verb
from exams import answer_counts, keys, scoring
from exams.models import Attempt, FormItem, Regrade, RegradedScore, Score
from questions.models import Item, ItemVersion

logger = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=10)


class NotAllowed(Exception):
    """The regrade is refused; the message says why."""


def candidates(item: Item) -> list[tuple[ItemVersion, int]]:
    """Versions of an item that the published one would mend, each with the number of finished attempts it was in."""
    mended = item.published_version
    if mended is None:
        return []
    older = item.versions.filter(number__lt=mended.number).prefetch_related("options").order_by("number")
    served = [version for version in older if not _against(version, mended)]
    return [
        (version, Attempt.objects.finished().filter(exam_form__form_items__version=version).count())
        for version in served
    ]


def start(*, version: ItemVersion, mended: ItemVersion, by: User, reason: str, now: datetime) -> Regrade:
    """Make the mended key count; `apply` brings the scores along.

    Raises NotAllowed and, without a reason, ValueError.
    """
    if not reason.strip():
        raise ValueError("A regrade needs a reason.")
    if why := _against(version, mended):
        raise NotAllowed(why)
    try:
        with transaction.atomic():
            made = Regrade.objects.create(version=version, mended=mended, by=by, reason=reason.strip(), at=now)
            audit.record(
                verb=Verb.REGRADED,
                by=by,
                target=f"item {version.item.code}",
                detail={"version": version.number, "mended": mended.number},
            )
            return made
    except IntegrityError as error:
        raise NotAllowed("This regrade was made already.") from error


def _against(version: ItemVersion, mended: ItemVersion) -> str:
    if version.item_id != mended.item_id or mended.number <= version.number:
        return "Only a later version of the same item can mend a key."
    if not Item.objects.filter(published_version=mended.pk).exists():
        return "The mending version has to be published first; that takes a second pair of eyes."
    if _options(version) != _options(mended):
        return "The options differ, so answers to one say nothing about the other."
    if keys.keys_of([version.pk])[version.pk] == keys.keys_of([mended.pk])[mended.pk]:
        return "Both have the same key."
    return ""


def _options(version: ItemVersion) -> list[tuple[int, str]]:
    return [(option.position, option.text) for option in version.options.all()]


def outstanding(regrade: Regrade) -> QuerySet[Attempt]:
    """Scored attempts with the version that this regrade has not reached.

    Also those scored a little later: their scorer may have read the keys before the regrade was there.
    """
    reached = RegradedScore.objects.filter(regrade=regrade, attempt=OuterRef("pk"))
    contain = FormItem.objects.filter(exam_form=OuterRef("exam_form"), version=regrade.version_id)
    attempts = Attempt.objects.finished().filter(
        Exists(contain), ~Exists(reached), score__computed_at__lt=regrade.at + OVERLAP
    )
    return attempts.select_related("exam_form", "user").order_by("pk")


def apply(*, regrade: Regrade, now: datetime) -> int:
    """Score every outstanding attempt anew; returns how many were. The sweep tries again what failed."""
    return sum(_regraded(regrade, attempt, now) for attempt in outstanding(regrade).iterator(chunk_size=200))


def finish(*, now: datetime, since: datetime | None) -> int:
    """Go on with whatever a lost task left of any regrade, or of those made since a moment."""
    regrades = Regrade.objects.filter(at__gte=since) if since else Regrade.objects.all()
    return sum(apply(regrade=regrade, now=now) for regrade in regrades)


def _regraded(regrade: Regrade, attempt: Attempt, now: datetime) -> bool:
    """One that cannot be scored anew must not keep all others from it."""
    try:
        return _regrade(regrade, attempt, now)
    except (DatabaseError, ArithmeticError, LookupError, ValueError):
        logger.exception("The attempt %s could not be scored by the mended key.", attempt.public_id)
        return False


def _regrade(regrade: Regrade, attempt: Attempt, now: datetime) -> bool:
    with transaction.atomic():
        Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
        # Whoever counts it locks the score alone: what is counted here and taken out must be what is stored.
        score = Score.objects.select_for_update(of=("self",)).select_related("attempt").get(attempt=attempt)
        if RegradedScore.objects.filter(regrade=regrade, attempt=attempt).exists():
            return False
        before = score.raw, score.scaled
        was_counted = score.is_counted
        answer_counts.take_out(score=score)
        scoring.replace(score, scoring.compute(attempt))
        if was_counted is not None:
            answer_counts.count(attempt=attempt)
        RegradedScore.objects.create(
            regrade=regrade,
            attempt=attempt,
            raw_before=before[0],
            raw_after=score.raw,
            scaled_before=before[1],
            scaled_after=score.scaled,
            at=now,
        )
        return True


def notices(attempt: Attempt) -> Iterable[RegradedScore]:
    """What regrades changed in an attempt's score, oldest first."""
    changed = RegradedScore.objects.filter(attempt=attempt).exclude(raw_before=F("raw_after"))
    return changed.select_related("regrade").order_by("at", "pk")
