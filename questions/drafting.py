"""Writing versions: every save is a new version, an old one is never altered."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from questions.content import SAME_NAMES, ItemContent
from questions.models import ExhibitImage, ExhibitKind, Item, ItemVersion, Option, Task


class EditConflict(Exception):
    """Somebody else has saved a version since the editor's page was opened."""


def add_version(
    *, item: Item, content: ItemContent, task: Task, author: User | None, now: datetime, after: int | None = None
) -> ItemVersion:
    """Append a version to an item.

    `after` is the number of the version that the author started from; when a newer one is there already, or another
    editor's insert wins the number, EditConflict is raised and nothing is written. A picture has to be stored before.
    """
    if content.exhibit_kind == ExhibitKind.IMAGE and not ExhibitImage.objects.filter(pk=content.exhibit_body).exists():
        raise ValueError(f"There is no picture {content.exhibit_body}.")
    latest: int = item.versions.aggregate(latest=Max("number"))["latest"] or 0
    if after is not None and after != latest:
        raise EditConflict
    try:
        with transaction.atomic():
            version = ItemVersion.objects.create(
                item=item,
                number=latest + 1,
                task=task,
                references=list(content.references),
                tags=list(content.tags),
                author=author,
                created_at=now,
                digest=content.digest,
                **{name: getattr(content, name) for name in SAME_NAMES},
            )
            Option.objects.bulk_create(
                Option(version=version, position=n, text=option.text, rationale=option.rationale, is_key=option.is_key)
                for n, option in enumerate(content.options, start=1)
            )
    except IntegrityError as error:
        if item.versions.filter(number=latest + 1).exists():
            raise EditConflict from error
        raise
    return version
