"""Answers that a browser could not send, brought by hand as the file that the exam page made of them.

The file holds saves as the page would have sent them, so it can do no more than the page could. In time they are
replayed; after the end the choices are kept to be shown beside the report, and never scored.
"""

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from exams import attempts
from exams.attempts import Closed, LedgerFull, NoSuchPlace, NotNow, OnBreak, Saved
from exams.forms import MOST_PLACES, SaveForm
from exams.models import Attempt, LateAnswer, Response

KIND = "ciip-practice unsent answers"
MOST_SAVES = 2 * MOST_PLACES


@dataclass
class Fate:
    """What became of the file, by item: stored now, changed elsewhere meanwhile, or kept as too late."""

    stored: list[int] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)


class BadFile(Exception):
    """The file cannot be used; the message says what is wrong, and nothing of it was stored."""


def parse(text: str, *, public_id: uuid.UUID) -> list[dict[str, Any]]:
    """The saves of a file in order, as arguments of attempts.save. Raises BadFile."""
    try:
        document = json.loads(text)
        kind, attempt, rows = document["kind"], document["attempt"], list(document["saves"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadFile("This is not a file of unsent answers: hand in the file that the exam page offered.") from error
    if kind != KIND or len(rows) > MOST_SAVES:
        raise BadFile("This is not a file of unsent answers: hand in the file that the exam page offered.")
    if attempt != str(public_id):
        raise BadFile("This file belongs to another exam. Open that exam's page and hand it in there.")
    return [_save(number, row) for number, row in enumerate(rows, start=1)]


def _save(number: int, row: Any) -> dict[str, Any]:
    form = SaveForm(row if isinstance(row, dict) else {})
    if not form.is_valid():
        name, messages = next(iter(form.errors.items()))
        raise BadFile(f"Entry {number} of the file cannot be read: {name}: {messages[0]} Nothing was stored.")
    return form.arguments()


def bring(*, user: User, public_id: uuid.UUID, saves: list[dict[str, Any]], now: datetime) -> Fate:
    """Replay what comes in time, keep the rest as too late.

    Raises NotNow during a break, BadFile for an item that the form does not have; then nothing is stored.
    """
    fate = Fate()
    try:
        with transaction.atomic():
            for save in saves:
                outcome = attempts.save(user=user, public_id=public_id, now=now, **save)
                match outcome:
                    case Saved():
                        fate.stored.append(save["position"])
                    case Closed(attempt):
                        _keep_late(attempt, saves, fate, now)
                        return fate
                    case OnBreak():
                        raise NotNow("A break is running. Go on with the exam, then hand the file in.")
                    case _:
                        fate.stale.append(save["position"])
    except NoSuchPlace as error:
        raise BadFile("The file names an item or option that this exam does not have. Nothing was stored.") from error
    except LedgerFull as error:
        raise BadFile("More was saved in this exam than any person can. Nothing of the file was stored.") from error
    return fate


def _keep_late(attempt: Attempt, saves: list[dict[str, Any]], fate: Fate, now: datetime) -> None:
    """The newest choice of each item, where it is another than the stored one; the first file of an item stays.

    Raises NoSuchPlace: an exam that has ended refuses before it looks at all of the file.
    """
    newest = {save["position"]: save["state"].chosen for save in saves}
    responses = Response.objects.filter(attempt=attempt, position__in=newest)
    served = list(responses.values_list("position", "chosen", "form_item__option_order"))
    stored = {position: chosen for position, chosen, _ in served}
    places = {position: len(order) for position, _, order in served}
    if any(save["state"].last_place > places.get(save["position"], -1) for save in saves):
        raise NoSuchPlace
    rows = [
        LateAnswer(attempt=attempt, position=position, chosen=chosen, at=now)
        for position, chosen in newest.items()
        if chosen is not None and chosen != stored[position]
    ]
    LateAnswer.objects.bulk_create(rows, ignore_conflicts=True)
    fate.late += [row.position for row in rows]
