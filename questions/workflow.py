"""An item's way through the workshop: which moves there are, who may make them, and what stands against one.

Publishing a version is questions.publishing's; it takes a draft or an item in review to pilot.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from questions.models import Item, ItemStatus, ItemTransition

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
    return [
        Refusal(item, why)
        for item in items
        if (why := _against(item, to, by, members.get(item.matched_set, set()) - codes))
    ]


def _against(item: Item, to: str, by: User, left_behind: set[str]) -> str:
    permission = MOVES.get((item.status, to))
    if permission is None:
        return f"there is no move from {item.status} to {to}."
    if not by.has_perm(permission):
        return "you lack the permission for this move."
    if to == ItemStatus.REVIEW and not item.versions.exists():
        return "it has no version to review."
    if left_behind:
        return f"a matched set stays together; move {', '.join(sorted(left_behind))} too."
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
