"""Everything about a person as one ZIP: each table that leads to them as JSON and as CSV, and a page that explains it.

What an open exam must not tell is left out: its form, all but place and choice of its answers, and every other row that
names one of its questions (see exams.masking).
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ForeignKey, QuerySet
from django.template.loader import render_to_string

from accounts.models import User
from exams.masking import items_being_asked
from exams.models import Attempt, AttemptStatus, Response
from exams.privacy.tables import LEFT_OUT, LEFT_OUT_COLUMNS, Table, tables
from questions.exchange.sheets import csv_of

Row = dict[str, Any]
# What a reference is written as, instead of a number that says nothing outside of the database.
WORDS = {
    "questions.item": ("code",),
    "questions.itemversion": ("item__code", "number"),
    "questions.domain": ("code",),
    "questions.task": ("code",),
    "questions.outline": ("code",),
    "exams.formitem": ("item__code", "version__number", "option_order"),
    "exams.attempt": ("public_id",),
    "exams.practicesession": ("public_id",),
    "exams.response": ("position", "attempt__public_id"),
    "exams.examform": ("published_number",),
}
OPEN_ANSWER = ("attempt__public_id", "position", "chosen")
ROWS_AT_ONCE = 2000


def write(*, user: User, path: Path, now: datetime, tell: Callable[[int, int], None]) -> None:
    """Write the ZIP; `tell` hears how many tables of how many are done."""
    asked = items_being_asked(user)
    wanted = [table for table in tables() if table.is_exported]
    contents: list[tuple[str, int]] = []
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for done, table in enumerate(wanted):
            tell(done, len(wanted))
            if rows := rows_of(table, user, asked):
                archive.writestr(f"{table.label}.json", json.dumps(rows, cls=DjangoJSONEncoder, indent=1))
                archive.writestr(f"{table.label}.csv", csv_of(_cells(rows)))
                contents.append((table.label, len(rows)))
        archive.writestr("README.txt", _explained(user, contents, now, is_masked=bool(asked)))
    tell(len(wanted), len(wanted))


def rows_of(table: Table, user: User, asked: set[int]) -> list[Row]:
    """The person's rows of one table, with what the person is in each; `asked` are the items of their open exams."""
    found: dict[Any, Row] = {}
    open_attempts = Attempt.objects.of(user).open()
    for lookup in table.lookups:
        rows = table.model._default_manager.filter(**{lookup: user.pk}).order_by("pk")
        for row in _read(table, _masked(rows, table, asked, open_attempts), user):
            found.setdefault(row["pk"], row | {"you_are": []})["you_are"].append(lookup.replace("__", " of "))
    rows_in_order = [found[pk] for pk in sorted(found)]
    if table.model is User:
        return [row | {"roles": list(user.groups.values_list("name", flat=True))} for row in rows_in_order]
    if table.model is Response:
        rows_in_order += _open_answers(open_attempts)
    return rows_in_order


def _masked(rows: QuerySet[Any], table: Table, asked: set[int], open_attempts: QuerySet[Attempt]) -> QuerySet[Any]:
    if table.label == "exams.examform":
        return rows.exclude(attempts__status=AttemptStatus.OPEN)
    if table.model is Response:
        rows = rows.exclude(attempt__in=open_attempts)
    for lookup in table.item_lookups:
        rows = rows.exclude(**{f"{lookup}__in": asked})
    return rows


def _read(table: Table, rows: QuerySet[Any], user: User) -> Iterator[Row]:
    names = {"pk": "pk"}
    people: list[str] = []
    for field in table.columns:
        if not isinstance(field, ForeignKey):
            names[field.name] = field.name
        elif field.related_model is User:
            people.append(field.name)
            names[field.name] = field.attname
        else:
            words = WORDS.get(field.related_model._meta.label_lower)
            names |= {f"{field.name} {word.replace('__', ' ')}": f"{field.name}__{word}" for word in words or ()}
            if words is None:
                names[field.name] = field.attname
    for values in rows.values_list(*names.values()).iterator(chunk_size=ROWS_AT_ONCE):
        row = dict(zip(names, values, strict=True))
        yield row | {name: _whom(row[name], user) for name in people}


def _whom(pk: int | None, user: User) -> str | None:
    """Who somebody else is, is theirs."""
    return None if pk is None else "you" if pk == user.pk else "somebody else"


def _open_answers(open_attempts: QuerySet[Attempt]) -> list[Row]:
    """Of an exam that runs no more than what the person did in it."""
    rows = Response.objects.filter(attempt__in=open_attempts).order_by("attempt", "position")
    return [
        {"attempt public_id": attempt, "position": position, "chosen": chosen}
        for attempt, position, chosen in rows.values_list(*OPEN_ANSWER)
    ]


def _cells(rows: list[Row]) -> Iterator[list[str]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    yield names
    for row in rows:
        yield [_cell(row.get(name)) for name in names]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, cls=DjangoJSONEncoder).strip('"')


def _explained(user: User, contents: list[tuple[str, int]], now: datetime, *, is_masked: bool) -> str:
    context = {
        "user": user,
        "now": now,
        "contents": contents,
        "left_out": sorted(LEFT_OUT.items()),
        "left_out_columns": [(label, column, why) for (label, column), why in sorted(LEFT_OUT_COLUMNS.items())],
        "is_masked": is_masked,
    }
    return render_to_string("exams/personal_export.txt", context)
