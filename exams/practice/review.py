"""Spaced repetition (FSRS-6, library fsrs): when a person should meet an item again.

Wrong → Again, right but not sure → Hard, right → Good. Without learning steps every interval is a day at least: a daily
review ends when what is due today is done.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from fsrs import Card, Rating, Scheduler

from accounts.models import User
from exams.models import Confidence, ReviewCard
from questions.models import Item, ItemStatus, Option

# Without fuzz the same answers give the same dates, on every site and in every test.
SCHEDULER = Scheduler(enable_fuzzing=False, learning_steps=(), relearning_steps=())


def rating_of(*, is_right: bool, confidence: int | None) -> Rating:
    if not is_right:
        return Rating.Again
    return Rating.Good if confidence in (None, Confidence.SURE) else Rating.Hard


def rate(*, user: User, item: Item, key_text: str, is_right: bool, confidence: int | None, now: datetime) -> ReviewCard:
    """Note how an item went. What was remembered of another key counts for nothing: the card starts anew."""
    held = ReviewCard.objects.filter(user=user, item=item).first()
    card = Card.from_dict(held.state) if held and held.key_text == key_text else Card(card_id=item.pk)
    card, _ = SCHEDULER.review_card(card, rating_of(is_right=is_right, confidence=confidence), now)
    stored, _ = ReviewCard.objects.update_or_create(
        user=user,
        item=item,
        defaults={"state": card.to_dict(), "due_at": card.due, "key_text": key_text, "rated_at": now},
    )
    return stored


def due(*, user: User, now: datetime) -> QuerySet[ReviewCard]:
    """Cards due before the person's day ends, and those whose item has another right answer by now.

    Items that were withdrawn are not asked again.
    """
    published = OuterRef("item__published_version")
    # Unordered: the options' usual order would join the items again, under the outer table's own name.
    key = Option.objects.filter(version=published, is_key=True).order_by().values("text")[:1]
    shown = ReviewCard.objects.filter(user=user, item__status__in=(ItemStatus.PILOT, ItemStatus.OPERATIONAL))
    return shown.annotate(current_key=Subquery(key)).filter(
        Q(due_at__lt=_end_of_day(user, now)) | ~Q(key_text=F("current_key"))
    )


def has_begun_today(*, user: User, now: datetime) -> bool:
    """Whether anything was rated on the person's day."""
    return ReviewCard.objects.filter(user=user, rated_at__gte=_start_of_day(user, now)).exists()


def bring_back(*, user: User, items: Iterable[Item], keys: dict[int, str], now: datetime) -> None:
    """Have missed items come back tomorrow, as after a wrong answer."""
    for item in items:
        rate(user=user, item=item, key_text=keys[item.pk], is_right=False, confidence=None, now=now)


def _start_of_day(user: User, now: datetime) -> datetime:
    return timezone.localtime(now, user.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _end_of_day(user: User, now: datetime) -> datetime:
    return _start_of_day(user, now) + timedelta(days=1)
