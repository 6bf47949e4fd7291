"""The sample items that anybody may see with their keys: in no form and no drill."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from questions.exhibits import Exhibit, exhibits_of
from questions.models import Item, ItemVersion

LETTERS = "ABCDEFGH"
# The tutorial's practice item is a sample too, but too easy to stand for its domain; others belong to a domain's guide.
TUTORIAL_TAG, GUIDE_TAG = "tutorial", "guide"
TUTORIAL_ITEMS = 3


@dataclass(frozen=True, slots=True)
class ShownOption:
    letter: str
    text: str
    is_key: bool
    rationale: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample item with everything that may be said of it."""

    code: str
    domain_name: str
    stem: str
    exhibit: Exhibit | None
    options: list[ShownOption]
    references: list[dict[str, Any]]


def public_samples() -> list[Sample]:
    """The published samples of the current outline in order of domain, without the tutorial's and the guides'."""
    return _samples(version for version in _published() if not {TUTORIAL_TAG, GUIDE_TAG} & set(version.tags))


def tutorial_samples() -> list[Sample]:
    """The practice item of the tutorial, then the first public samples, so that moving about can be tried."""
    published = list(_published())
    tutorial = [version for version in published if TUTORIAL_TAG in version.tags]
    others = [version for version in published if not {TUTORIAL_TAG, GUIDE_TAG} & set(version.tags)]
    return _samples([*tutorial, *others][:TUTORIAL_ITEMS])


def guide_samples(domain_code: str) -> list[Sample]:
    """The samples that stand in the guide to a domain of the current outline."""
    published = _published().filter(task__domain__code=domain_code)
    return _samples(version for version in published if GUIDE_TAG in version.tags)


def _published() -> QuerySet[ItemVersion]:
    return (
        ItemVersion.objects.filter(
            pk__in=Item.objects.samples().values("published_version"), task__domain__outline__is_current=True
        )
        .select_related("item", "task__domain")
        .prefetch_related("options")
        .order_by("task__domain__number", "item__code")
    )


def _samples(versions: Iterable[ItemVersion]) -> list[Sample]:
    versions = list(versions)
    exhibits = exhibits_of(versions)
    return [_sample(version, exhibits[version.pk]) for version in versions]


def _sample(version: ItemVersion, exhibit: Exhibit | None) -> Sample:
    return Sample(
        code=version.item.code,
        domain_name=version.task.domain.name,
        stem=version.stem,
        exhibit=exhibit,
        options=[
            ShownOption(letter, option.text, option.is_key, option.rationale)
            for letter, option in zip(LETTERS, version.options.all(), strict=False)
        ],
        references=version.references,
    )
