"""What versions of items say, kept in memory: a version never changes, and each report needs 170 of them at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from questions.exhibits import Exhibit, exhibits_of
from questions.models import ItemVersion, Option
from questions.samples import LETTERS, ShownOption

# Some ten megabytes in each process.
MOST_KEPT = 4096


@dataclass(frozen=True, slots=True, eq=False)
class ItemText:
    """One version. `options` by their position; two of these are the same only if they are one object."""

    code: str
    number: int
    domain_name: str
    stem: str
    exhibit: Exhibit | None
    options: Mapping[int, Option]
    key_position: int
    references: list[dict[str, Any]]

    def in_order(self, option_order: str) -> list[ShownOption]:
        shown = [self.options[int(position)] for position in option_order]
        return [
            ShownOption(letter, option.text, option.is_key, option.rationale)
            for letter, option in zip(LETTERS, shown, strict=False)
        ]


# With its names, which an editor may change, and its digest: a database that was put back may use its number again.
Key = tuple[int, str, str, str]
_kept: dict[Key, ItemText] = {}


def texts_of(version_ids: Iterable[int]) -> dict[int, ItemText]:
    """By the versions' ids."""
    versions = ItemVersion.objects.filter(pk__in=set(version_ids))
    keys = versions.values_list("pk", "digest", "item__code", "task__domain__name")
    found = {key: _kept.get(key) for key in keys}
    unknown = {key[0]: key for key, text in found.items() if text is None}
    if unknown:
        if len(_kept) + len(unknown) > MOST_KEPT:
            _kept.clear()
        read = {unknown[pk]: text for pk, text in _read(unknown).items()}
        _kept.update(read)
        found.update(read)
    return {key[0]: text for key, text in found.items() if text}


def _read(version_ids: Iterable[int]) -> dict[int, ItemText]:
    wanted = ItemVersion.objects.filter(pk__in=version_ids)
    versions = list(wanted.select_related("item", "task__domain").prefetch_related("options"))
    exhibits = exhibits_of(versions)
    return {version.pk: _text(version, exhibits[version.pk]) for version in versions}


def _text(version: ItemVersion, exhibit: Exhibit | None) -> ItemText:
    options = {option.position: option for option in version.options.all()}
    return ItemText(
        code=version.item.code,
        number=version.number,
        domain_name=version.task.domain.name,
        stem=version.stem,
        exhibit=exhibit,
        options=options,
        key_position=next(position for position, option in options.items() if option.is_key),
        references=version.references,
    )
