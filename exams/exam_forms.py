"""Storing chosen forms, publishing them for everybody, and proving them again."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from exams import form_problem, pools
from exams.assembly import DrawnForm, Place, Pool, arrange, draw
from exams.form_problem import Problem
from exams.models import Algorithm, BankSnapshot, ExamForm, ExamFormQuerySet, FormBuild, FormItem
from exams.pools import LoadedPool


def new_seed() -> str:
    """Secret until the attempt ends: whoever knows it can draw the same form from the open bank."""
    return secrets.token_hex(16)


def offered_to(user: User) -> ExamFormQuerySet:
    """Published forms that the person has neither sat nor given up for practice."""
    published = ExamForm.objects.published().not_sat_by(user).exclude(given_up_by__user=user)
    return published.filter(outline__is_current=True)


def next_published(user: User) -> ExamForm | None:
    return offered_to(user).first()


def next_number() -> int:
    """The number of the next published form; to be read before what the form is checked against.

    Of two that publish at once the database then admits one (exam_form_published_number_unique), and the other has not
    stored a form that overlaps with what it did not see.
    """
    last = ExamForm.objects.published().last()
    return (last.published_number or 0) + 1 if last else 1


def store(
    *, loaded: LoadedPool, drawn: DrawnForm, drawn_for: User | None, now: datetime, published_number: int | None = None
) -> ExamForm:
    """Freeze a drawn form. The bank's content is kept once for all forms that saw the same."""
    pool = loaded.pool
    # Within a start this joins its transaction: two statements fewer than with a savepoint of its own.
    with transaction.atomic(savepoint=False):
        keep_snapshot(pool.bank_digest, pool.bank_content)
        return _freeze(
            loaded=loaded,
            chosen=drawn,
            now=now,
            algorithm=Algorithm.DRAWN,
            snapshot_id=pool.bank_digest,
            exposure=list(pool.exposure),
            drawn_for=drawn_for,
            published_number=published_number,
        )


def store_solved(
    *, loaded: LoadedPool, problem: Problem, forms: list[dict[str, Any]], build: FormBuild, first: int, now: datetime
) -> list[ExamForm]:
    """Publish the forms of a build, each as {seed, codes}, numbered from `first`; call it within a transaction.

    They point to the problem that they solve: bank, traits, earlier forms and wish.
    """
    return [
        _freeze(
            loaded=loaded,
            chosen=arranged(problem, form),
            now=now,
            algorithm=Algorithm.SOLVED,
            snapshot_id=problem.digest,
            build=build,
            published_number=number,
        )
        for number, form in enumerate(forms, start=first)
    ]


def arranged(problem: Problem, form: Mapping[str, Any]) -> DrawnForm:
    """The codes of a solved form in its seed's order, as a draw orders what it chose."""
    chosen = [candidate for code in form["codes"] if (candidate := problem.candidate(code))]
    reused = tuple(sorted(problem.used & set(form["codes"])))
    return DrawnForm(form["seed"], problem.digest, arrange(chosen, form["seed"]), reused)


def keep_snapshot(digest: str, content: Mapping[str, Any]) -> None:
    BankSnapshot.objects.bulk_create([BankSnapshot(digest=digest, content=content)], ignore_conflicts=True)


def publish_next(*, now: datetime, seed: str | None = None) -> ExamForm:
    """Freeze the next published form (Form A, Form B …) for everybody, sharing no item with the earlier ones.

    Raises exams.assembly.BankTooSmall when what earlier published forms left over cannot fill the quotas.
    """
    number = next_number()
    loaded = pools.load(without=pools.in_published_forms())
    drawn = draw(loaded.pool, seed or new_seed())
    return store(loaded=loaded, drawn=drawn, drawn_for=None, now=now, published_number=number)


def redraw(exam_form: ExamForm) -> DrawnForm:
    """Draw the form again from its seed and its recorded pool; a test compares it with what is stored."""
    if exam_form.algorithm != Algorithm.DRAWN:
        raise ValueError(f"{exam_form} was not drawn but {exam_form.get_algorithm_display()}; see disproofs.")
    return draw(Pool.from_content(exam_form.snapshot.content, exam_form.exposure), exam_form.seed)


def disproofs(exam_form: ExamForm) -> list[str]:
    """What speaks against a stored form being what it says; empty when it is proved.

    A drawn form is drawn again. A solved one cannot be chosen again by another version of the solver: from the stored
    problem it is proved that every rule holds for all forms of its build, and that the order is its seed's.
    """
    if exam_form.algorithm == Algorithm.DRAWN:
        found, said = redraw(exam_form), []
    else:
        problem = Problem.from_content(exam_form.snapshot.content)
        forms = [_codes(form) for form in _of_build(exam_form)]
        said = [breach.says for breach in form_problem.breaches(problem, forms)]
        found = arranged(problem, {"seed": exam_form.seed, "codes": _codes(exam_form)})
    if found.pool_digest != exam_form.pool_digest:
        said.append("the recorded bank is not the one that the form was made from")
    if [_row(place) for place in found.places] != list(
        exam_form.form_items.order_by("position").values_list(
            "position", "item__code", "version__number", "is_scored", "option_order"
        )
    ):
        said.append("items, versions or their order differ")
    return said


def _of_build(exam_form: ExamForm) -> list[ExamForm]:
    return list(ExamForm.objects.filter(build=exam_form.build_id).order_by("published_number"))


def _codes(exam_form: ExamForm) -> list[str]:
    return list(exam_form.form_items.values_list("item__code", flat=True))


def _row(place: Place) -> tuple[int, str, int, bool, str]:
    return place.position, place.code, place.version, place.is_scored, "".join(map(str, place.option_order))


def _freeze(*, loaded: LoadedPool, chosen: DrawnForm, now: datetime, **fields: Any) -> ExamForm:
    exam_form = ExamForm.objects.create(
        outline=loaded.outline,
        seed=chosen.seed,
        pool_digest=chosen.pool_digest,
        practice_cut=loaded.outline.practice_cut,
        reused_count=len(chosen.reused),
        frozen_at=now,
        **fields,
    )
    FormItem.objects.bulk_create(_form_items(exam_form, loaded, chosen))
    return exam_form


def _form_items(exam_form: ExamForm, loaded: LoadedPool, chosen: DrawnForm) -> list[FormItem]:
    return [
        FormItem(
            exam_form=exam_form,
            position=place.position,
            item_id=loaded.ids[place.code][0],
            version_id=loaded.ids[place.code][1],
            is_scored=place.is_scored,
            option_order="".join(map(str, place.option_order)),
        )
        for place in chosen.places
    ]
