"""Parallel forms from the wish to the freeze: what is stored when, and what stands against publishing a proposal.

States and their one way: exams.models.FormBuild. The search runs outside any transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from exams import exam_forms, pools
from exams.form_obstacles import obstacles
from exams.form_problem import Problem, Rule, Wish, breaches
from exams.models import BuildState, ExamForm, FormBuild
from exams.parallel_forms import Verdict, choose
from exams.pools import LoadedPool, NoOutline
from questions.models import Item

# What may have come true or false since the proposal; levels and predictions belong to versions and stay.
CHANGING = (Rule.QUOTAS, Rule.EARLIER, Rule.ENEMIES)


class Refused(Exception):
    """Nothing was published; the reasons are in words for people."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__("; ".join(self.reasons))


def ask(*, wish: Wish, by: User, now: datetime) -> FormBuild:
    return FormBuild.objects.create(wish=asdict(wish), by=by, asked_at=now, heard_at=now)


def patience() -> timedelta:
    """After so long a silence a search is taken for dead."""
    return timedelta(seconds=2 * settings.FORM_BUILD_SECONDS + 60)


def lost(*, now: datetime) -> QuerySet[FormBuild]:
    return FormBuild.objects.silent_since(now - patience())


def run(*, build: FormBuild, clock: Callable[[], datetime]) -> None:
    """Search for the forms and store the proposal or why there is none.

    1. Of several runners one claims the build; a search that fell silent may be claimed again.
    2. Each step is stored as it begins, so that a page can show it.
    3. A fault ends the build as failed and is raised all the same.
    """
    if not _claim(build, clock()):
        return
    try:
        found = _search(build, clock)
    except NoOutline as error:
        found = {"state": BuildState.FAILED, "message": str(error)}
    except Exception:
        message = "The search broke off by a fault of this site, which its log tells. Ask again."
        _end(build, clock(), state=BuildState.FAILED, message=message)
        raise
    _end(build, clock(), **found)


def _claim(build: FormBuild, now: datetime) -> bool:
    waiting = FormBuild.objects.filter(pk=build.pk, state=BuildState.WAITING)
    fields = {"state": BuildState.RUNNING, "heard_at": now, "message": "reading the bank"}
    # Twice a conditional update: a row in either state is claimed by one runner alone.
    return bool(waiting.update(**fields) or lost(now=now).filter(pk=build.pk).update(**fields))


def _end(build: FormBuild, now: datetime, **found: Any) -> None:
    """Nothing is written when another runner has ended it before."""
    running = FormBuild.objects.filter(pk=build.pk, state=BuildState.RUNNING)
    running.update(heard_at=now, **found)


def _search(build: FormBuild, clock: Callable[[], datetime]) -> dict[str, Any]:
    def tell(done: int, total: int, says: str) -> None:
        running = FormBuild.objects.filter(pk=build.pk, state=BuildState.RUNNING)
        running.update(done=done, total=total, message=says, heard_at=clock())

    problem = problem_of(Wish(**build.wish))
    tell(0, 1, f"choosing among {len(problem.eligible)} items")
    seed, seconds = exam_forms.new_seed(), settings.FORM_BUILD_SECONDS
    outcome = choose(problem, seed=seed, seconds=seconds)
    if outcome.verdict == Verdict.FOUND:
        # The draw of lots is told to nobody; the order of each form has a seed of its own.
        forms = [{"seed": exam_forms.new_seed(), "codes": list(codes)} for codes in outcome.forms]
        exam_forms.keep_snapshot(problem.digest, problem.content)
        return {
            "state": BuildState.PROPOSED,
            "done": 1,
            "total": 1,
            "message": "Every rule holds. Nothing is published yet.",
            "snapshot_id": problem.digest,
            "result": {"forms": forms},
        }
    if outcome.verdict == Verdict.OUT_OF_TIME:
        message = (
            f"In {seconds} seconds no forms were found, and it was not proved either that there are none. Ask for "
            "fewer forms or looser limits, or have FORM_BUILD_SECONDS raised."
        )
        return {"state": BuildState.FAILED, "message": message}
    tell(1, 2, "no forms keep every rule; looking for the reason")
    found = obstacles(
        problem, seed=seed, seconds=seconds, tell=lambda done, total, says: tell(1 + done, 1 + total, says)
    )
    return {"state": BuildState.INFEASIBLE, "message": found.headline, "result": asdict(found)}


