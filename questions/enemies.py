"""Enemies: pairs of items that give each other away and may not share a form. People pair and part them by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from questions import similarity
from questions.models import EnemyPair, Item, ItemTransition, ItemVersion, Option

MOST_FOUND = 20
MOST_ALIKE = 8
LEAST_ALIKE = 0.15


class NotAllowed(Exception):
    """The pair is refused; the message says why."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another item as it is offered: `why_not` says why no pair is to be made of it, `percent` how alike it is."""

    item: Item
    stem: str
    why_not: str
    percent: int | None = None


def of(item: Item) -> QuerySet[Item]:
    pairs = EnemyPair.objects.filter(Q(first=item) | Q(second=item)).values_list("first", "second")
    ids = {pk for pair in pairs for pk in pair} - {item.pk}
    return _with_stems(Item.objects.filter(pk__in=ids))


@transaction.atomic
def pair(*, item: Item, other: Item, by: User, now: datetime) -> None:
    """Keep two items out of each other's forms. Raises NotAllowed."""
    if why_not := _why_not(item, other, set(of(item).values_list("pk", flat=True))):
        raise NotAllowed(f"{other} {why_not}.")
    first, second = sorted((item, other), key=lambda one: one.pk)
    EnemyPair.objects.get_or_create(first=first, second=second)
    _record(item, other, "Enemy added", by=by, now=now)


@transaction.atomic
def part(*, item: Item, other: Item, by: User, now: datetime) -> None:
    """Let two items share a form again. Raises NotAllowed."""
    first, second = sorted((item, other), key=lambda one: one.pk)
    deleted, _ = EnemyPair.objects.filter(first=first, second=second).delete()
    if not deleted:
        raise NotAllowed(f"{other} is no enemy of {item}.")
    _record(item, other, "Enemy removed", by=by, now=now)


def found(item: Item, query: str) -> list[Other]:
    """Items whose code, or the stem of one of their versions, holds every word of the query."""
    words = query.split()
    if not words:
        return []
    in_stem = Q(*(Q(versions__stem__icontains=word) for word in words))
    in_code = Q(*(Q(code__icontains=word) for word in words))
    items = Item.objects.filter(in_stem | in_code).exclude(pk=item.pk).distinct().order_by("code")
    return _others(item, _with_stems(items)[:MOST_FOUND], {})


def most_alike(item: Item) -> list[Other]:
    """The items of the whole bank that resemble this one most in stem and key."""
    rows = _texts(Item.objects.all())
    own = rows.pop(item.pk, "")
    ids = list(rows)
    nearest = similarity.nearest(own, list(rows.values()), most=MOST_ALIKE, at_least=LEAST_ALIKE)
    percents = {ids[place]: round(100 * cosine) for place, cosine in nearest}
    others = _others(item, _with_stems(Item.objects.filter(pk__in=percents)), percents)
    return sorted(others, key=lambda other: (-(other.percent or 0), other.item.code))


def _others(item: Item, items: Iterable[Item], percents: dict[int, int]) -> list[Other]:
    enemies = set(of(item).values_list("pk", flat=True))
    return [
        Other(other, other.stem, _why_not(item, other, enemies), percents.get(other.pk))  # type: ignore[attr-defined]  # annotated
        for other in items
    ]


def _why_not(item: Item, other: Item, enemies: set[int]) -> str:
    if other.pk == item.pk:
        return "is the item itself"
    if other.pk in enemies:
        return "is an enemy already"
    if item.matched_set and other.matched_set == item.matched_set:
        return "is in the same matched set, whose items never share a form"
    return ""


def _record(item: Item, other: Item, what: str, *, by: User, now: datetime) -> None:
    """Who paired or parted them stands in the history of both, as a move that leads nowhere."""
    ItemTransition.objects.bulk_create(
        ItemTransition(
            item=one, from_status=one.status, to_status=one.status, by=by, reason=f"{what}: {another}.", at=now
        )
        for one, another in ((item, other), (other, item))
    )


def _with_stems(items: QuerySet[Item]) -> QuerySet[Item]:
    """With the stem that people meet, else the one that was written last."""
    stem = Subquery(_latest_version().values("stem")[:1])
    return items.annotate(stem=Coalesce("published_version__stem", stem, Value("", TextField())))


def _texts(items: QuerySet[Item]) -> dict[int, str]:
    """Stem and key of every item that has a version, the published one or the latest."""
    latest = Subquery(_latest_version().values("pk")[:1])
    current = items.annotate(current=Coalesce("published_version", latest)).values("current")
    keys = Option.objects.filter(is_key=True, version__in=current).order_by("version__item")
    return {pk: f"{stem} {key}" for pk, stem, key in keys.values_list("version__item", "version__stem", "text")}


def _latest_version() -> QuerySet[ItemVersion]:
    return ItemVersion.objects.filter(item=OuterRef("pk")).order_by("-number")
