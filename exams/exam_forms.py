"""Storing drawn forms, publishing them for everybody, and proving them again."""

import secrets
from datetime import datetime

from django.db import transaction

from accounts.models import User
from exams import pools
from exams.assembly import ALGORITHM, DrawnForm, Pool, draw
from exams.models import BankSnapshot, ExamForm, FormItem
from exams.pools import LoadedPool


def new_seed() -> str:
    """Secret until the attempt ends: whoever knows it can draw the same form from the open bank."""
    return secrets.token_hex(16)


def next_published(user: User) -> ExamForm | None:
    return ExamForm.objects.published().not_sat_by(user).filter(outline__is_current=True).first()


def store(
    *, loaded: LoadedPool, drawn: DrawnForm, drawn_for: User | None, now: datetime, published_number: int | None = None
) -> tuple[ExamForm, list[FormItem]]:
    """Freeze a drawn form. The bank's content is kept once for all forms that saw the same."""
    pool = loaded.pool
    # Within a start this joins its transaction: two statements fewer than with a savepoint of its own.
    with transaction.atomic(savepoint=False):
        BankSnapshot.objects.bulk_create(
            [BankSnapshot(digest=pool.bank_digest, content=pool.bank_content)], ignore_conflicts=True
        )
        exam_form = ExamForm.objects.create(
            outline=loaded.outline,
            published_number=published_number,
            drawn_for=drawn_for,
            seed=drawn.seed,
            algorithm=ALGORITHM,
            snapshot_id=pool.bank_digest,
            exposure=list(pool.exposure),
            pool_digest=drawn.pool_digest,
            practice_cut=loaded.outline.practice_cut,
            reused_count=len(drawn.reused),
            frozen_at=now,
        )
        form_items = FormItem.objects.bulk_create(_form_items(exam_form, loaded, drawn))
    return exam_form, form_items


def publish_next(*, now: datetime, seed: str | None = None) -> ExamForm:
    """Freeze the next published form (Form A, Form B …) for everybody, sharing no item with the earlier ones.

    Raises exams.assembly.BankTooSmall when what earlier published forms left over cannot fill the quotas.
    """
    loaded = pools.load(without=pools.in_published_forms())
    drawn = draw(loaded.pool, seed or new_seed())
    last = ExamForm.objects.published().last()
    number = (last.published_number or 0) + 1 if last else 1
    return store(loaded=loaded, drawn=drawn, drawn_for=None, now=now, published_number=number)[0]


def redraw(exam_form: ExamForm) -> DrawnForm:
    """Draw the form again from its seed and its recorded pool; a test compares it with what is stored."""
    if exam_form.algorithm != ALGORITHM:
        raise ValueError(f"{exam_form} was drawn by algorithm {exam_form.algorithm}; this is {ALGORITHM}.")
    return draw(Pool.from_content(exam_form.snapshot.content, exam_form.exposure), exam_form.seed)


def _form_items(exam_form: ExamForm, loaded: LoadedPool, drawn: DrawnForm) -> list[FormItem]:
    return [
        FormItem(
            exam_form=exam_form,
            position=place.position,
            item_id=loaded.ids[place.code][0],
            version_id=loaded.ids[place.code][1],
            is_scored=place.is_scored,
            option_order="".join(map(str, place.option_order)),
        )
        for place in drawn.places
    ]
