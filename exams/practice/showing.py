"""What a page shows of practice: before the reveal what a candidate sees in an exam, after it every reason.

As in exams.sitting, nothing that tells of keys or pilots is read for an item that is not revealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exams.keys import mended_versions
from exams.masking import items_being_asked
from exams.models import PracticeItem, PracticeSession
from questions.exhibits import Exhibit, exhibits_of
from questions.models import ItemVersion, Option
from questions.samples import LETTERS, ShownOption


@dataclass(frozen=True)
class ShownPlace:
    """One place of a session. Options know of keys and rationales once the item is revealed."""

    place: PracticeItem
    code: str
    domain_name: str
    version: int
    stem: str
    exhibit: Exhibit | None
    options: list[ShownOption]
    references: list[dict[str, Any]]
    is_mended: bool

    @property
    def position(self) -> int:
        return self.place.position

    @property
    def is_revealed(self) -> bool:
        return self.place.revealed_at is not None

    @property
    def chosen(self) -> str:
        return LETTERS[self.place.chosen - 1] if self.place.chosen else ""

    @property
    def key(self) -> str:
        return next((option.letter for option in self.options if option.is_key), "")

    @property
    def is_right(self) -> bool:
        return self.is_revealed and self.chosen == self.key

    @property
    def flagged(self) -> bool:
        return self.place.flagged


def place_of(session: PracticeSession, position: int) -> ShownPlace | None:
    """The place as the person may see it now; None where there is none or its item is being asked in an exam."""
    return next(iter(_shown(session, list(session.places.filter(position=position)))), None)


def revealed(session: PracticeSession) -> list[ShownPlace]:
    return _shown(session, list(session.places.filter(revealed_at__isnull=False)))


def _shown(session: PracticeSession, places: Sequence[PracticeItem]) -> list[ShownPlace]:
    hidden = items_being_asked(session.user_id)
    places = [place for place in places if place.item_id not in hidden]
    versions = _versions(places)
    open_ids = [place.version_id for place in places if place.revealed_at is not None]
    mended = mended_versions(open_ids)
    reasons = ItemVersion.objects.prefetch_related("options").in_bulk({*open_ids, *mended.values()})
    exhibits = exhibits_of(versions.values())
    texts = _texts([place.version_id for place in places if place.revealed_at is None])
    found = []
    for place in places:
        version = versions[place.version_id]
        told = reasons.get(mended.get(place.version_id, place.version_id))
        found.append(
            ShownPlace(
                place=place,
                code=version.item.code if told else "",
                domain_name=version.task.domain.name if told else "",
                version=version.number,
                stem=version.stem,
                exhibit=exhibits[version.pk],
                options=_revealed(place, told) if told else _hidden(place, texts),
                references=told.references if told else [],
                is_mended=place.version_id in mended,
            )
        )
    return found


def _versions(places: Sequence[PracticeItem]) -> dict[int, ItemVersion]:
    versions = ItemVersion.objects.filter(pk__in=[place.version_id for place in places])
    shown = versions.select_related("item", "task__domain").defer("references", "point", "item__status")
    return {version.pk: version for version in shown}


def _texts(version_ids: list[int]) -> dict[tuple[int, int], str]:
    rows = Option.objects.filter(version__in=version_ids).order_by().values_list("version_id", "position", "text")
    return {(version, position): text for version, position, text in rows}


def _hidden(place: PracticeItem, texts: dict[tuple[int, int], str]) -> list[ShownOption]:
    order = enumerate(place.option_order)
    shown = [(LETTERS[n], texts[place.version_id, int(position)]) for n, position in order]
    return [ShownOption(letter=letter, text=text, is_key=False, rationale="") for letter, text in shown]


def _revealed(place: PracticeItem, told: ItemVersion) -> list[ShownOption]:
    by_position = {option.position: option for option in told.options.all()}
    order = [by_position[int(position)] for position in place.option_order]
    return [
        ShownOption(letter, option.text, option.is_key, option.rationale)
        for letter, option in zip(LETTERS, order, strict=False)
    ]
