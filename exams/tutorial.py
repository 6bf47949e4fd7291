"""The tutorial: the room with sample items, whose answers are kept with the appointment and never scored."""

import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from exams import appointments
from exams.attempts import NoSuchPlace
from exams.item_state import ItemState
from exams.models import Appointment, Block
from exams.room_texts import RoomText
from exams.sitting import RoomItem, RoomOption
from questions.samples import LETTERS, Sample, tutorial_samples


@dataclass(frozen=True)
class Practised:
    """One item of the tutorial as it stands; as in an exam, changed by compare-and-set on `revision`."""

    revision: int = 0
    op_id: str = ""
    chosen: int | None = None
    flagged: bool = False
    struck: str = ""
    note: str = ""
    highlights: list[list[str | int]] = field(default_factory=list)


@dataclass(frozen=True)
class Answered:
    """The server's word: `is_stored`, or stale; in both cases what is held now."""

    position: int
    state: Practised
    is_stored: bool = True


def items_of(appointment: Appointment) -> list[RoomItem]:
    return [
        _room_item(position, sample, _state(appointment, position))
        for position, sample in enumerate(tutorial_samples(), start=1)
    ]


def save(
    *, user: User, public_id: uuid.UUID, position: int, base: int, op_id: uuid.UUID, state: ItemState, now: datetime
) -> Answered | None:
    """Store one item's state; None once the tutorial has ended. Raises NoSuchPlace and Appointment.DoesNotExist."""
    samples = tutorial_samples()
    with transaction.atomic():
        appointment = appointments.up_to_date(user=user, public_id=public_id, now=now)
        if appointment.block != Block.TUTORIAL:
            return None
        if position > len(samples) or state.last_place > len(samples[position - 1].options):
            raise NoSuchPlace
        held = _state(appointment, position)
        if held.op_id == str(op_id):
            return Answered(position, held)
        if held.revision != base:
            return Answered(position, held, is_stored=False)
        said = {name: value for name, value in asdict(state).items() if name == "chosen" or value is not None}
        stored = replace(held, revision=base + 1, op_id=str(op_id), **said)
        appointment.practice[str(position)] = asdict(stored)
        appointment.save(update_fields=["practice"])
        return Answered(position, stored)


def _state(appointment: Appointment, position: int) -> Practised:
    held: dict[str, Any] = appointment.practice.get(str(position), {})
    return Practised(**held)


def _room_item(position: int, sample: Sample, state: Practised) -> RoomItem:
    return RoomItem(
        position=position,
        text=RoomText(
            sample.stem, sample.exhibit, {place: option.text for place, option in enumerate(sample.options, start=1)}
        ),
        options=[
            RoomOption(place, LETTERS[place - 1], option.text, place == state.chosen, str(place) in state.struck)
            for place, option in enumerate(sample.options, start=1)
        ],
        chosen=state.chosen,
        flagged=state.flagged,
        struck=state.struck,
        note=state.note,
        highlights=state.highlights,
        revision=state.revision,
        is_seen=state.revision > 0,
    )
