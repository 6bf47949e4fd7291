"""What the room shows of an open attempt: items with options in form order and the person's own state.

Nothing here may know a key, rationale, reference or pilot flag.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from exams.models import Attempt, AttemptEvent, ExamForm, Response
from exams.room_texts import RoomText, texts_of
from questions.samples import LETTERS

STORED = ("revision", "chosen", "flagged", "struck", "note", "highlights")


@dataclass(frozen=True, slots=True)
class RoomOption:
    place: int
    letter: str
    text: str
    is_chosen: bool
    is_struck: bool


@dataclass(frozen=True, slots=True)
class RoomItem:
    """One item as the candidate meets it."""

    position: int
    text: RoomText
    options: list[RoomOption]
    chosen: int | None
    flagged: bool
    struck: str
    note: str
    highlights: list[list[str | int]]
    revision: int
    is_seen: bool

    @property
    def choices(self) -> SafeString:
        """The untouched options as markup; in Python, for a template takes four times as long for the 680 of a form."""
        label = '<label><input type="radio" name="o{}" value="{}"><b>{}</b><span>{}</span></label>'
        options = ((self.position, option.place, option.letter, option.text) for option in self.options)
        return format_html_join("\n", label, options)

    @property
    def stored(self) -> dict[str, Any]:
        """Its own state, as the page is told it."""
        return {name: getattr(self, name) for name in ("position", *STORED)}

    @property
    def is_answered(self) -> bool:
        return self.chosen is not None


def items_of(attempt: Attempt, *, position: int | None = None) -> list[RoomItem]:
    """All items of the attempt in order, or the one at `position` (an empty list when there is none)."""
    responses = Response.objects.filter(attempt=attempt).select_related("form_item").order_by("position")
    if position is not None:
        responses = responses.filter(position=position)
    return _room_items(responses)


def untouched_items_of(exam_form: ExamForm) -> list[RoomItem]:
    """The form's items as they are before anybody has met them: the same for everybody who sits it."""
    rows = exam_form.form_items.order_by("position").values_list("position", "version_id", "option_order")
    texts = texts_of(version_id for _, version_id, _ in rows)
    return [_room_item(Response(position=position), texts[version_id], order) for position, version_id, order in rows]


def stored_of(attempt: Attempt) -> list[dict[str, Any]]:
    """The person's own state of every item that has one or was on screen."""
    touched = Q(revision__gt=0) | Q(first_seen_at__isnull=False)
    return list(Response.objects.filter(touched, attempt=attempt).order_by("position").values("position", *STORED))


def _room_items(responses: Iterable[Response]) -> list[RoomItem]:
    responses = list(responses)
    texts = texts_of(response.form_item.version_id for response in responses)
    return [
        _room_item(response, texts[response.form_item.version_id], response.form_item.option_order)
        for response in responses
    ]


def _room_item(response: Response, text: RoomText, option_order: str) -> RoomItem:
    return RoomItem(
        position=response.position,
        text=text,
        options=[
            RoomOption(
                place,
                LETTERS[place - 1],
                text.options[int(position)],
                place == response.chosen,
                str(place) in response.struck,
            )
            for place, position in enumerate(option_order, start=1)
        ],
        chosen=response.chosen,
        flagged=response.flagged,
        struck=response.struck,
        note=response.note,
        highlights=response.highlights,
        revision=response.revision,
        is_seen=response.first_seen_at is not None or response.revision > 0,
    )


@dataclass(frozen=True, slots=True)
class Counts:
    item_count: int
    answered: int
    flagged: int

    @property
    def unanswered(self) -> int:
        return self.item_count - self.answered


def counts_of(attempt: Attempt) -> Counts:
    rows = list(Response.objects.filter(attempt=attempt).values_list("chosen", "flagged"))
    return Counts(
        item_count=len(rows),
        answered=sum(chosen is not None for chosen, _ in rows),
        flagged=sum(flagged for _, flagged in rows),
    )


def last_entry(attempt: Attempt) -> int:
    """The number of the attempt's newest ledger entry."""
    newest: int = AttemptEvent.objects.filter(attempt=attempt).aggregate(newest=Max("sequence"))["newest"] or 0
    return newest


def with_ledger(attempts: QuerySet[Attempt]) -> tuple[Attempt, int]:
    """The one attempt and the number of its newest ledger entry, in one statement. Raises Http404 for none."""
    entries = AttemptEvent.objects.filter(attempt=OuterRef("pk")).order_by("-sequence").values("sequence")
    attempt = get_object_or_404(attempts.annotate(ledger=Subquery(entries[:1])))
    return attempt, attempt.ledger  # type: ignore[attr-defined]  # annotated


def changed_since(attempt: Attempt, known: int) -> list[Response]:
    """Every item that was stored after the ledger entry `known`."""
    later = attempt.events.filter(sequence__gt=known, position__isnull=False)
    return list(Response.objects.filter(attempt=attempt, position__in=later.values("position")).order_by("position"))
