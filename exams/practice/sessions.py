"""The only writer of practice: start, show, answer, flag, finish. The session row is the mutex, as an attempt is."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from exams import exam_forms, forecasts
from exams.keys import keys_of, mended_versions
from exams.masking import items_being_asked
from exams.models import PracticeItem, PracticeSession
from exams.practice import review
from exams.practice.choosing import Wish, choose
from exams.scoring import is_right
from questions.models import Option

MOST_ITEMS = 170
SECONDS_AN_ITEM = 60


class NotNow(Exception):
    """The session's state does not allow this; the message says why, in words for people."""


@dataclass(frozen=True)
class Plan:
    """What a person chose to practise."""

    title: str
    mode: str
    wish: Wish
    is_timed: bool = False


def start(*, user: User, plan: Plan, now: datetime) -> PracticeSession:
    """Raises exams.practice.choosing.NothingToPractise and exams.pools.NoOutline."""
    chosen = choose(user=user, wish=plan.wish, seed=exam_forms.new_seed(), now=now)
    places = chosen.drawn.places
    with transaction.atomic():
        session = PracticeSession.objects.create(
            user=user,
            title=plan.title,
            mode=plan.mode,
            source=plan.wish.source,
            started_at=now,
            deadline_at=now + timedelta(seconds=_seconds(user, len(places))) if plan.is_timed else None,
        )
        PracticeItem.objects.bulk_create(
            PracticeItem(
                session=session,
                position=place.position,
                item_id=chosen.loaded.ids[place.code][0],
                version_id=chosen.loaded.ids[place.code][1],
                option_order="".join(map(str, place.option_order)),
            )
            for place in places
        )
    return session


def _seconds(user: User, count: int) -> int:
    """A minute an item as in the exam, with the person's extra time."""
    return count * SECONDS_AN_ITEM * (100 + user.extra_time_percent) // 100


def own(*, user: User, public_id: uuid.UUID, now: datetime) -> PracticeSession | None:
    """The person's session, finished when its time is up."""
    session = PracticeSession.objects.of(user).filter(public_id=public_id).first()
    if session and session.is_overdue(now):
        return finish(session=session, now=now)
    return session


def show(*, place: PracticeItem, now: datetime) -> None:
    """From now on the item counts as seen."""
    if place.shown_at is None:
        PracticeItem.objects.filter(pk=place.pk, shown_at=None).update(shown_at=now)
        place.shown_at = now


def answer(
    *, session: PracticeSession, position: int, chosen: int | None, confidence: int | None, now: datetime
) -> PracticeItem:
    """Store an answer; in tutor mode it is revealed with that, and locked. No choice there means "I do not know".

    Raises NotNow, and PracticeItem.DoesNotExist for a place that is not there.
    """
    with transaction.atomic():
        locked = PracticeSession.objects.select_for_update(no_key=True).select_related("user").get(pk=session.pk)
        place = PracticeItem.objects.select_related("item").get(session=locked, position=position)
        place.session = locked
        _must_be_open(locked, place, now)
        if chosen is not None and not 1 <= chosen <= len(place.option_order):
            raise NotNow("This option is not on the page.")
        place.shown_at = place.shown_at or now
        place.chosen, place.answered_at = chosen, now if chosen else None
        place.confidence = confidence if chosen else None
        if locked.is_tutor:
            _reveal([place], now=now)
        place.save(update_fields=["shown_at", "chosen", "answered_at", "confidence", "revealed_at"])
        return place


def flag(*, session: PracticeSession, position: int, flagged: bool) -> None:
    PracticeItem.objects.filter(session=session, position=position).update(flagged=flagged)


def finish(*, session: PracticeSession, now: datetime) -> PracticeSession:
    """End a session; a second end changes nothing. In test mode everything that was seen is revealed with it."""
    with transaction.atomic():
        locked = PracticeSession.objects.select_for_update(no_key=True).select_related("user").get(pk=session.pk)
        if locked.is_open:
            locked.finished_at = min(now, locked.deadline_at) if locked.deadline_at else now
            locked.save(update_fields=["finished_at"])
            if not locked.is_tutor:
                places = list(locked.places.filter(shown_at__isnull=False).select_related("item"))
                for place in places:
                    place.session = locked
                _reveal(places, now=now)
                PracticeItem.objects.bulk_update(places, ["revealed_at"])
    # Outside the lock: it reads all that the person has met. What fails here the sweep makes good.
    forecasts.after_practice(session=locked, now=now)
    return locked


def _must_be_open(session: PracticeSession, place: PracticeItem, now: datetime) -> None:
    if not session.is_open or session.is_overdue(now):
        raise NotNow("This session has ended; nothing was changed.")
    if place.revealed_at is not None:
        raise NotNow("The reasons of this item have been shown; its answer stays as it is.")
    if place.item_id in items_being_asked(session.user):
        raise NotNow("This item is in an exam that you have open. Come back to it when that has ended.")


def _reveal(places: list[PracticeItem], *, now: datetime) -> None:
    """Answered items go to the review; what was left out is revealed but says nothing of memory."""
    key_of, texts = keys_of(place.version_id for place in places), _key_texts(places)
    for place in places:
        place.revealed_at = now
        if place.chosen is not None or place.session.is_tutor:
            review.rate(
                user=place.session.user,
                item=place.item,
                key_text=texts[place.version_id],
                is_right=is_right(place.option_order, place.chosen, key_of[place.version_id]),
                confidence=place.confidence,
                now=now,
            )


def _key_texts(places: list[PracticeItem]) -> dict[int, str]:
    """The text of the right answer of each place's version, mended or not."""
    mended = mended_versions(place.version_id for place in places)
    wanted = {place.version_id: mended.get(place.version_id, place.version_id) for place in places}
    texts = dict(Option.objects.filter(version__in=wanted.values(), is_key=True).values_list("version_id", "text"))
    return {version: texts[right] for version, right in wanted.items()}
