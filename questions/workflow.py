"""An item's way through the workshop: which moves there are, who may make them, and what stands against one.

Publishing a version is questions.publishing's; it takes a draft or an item in review to pilot.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from questions.completeness import missing
from questions.content import content_of
from questions.models import Item, ItemStatus, ItemTransition, ItemVersion
from questions.models.item import DRAWABLE

WRITE, SIGN = "questions.change_item", "questions.publish_item"
# From, to: the permission that the move needs.
MOVES: dict[tuple[str, str], str] = {
    (ItemStatus.DRAFT, ItemStatus.REVIEW): WRITE,
    (ItemStatus.REVIEW, ItemStatus.DRAFT): WRITE,
    (ItemStatus.DRAFT, ItemStatus.RETIRED): SIGN,
    (ItemStatus.REVIEW, ItemStatus.RETIRED): SIGN,
    (ItemStatus.PILOT, ItemStatus.OPERATIONAL): SIGN,
    (ItemStatus.PILOT, ItemStatus.DRAFT): SIGN,
    (ItemStatus.PILOT, ItemStatus.RETIRED): SIGN,
    (ItemStatus.OPERATIONAL, ItemStatus.PILOT): SIGN,
    (ItemStatus.OPERATIONAL, ItemStatus.DRAFT): SIGN,
    (ItemStatus.OPERATIONAL, ItemStatus.RETIRED): SIGN,
    (ItemStatus.SAMPLE, ItemStatus.RETIRED): SIGN,
    (ItemStatus.RETIRED, ItemStatus.DRAFT): SIGN,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    item: Item
    why: str


class NotAllowed(Exception):
    """Nothing was moved; `refusals` says for each item why."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("; ".join(f"{refusal.item}: {refusal.why}" for refusal in refusals))
        self.refusals = refusals


def moves_of(item: Item, user: User) -> list[str]:
    """The statuses that this person may move the item to."""
    return [to for (start, to), permission in MOVES.items() if start == item.status and user.has_perm(permission)]


def preview(items: Iterable[Item], to: str, by: User) -> list[Refusal]:
    """What stands against moving these items together; empty when all can go."""
    items = list(items)
    codes = {item.code for item in items}
    sets = {item.matched_set for item in items if item.matched_set}
    members: dict[str, set[str]] = {name: set() for name in sets}
    for code, name in Item.objects.filter(matched_set__in=sets).values_list("code", "matched_set"):
        members[name].add(code)
    lacks = _lacking(items) if to in DRAWABLE else {}
    return [
        Refusal(item, why)
        for item in items
        if (why := _against(item, to, by, members.get(item.matched_set, set()) - codes, lacks))
    ]


def sort_out(items: Iterable[Item], to: str, by: User) -> tuple[list[Item], list[Refusal]]:
    """Those that can move together without the others, and what stands against each of the others.

    An item that stays keeps the rest of its matched set from moving, hence the rounds.
    """
    can, refused = list(items), list[Refusal]()
    while refusals := preview(can, to, by):
        refused += refusals
        staying = {refusal.item.pk for refusal in refusals}
        can = [item for item in can if item.pk not in staying]
    return can, refused


def _lacking(items: Iterable[Item]) -> dict[int, list[str]]:
    """By the id of the published version: what it lacks to be met by anybody."""
    ids = [item.published_version_id for item in items if item.published_version_id]
    versions = ItemVersion.objects.filter(pk__in=ids).select_related("task").prefetch_related("options")
    return {version.pk: missing(content_of(version)) for version in versions}


def _against(item: Item, to: str, by: User, left_behind: set[str], lacks: Mapping[int, list[str]]) -> str:
    permission = MOVES.get((item.status, to))
    if permission is None:
        return f"there is no move from {item.status} to {to}."
    if not by.has_perm(permission):
        return "you lack the permission for this move."
    if to == ItemStatus.REVIEW and not item.versions.exists():
        return "it has no version to review."
    if left_behind:
        return f"a matched set stays together; move {', '.join(sorted(left_behind))} too."
    return _against_its_version(item, to, by, lacks)


def _against_its_version(item: Item, to: str, by: User, lacks: Mapping[int, list[str]]) -> str:
    if found := lacks.get(item.published_version_id or 0):
        return f"its published version lacks {', '.join(found)}."
    if to == ItemStatus.OPERATIONAL and item.published_version and item.published_version.author_id == by.pk:
        return "you wrote its published version; somebody else has to sign."
    return ""


@transaction.atomic
def move(*, items: Iterable[Item], to: str, by: User, reason: str, now: datetime) -> list[Item]:
    """Move items together, all or none. Raises NotAllowed, and ValueError without a reason."""
    if not reason.strip():
        raise ValueError("A move needs a reason.")
    chosen = [item.pk for item in items]
    locked = list(
        Item.objects.select_for_update(of=("self",))
        .filter(pk__in=chosen)
        .select_related("published_version")
        .order_by("pk")
    )
    if refusals := preview(locked, to, by):
        raise NotAllowed(refusals)
    ItemTransition.objects.bulk_create(
        ItemTransition(
            item=item,
            from_status=item.status,
            to_status=to,
            version=item.published_version,
            by=by,
            reason=reason.strip(),
            at=now,
        )
        for item in locked
    )
    Item.objects.filter(pk__in=chosen).update(status=to)
    for item in locked:
        item.status = to
    return locked