def problem_of(wish: Wish) -> Problem:
    """The bank as it is now, with the published forms, under a wish. Raises NoOutline."""
    loaded = pools.load()
    return Problem(
        pool=loaded.pool,
        traits=pools.traits(loaded.outline),
        earlier=pools.by_published_form(),
        wish=wish,
        names=dict(loaded.outline.domains.values_list("number", "name")),
    )


def freeze(*, build: FormBuild, by: User, now: datetime) -> list[ExamForm]:
    """Publish a proposal's forms under the next numbers. Raises Refused, and then nothing is stored.

    1. Of several who freeze the build, the conditional update admits one.
    2. Its items are locked, so that none is moved until the forms are there.
    3. What has changed since the proposal is looked up; any change that concerns these forms refuses.
    4. Of two builds at once the unique number admits one (exams.exam_forms.next_number).
    """
    try:
        with transaction.atomic():
            return _freeze(build, by, now)
    except IntegrityError as error:
        raise Refused(["Somebody else published a form at the same moment. Look at the proposal again."]) from error


def _freeze(build: FormBuild, by: User, now: datetime) -> list[ExamForm]:
    proposed = FormBuild.objects.filter(pk=build.pk, state=BuildState.PROPOSED)
    if not proposed.update(state=BuildState.FROZEN, frozen_at=now, frozen_by=by):
        raise Refused(["There is nothing to freeze: these forms are published already, or were never found."])
    build.refresh_from_db()
    problem, forms = proposal(build)
    codes = frozenset(code for form in forms for code in form["codes"])
    list(Item.objects.select_for_update(no_key=True).filter(code__in=codes).order_by("pk"))
    first = exam_forms.next_number()
    loaded = pools.load(only=codes)
    if reasons := changes(problem, loaded, forms):
        raise Refused(reasons)
    return exam_forms.store_solved(loaded=loaded, problem=problem, forms=forms, build=build, first=first, now=now)


def proposal(build: FormBuild) -> tuple[Problem, list[dict[str, Any]]]:
    """The problem that a proposed or frozen build solves, and its forms as {seed, codes}."""
    if build.snapshot is None or build.result is None:
        raise ValueError(f"{build} proposes nothing.")
    return Problem.from_content(build.snapshot.content), build.result["forms"]


def changes(problem: Problem, loaded: LoadedPool, forms: list[dict[str, Any]]) -> list[str]:
    """What has happened since a proposal and speaks against publishing it; `loaded` holds its items as they are now."""
    present = Problem(loaded.pool, problem.traits, pools.by_published_form(), problem.wish, problem.names)
    codes = sorted({code for form in forms for code in form["codes"]})
    moved = [says for code in codes if (says := _change_of(code, problem, present))]
    # A missing item leaves its quota short as well; it is named once.
    broken = breaches(present, [form["codes"] for form in forms]) if not moved else []
    return moved + [f"{breach.says[:1].upper()}{breach.says[1:]}." for breach in broken if breach.rule in CHANGING]


def _change_of(code: str, problem: Problem, present: Problem) -> str:
    then, now = problem.candidate(code), present.candidate(code)
    if now is None or then is None:
        status = Item.objects.filter(code=code).values_list("status", flat=True).first() or "deleted"
        return f"{code} can no longer be drawn: it is {status}, or no item of the current outline."
    if now.version != then.version:
        return f"{code} has changed: version {now.version} is published, the proposal holds version {then.version}."
    if now.cell != then.cell:
        return f"{code} now stands under {present.in_words(now.cell)} instead of {problem.in_words(then.cell)}."
    return ""
