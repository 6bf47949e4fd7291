"""The usual save as one statement, for PostgreSQL alone: it saves five round trips of six.

Whatever is not usual (a retry, a stale page, an exam that ended, a break, an unknown item, a full ledger, two saves at
once) stores nothing here and is left to exams.attempts.save, which can say what it is.
"""

import json
from typing import Any

from django.db import connection

from exams.item_state import Operation
from exams.models import Attempt, Response
from exams.models.attempt import save_grace

# The attempt row is the mutex here as well. A statement sees the other tables as they were when it began, so somebody
# else's save may have been stored while this one waited for the lock. That one has taken the same next place in the
# ledger, and then the entry below is refused by the ledger's unique keys, and with it the response.
STATEMENT = """
WITH locked AS (
    SELECT id, deadline_at, break_ends_at FROM exams_attempt
    WHERE public_id = %(public_id)s AND user_id = %(user)s AND status = 'open' AND deadline_at > %(open_deadline)s
        AND (break_ends_at IS NULL OR break_ends_at <= %(now)s)
    FOR NO KEY UPDATE
), entry AS (
    INSERT INTO exams_attemptevent
        (attempt_id, sequence, kind, at, position, op_id, revision, chosen, flagged, struck, late_ms)
    SELECT locked.id, ledger.last + 1, 'saved',
        %(now)s, response.position, %(op_id)s, response.revision + 1, %(chosen)s, %(flagged)s,
        COALESCE(%(struck)s, response.struck),
        GREATEST(0, FLOOR(EXTRACT(EPOCH FROM %(now)s - locked.deadline_at) * 1000))
    FROM locked
    CROSS JOIN LATERAL (SELECT max(sequence) AS last FROM exams_attemptevent WHERE attempt_id = locked.id) ledger
    JOIN exams_response response ON response.attempt_id = locked.id
    JOIN exams_formitem form_item ON form_item.id = response.form_item_id
    WHERE response.position = %(position)s AND response.revision = %(base)s
        AND response.last_op_id IS DISTINCT FROM %(op_id)s AND LENGTH(form_item.option_order) >= %(last_place)s
        AND ledger.last < %(most)s
    ON CONFLICT DO NOTHING
    RETURNING attempt_id, sequence, position, revision, struck
)
UPDATE exams_response response SET
    chosen = %(chosen)s,
    flagged = %(flagged)s,
    struck = entry.struck,
    note = COALESCE(%(note)s, response.note),
    highlights = COALESCE(%(highlights)s, response.highlights),
    revision = entry.revision,
    last_op_id = %(op_id)s,
    answered_at = CASE WHEN response.chosen IS DISTINCT FROM %(chosen)s THEN %(now)s ELSE response.answered_at END
FROM entry, locked
WHERE response.attempt_id = entry.attempt_id AND response.position = entry.position
RETURNING entry.sequence, response.id, locked.id, locked.deadline_at, locked.break_ends_at, response.revision,
    response.struck, response.note, response.highlights
"""
TYPES = {
    "public_id": "uuid",
    "user": "bigint",
    "open_deadline": "timestamptz",
    "now": "timestamptz",
    "op_id": "uuid",
    "chosen": "smallint",
    "flagged": "boolean",
    "struck": "varchar",
    "position": "smallint",
    "base": "integer",
    "last_place": "integer",
    "most": "integer",
    "note": "text",
    "highlights": "jsonb",
}


def save_usual(operation: Operation, *, most: int) -> tuple[Response, int] | None:
    """Store one item's state, and its entry in the ledger under the number told; None where nothing was stored.

    `most` is how many entries a ledger takes.
    """
    state, now = operation.state, operation.now
    values: dict[str, Any] = {
        "public_id": operation.public_id,
        "user": operation.user.pk,
        "open_deadline": now - save_grace(),
        "now": now,
        "op_id": operation.op_id,
        "chosen": state.chosen,
        "flagged": state.flagged,
        "struck": state.struck,
        "position": operation.position,
        "base": operation.base,
        "last_place": state.last_place,
        "most": most,
        "note": state.note,
        "highlights": None if state.highlights is None else json.dumps(state.highlights),
    }
    with connection.cursor() as cursor:
        cursor.execute(TYPED, values)
        row = cursor.fetchone()
    if row is None:
        return None
    sequence, response_id, attempt_id, deadline_at, break_ends_at, revision, struck, note, highlights = row
    response = Response(
        pk=response_id,
        attempt=Attempt(
            pk=attempt_id, public_id=operation.public_id, deadline_at=deadline_at, break_ends_at=break_ends_at
        ),
        position=operation.position,
        chosen=state.chosen,
        flagged=state.flagged,
        struck=struck,
        note=note,
        highlights=json.loads(highlights),
        revision=revision,
        last_op_id=operation.op_id,
    )
    return response, sequence


# Parameters are written into the statement by the driver, where a bare NULL or a quoted text has no type.
TYPED = STATEMENT % {name: f"%({name})s::{kind}" for name, kind in TYPES.items()}
