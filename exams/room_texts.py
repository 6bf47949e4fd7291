"""What the room shows of items, kept in memory: a version never changes, and each form needs 170 of them at once.

Nothing here may know a key, rationale, reference or pilot flag: queries name the columns they need.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.template.loader import render_to_string

from questions.exhibits import Exhibit, exhibits_of
from questions.models import ItemVersion, Option

# Some ten megabytes in each process.
MOST_KEPT = 4096


@dataclass(frozen=True, eq=False)
class RoomText:
    """One version; `options` by their position."""

    stem: str
    exhibit: Exhibit | None
    options: Mapping[int, str]

    @cached_property
    def question(self) -> str:
        """Exhibit and stem as markup."""
        return render_to_string("exams/_question.html", {"text": self})


# With its digest: a database that was put back may use its number again.
_kept: dict[tuple[int, str], RoomText] = {}


def texts_of(version_ids: Iterable[int]) -> dict[int, RoomText]:
    """By the versions' ids."""
    keys = ItemVersion.objects.filter(pk__in=set(version_ids)).order_by().values_list("pk", "digest")
    found = {key: _kept.get(key) for key in keys}
    unknown = {pk: (pk, digest) for (pk, digest), text in found.items() if text is None}
    if unknown:
        if len(_kept) + len(unknown) > MOST_KEPT:
            _kept.clear()
        read = {unknown[pk]: text for pk, text in _read(unknown).items()}
        _kept.update(read)
        found.update(read)
    return {pk: text for (pk, _), text in found.items() if text}


def _read(version_ids: Iterable[int]) -> dict[int, RoomText]:
    fields = ("pk", "stem", "exhibit_kind", "exhibit_title", "exhibit_body", "exhibit_alt")
    versions = list(ItemVersion.objects.filter(pk__in=version_ids).only(*fields))
    options: dict[int, dict[int, str]] = defaultdict(dict)
    for pk, position, text in Option.objects.filter(version__in=versions).values_list("version_id", "position", "text"):
        options[pk][position] = text
    exhibits = exhibits_of(versions)
    return {version.pk: RoomText(version.stem, exhibits[version.pk], options[version.pk]) for version in versions}
