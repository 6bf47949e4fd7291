"""Counting what people answered: finished mocks, each item version at a person's first meeting with it.

Counts are kept up as attempts are scored and can be rebuilt from the stored responses; both come out the same, until
somebody who was counted is erased: they stay in the counts, and no rebuilding knows of them. Mocks of instructors stay
out: they know the bank. An item counts as met in every form that was opened, whatever was done with it, and when
practice has shown it.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.db import connection, models, transaction

from accounts import roles
from exams.models import AnswerCount, Attempt, FormItem, PracticeItem, Response, Score, TimeCount

Cells = Counter[tuple[Any, ...]]
ANSWER_COLUMNS = ("version_id", "is_scored", "scored_count", "answer", "total")
TIME_COLUMNS = ("version_id", "step")
ROWS_AT_ONCE = 5000


def count(*, attempt: Attempt) -> bool:
    """Add a scored attempt to the counts, once; says whether it was added just now."""
    with transaction.atomic():
        score = Score.objects.select_for_update(of=("self",)).filter(attempt=attempt, is_counted=None).first()
        if score is None:
            return False
        score.is_counted = not roles.is_instructor(attempt.user)
        score.save(update_fields=["is_counted"])
        if score.is_counted:
            answers, times = cells_of(attempt, score)
            _add(AnswerCount, ANSWER_COLUMNS, answers)
            _add(TimeCount, TIME_COLUMNS, times)
        return score.is_counted


def take_out(*, score: Score) -> None:
    """Take a counted attempt out of the counts, before its total changes; `count` puts it back. In a transaction."""
    if score.is_counted:
        answers, times = cells_of(score.attempt, score)
        _add(AnswerCount, ANSWER_COLUMNS, Counter({cell: -n for cell, n in answers.items()}))
        _add(TimeCount, TIME_COLUMNS, Counter({cell: -n for cell, n in times.items()}))
    Score.objects.filter(pk=score.pk).update(is_counted=None)


def uncounted() -> Iterable[Attempt]:
    """Scored attempts that a lost task left out."""
    return Attempt.objects.filter(score__is_counted=None, score__isnull=False).select_related("user")


@transaction.atomic
def rebuild() -> int:
    """Count every counted attempt anew from its responses; returns how many there are."""
    AnswerCount.objects.all().delete()
    TimeCount.objects.all().delete()
    scores = Score.objects.filter(is_counted=True).select_related("attempt")
    answers: Cells = Counter()
    times: Cells = Counter()
    n = 0
    for n, score in enumerate(scores.iterator(chunk_size=200), start=1):  # noqa: B007  counted
        for total, cells in zip((answers, times), cells_of(score.attempt, score), strict=True):
            total.update(cells)
    _add(AnswerCount, ANSWER_COLUMNS, answers)
    _add(TimeCount, TIME_COLUMNS, times)
    return n


def cells_of(attempt: Attempt, score: Score) -> tuple[Cells, Cells]:
    """One attempt's cells of AnswerCount and of TimeCount, items met before left out."""
    met = _versions_met_before(attempt)
    responses = Response.objects.filter(attempt=attempt).select_related("form_item").order_by("position")
    last = max((response.position for response in responses if response.chosen is not None), default=0)
    answers: Cells = Counter()
    times: Cells = Counter()
    for response in responses:
        form_item = response.form_item
        if form_item.version_id in met:
            continue
        answer = _answer(response, last)
        answers[form_item.version_id, form_item.is_scored, score.scored_count, answer, score.raw] += 1
        if answer != AnswerCount.NOT_REACHED:
            step = min(TimeCount.LAST_STEP, response.visible_ms // (1000 * TimeCount.STEP_SECONDS))
            times[form_item.version_id, step] += 1
    return answers, times


def _answer(response: Response, last: int) -> int:
    if response.chosen is not None:
        return int(response.form_item.option_order[response.chosen - 1])
    return AnswerCount.OMITTED if response.position < last else AnswerCount.NOT_REACHED


def _versions_met_before(attempt: Attempt) -> set[int]:
    earlier = Attempt.objects.filter(user=attempt.user_id, started_at__lt=attempt.started_at)
    served = FormItem.objects.filter(exam_form__attempts__in=earlier).values_list("version_id", flat=True)
    practised = PracticeItem.objects.filter(session__user=attempt.user_id, shown_at__lt=attempt.started_at)
    return {*served, *practised.values_list("version_id", flat=True)}


def _add(model: type[models.Model], columns: tuple[str, ...], cells: Cells) -> None:
    """Add to the cells' counts in one statement for many; the ORM has no `n = n + EXCLUDED.n`.

    Sorted, so that two writers lock rows in the same order.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    names, places = ", ".join(columns), ", ".join(["%s"] * (len(columns) + 1))
    statement = (
        f"INSERT INTO {table} ({names}, n) VALUES ({places}) "  # noqa: S608  no text from outside
        f"ON CONFLICT ({names}) DO UPDATE SET n = {table}.n + EXCLUDED.n"
    )
    removal = (
        f"UPDATE {table} SET n = n - %s WHERE "  # noqa: S608  no text from outside
        + " AND ".join(f"{name} = %s" for name in columns)
    )
    with connection.cursor() as cursor:
        waiting = iter(sorted(cells.items()))
        while rows := list(islice(waiting, ROWS_AT_ONCE)):
            if added := [(*cell, n) for cell, n in rows if n > 0]:
                cursor.executemany(statement, added)
            if taken := [(-n, *cell) for cell, n in rows if n < 0]:
                cursor.executemany(removal, taken)
