"""Publishing moves an item's pointer to a version: never without a second pair of eyes."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from questions.completeness import missing
from questions.content import content_of
from questions.models import Item, ItemStatus, ItemTransition, ItemVersion

UNPUBLISHED = (ItemStatus.DRAFT, ItemStatus.REVIEW)


class NotAllowed(Exception):
    """The move is refused; the message says why."""


@transaction.atomic
def publish(*, version: ItemVersion, by: User, now: datetime) -> Item:
    """Make a version the one that forms and pages serve.

    1. Lock the item, so that two publishers take turns.
    2. Refuse the author's own version, one that is published already, one older than the published one, and one that
       lacks a rationale or names no reference.
    3. Move the pointer; an item that was never published becomes a pilot.
    4. Record who did it.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("published_version").get(pk=version.item_id)
    if version.author_id == by.pk:
        raise NotAllowed("You wrote this version; somebody else has to publish it.")
    if item.published_version and item.published_version.number >= version.number:
        raise NotAllowed(f"Version {item.published_version.number} is published already; write a new version.")
    if lacks := missing(content_of(version)):
        raise NotAllowed(f"Version {version.number} is not complete: it lacks {', '.join(lacks)}.")
    before = item.status
    item.status = ItemStatus.PILOT if before in UNPUBLISHED else before
    item.published_version = version
    item.save(update_fields=["published_version", "status"])
    ItemTransition.objects.create(
        item=item, from_status=before, to_status=item.status, version=version, by=by, at=now, reason="Published."
    )
    return item
