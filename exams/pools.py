"""From the database to the plain pool that assembly draws from."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max

from accounts.models import User
from exams.apportionment import apportion
from exams.assembly import BankTooSmall, Candidate, Cell, Pool
from exams.form_problem import Trait
from exams.models import FormItem, PracticeItem
from questions.models import Domain, EnemyPair, Item, ItemStatus, OptionOrder, Outline


class NoOutline(Exception):
    """No outline is current: content was never loaded."""


@dataclass(frozen=True)
class LoadedPool:
    """A pool with the ids that storing a drawn form needs: code to (item id, version id)."""

    outline: Outline
    pool: Pool
    ids: Mapping[str, tuple[int, int]]


def load(
    *, exposure: tuple[str, ...] = (), without: frozenset[str] = frozenset(), only: frozenset[str] | None = None
) -> LoadedPool:
    """The current outline's pool, `exposure` ranked last, the codes in `without` left out, or `only` the given codes.

    Raises NoOutline when no content was loaded.
    """
    outline, quotas = current_quotas()
    rows = [row for row in _candidate_rows(outline, only) if row["code"] not in without]
    pool = Pool(tuple(_candidate(row) for row in rows), quotas, enemy_pairs(), exposure)
    return LoadedPool(outline, pool, {row["code"]: (row["pk"], row["published_version_id"]) for row in rows})


def load_for(user: User, *, fresh_only: bool = False) -> LoadedPool:
    """The pool as one person meets it; `fresh_only` leaves out what the person has seen."""
    seen = seen_by(user)
    return load(without=frozenset(seen)) if fresh_only else load(exposure=seen)


def in_published_forms() -> frozenset[str]:
    return frozenset().union(*by_published_form().values())


def by_published_form() -> dict[int, frozenset[str]]:
    """Codes of each published form under its number."""
    rows = FormItem.objects.filter(exam_form__published_number__isnull=False)
    codes: dict[int, set[str]] = defaultdict(set)
    for number, code in rows.values_list("exam_form__published_number", "item__code"):
        codes[number or 0].add(code)
    return {number: frozenset(found) for number, found in codes.items()}


def traits(outline: Outline) -> dict[str, Trait]:
    """What balanced forms are balanced by, of every drawable item."""
    items = Item.objects.drawable().filter(published_version__task__domain__outline=outline)
    rows = items.values_list("code", "published_version__cognitive", "published_version__predicted_p")
    return {code: Trait(str(level), predicted_p) for code, level, predicted_p in rows}


def current_quotas() -> tuple[Outline, dict[Cell, int]]:
    domains = list(Domain.objects.filter(outline__is_current=True).select_related("outline"))
    if not domains:
        raise NoOutline("No outline is current. Run `manage.py load_content` first.")
    outline = domains[0].outline
    return outline, quotas_of(outline, {domain.number: domain.weight for domain in domains})


def current_weights() -> dict[int, int]:
    """The weight of each domain of the current outline by its number."""
    return dict(Domain.objects.filter(outline__is_current=True).values_list("number", "weight"))


def quotas_of(outline: Outline, weights: Mapping[int, int]) -> dict[Cell, int]:
    counts = {True: outline.scored_count, False: outline.pilot_count}
    return {
        (number, is_scored): quota
        for is_scored, count in counts.items()
        for number, quota in apportion(count, weights).items()
    }


def in_words(error: BankTooSmall) -> str:
    """What the bank lacks, with the domains' names: 'Operations lacks 2 of 16 scored items'."""
    names = dict(Domain.objects.filter(outline__is_current=True).values_list("number", "name"))
    return "; ".join(
        f"{names.get(lack.domain, lack.domain)} lacks {lack.wanted - lack.found} of {lack.wanted} "
        f"{'scored' if lack.is_scored else 'pilot'} items"
        for lack in error.lacks
    )


def seen_by(user: User) -> tuple[str, ...]:
    """Codes of all items that were served to a person, in mocks or practice, longest ago first."""
    mocks = FormItem.objects.filter(exam_form__attempts__user=user).values_list("item__code")
    practice = PracticeItem.objects.filter(session__user=user, shown_at__isnull=False).values_list("item__code")
    rows = (
        mocks.annotate(at=Max("exam_form__attempts__started_at"))
        .order_by()
        .union(practice.annotate(at=Max("shown_at")).order_by(), all=True)
    )
    last: dict[str, datetime] = {}
    for code, at in rows:
        last[code] = max(at, last.get(code, at))
    return tuple(sorted(last, key=lambda code: (last[code], code)))


def enemy_pairs() -> frozenset[frozenset[str]]:
    pairs = EnemyPair.objects.values_list("first__code", "second__code")
    return frozenset(frozenset(pair) for pair in pairs)


def _candidate_rows(outline: Outline, only: frozenset[str] | None = None) -> list[dict[str, Any]]:
    items = Item.objects.drawable().filter(published_version__task__domain__outline=outline).order_by("code")
    if only is not None:
        items = items.filter(code__in=only)
    rows = items.values("pk", "code", "status", "matched_set", "published_version_id").annotate(
        version=F("published_version__number"),
        order=F("published_version__order"),
        domain=F("published_version__task__domain__number"),
        option_count=Count("published_version__options"),
    )
    return [{**row} for row in rows]


def _candidate(row: Mapping[str, Any]) -> Candidate:
    return Candidate(
        code=row["code"],
        version=row["version"],
        domain=row["domain"],
        is_scored=row["status"] == ItemStatus.OPERATIONAL,
        option_count=row["option_count"],
        is_fixed=row["order"] == OptionOrder.FIXED,
        matched_set=row["matched_set"],
    )
