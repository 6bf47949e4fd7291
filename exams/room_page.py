"""The room's page: the items as everybody who sits the form meets them, and beside them the person's own state."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.template.loader import render_to_string

from exams import sitting
from exams.models import ExamForm
from exams.packed_page import Packed
from exams.sitting import RoomItem

logger = logging.getLogger(__name__)

# Published forms that a process keeps rendered, each less than half a megabyte.
MOST_KEPT = 16


@dataclass(frozen=True)
class Items:
    count: int
    packed: Packed


def prepare() -> None:
    """Render the newest published forms before a process serves, so that nobody in a class waits for that."""
    try:
        for exam_form in ExamForm.objects.published().order_by("-published_number")[:MOST_KEPT]:
            items_of(exam_form)
    except DatabaseError:
        logger.warning("No form could be rendered ahead; each is when somebody asks for it.", exc_info=True)


def items_of(exam_form: ExamForm) -> Items:
    """Rendered once by each process for a published form: what a form is made of never changes."""
    return _published(exam_form.pk, exam_form.seed) if exam_form.published_number else _render(exam_form)


@lru_cache(maxsize=MOST_KEPT)
def _published(pk: int, seed: str) -> Items:
    """The seed is part of the key, for a database that was put back may have given the number to another form."""
    return _render(ExamForm.objects.get(pk=pk))


def _render(exam_form: ExamForm) -> Items:
    return render(sitting.untouched_items_of(exam_form))


def render(items: list[RoomItem]) -> Items:
    text = render_to_string("exams/_room_items.html", {"items": items, "item_count": len(items)})
    return Items(len(items), Packed.of(text))


def context_of(count: int, stored: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What every room shows, the tutorial's too; the page begins at the first item without an answer."""
    stored = list(stored)
    answered = {state["position"] for state in stored if state["chosen"]}
    return {
        "stored": stored,
        "item_count": count,
        "start_at": next((position for position in range(1, count + 1) if position not in answered), 1),
        "heartbeat_seconds": settings.HEARTBEAT_SECONDS,
        "has_calculator": settings.CALCULATOR,
    }
