"""Which items a person may practise, and which of them a session takes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import User
from exams import pools
from exams.apportionment import apportion
from exams.assembly import BankTooSmall, Candidate, DrawnForm, Pool, draw
from exams.masking import items_being_asked
from exams.models import Attempt, ExamForm, FormItem, PracticeSource
from exams.pools import LoadedPool
from exams.practice import history, review
from questions.models import Item

# In practice scored items and pilots are alike: every candidate stands in its domain's first cell, or in one for all.
ANYWHERE = 0


@dataclass(frozen=True)
class Wish:
    """What a session should hold. No domains and no tasks means all; `in_proportion` spreads it as an exam does."""

    size: int
    source: str = PracticeSource.UNSEEN
    domains: frozenset[str] = frozenset()
    tasks: frozenset[str] = frozenset()
    in_proportion: bool = False


@dataclass(frozen=True)
class Chosen:
    """The places of a session in order, with the ids that storing them needs."""

    loaded: LoadedPool
    drawn: DrawnForm


class NothingToPractise(Exception):
    """No item fits the wish; the message says why, in words for people."""


def choose(*, user: User, wish: Wish, seed: str, now: datetime) -> Chosen:
    """Draw a session: as many items as there are up to the wished size, enemies apart, the longest unseen first.

    Raises NothingToPractise, and exams.pools.NoOutline before any content was loaded.
    """
    loaded = pools.load_for(user)
    codes = _codes(user, wish, now)
    candidates = [candidate for candidate in loaded.pool.candidates if candidate.code in codes]
    if not candidates:
        raise NothingToPractise(_why_nothing(wish))
    pool = replace(
        loaded.pool,
        candidates=tuple(_in_one_cell(candidate, wish) for candidate in candidates),
        quotas=_quotas(wish, candidates),
    )
    return Chosen(loaded, _draw_what_there_is(pool, seed))


def counts(*, user: User, now: datetime) -> dict[str, int]:
    """How many items each source holds for this person, in a few statements for all."""
    free = dict(_free(user, Wish(1)).values_list("pk", "code"))
    last = {item: meeting for item, meeting in history.last_of(user).items() if item in free}
    due = set(review.due(user=user, now=now).values_list("item_id", flat=True))
    return {
        PracticeSource.UNSEEN.value: len(set(free.values()) - set(pools.seen_by(user))),
        PracticeSource.MISSED.value: sum(not meeting.is_right for meeting in last.values()),
        PracticeSource.FLAGGED.value: sum(meeting.is_flagged for meeting in last.values()),
        PracticeSource.DUE.value: len(due & free.keys()),
        PracticeSource.ALL.value: len(free),
    }


def locked_items(user: User) -> set[int]:
    """Items that practice must not touch: those of published forms still to be sat, and of exams that are open."""
    untouched = ExamForm.objects.published().exclude(given_up_by__user=user)
    untouched = untouched.exclude(pk__in=Attempt.objects.of(user).ended().values("exam_form"))
    held = FormItem.objects.filter(exam_form__in=untouched).values_list("item_id", flat=True)
    return set(held) | items_being_asked(user)


def _free(user: User, wish: Wish) -> QuerySet[Item]:
    """What the wish's domains and tasks hold for practice, whatever the source."""
    items = Item.objects.drawable().exclude(pk__in=locked_items(user))
    if wish.domains or wish.tasks:
        task = "published_version__task"
        items = items.filter(Q(**{f"{task}__domain__code__in": wish.domains}) | Q(**{f"{task}__code__in": wish.tasks}))
    return items


def _codes(user: User, wish: Wish, now: datetime) -> set[str]:
    items = _free(user, wish)
    match wish.source:
        case PracticeSource.MISSED:
            items = items.filter(pk__in=history.missed(user))
        case PracticeSource.FLAGGED:
            items = items.filter(pk__in=history.flagged(user))
        case PracticeSource.DUE:
            items = items.filter(pk__in=review.due(user=user, now=now).values("item"))
        case PracticeSource.UNSEEN:
            items = items.exclude(code__in=pools.seen_by(user))
    return set(items.values_list("code", flat=True))


def _in_one_cell(candidate: Candidate, wish: Wish) -> Candidate:
    return replace(candidate, is_scored=True, domain=candidate.domain if wish.in_proportion else ANYWHERE)


def _quotas(wish: Wish, candidates: list[Candidate]) -> dict[tuple[int, bool], int]:
    if not wish.in_proportion:
        return {(ANYWHERE, True): min(wish.size, len(candidates))}
    weights = pools.current_weights()
    present = {candidate.domain for candidate in candidates}
    shares = apportion(wish.size, {number: weight for number, weight in weights.items() if number in present})
    return {(number, True): quota for number, quota in shares.items()}


def _draw_what_there_is(pool: Pool, seed: str) -> DrawnForm:
    """A short bank makes a short session: quotas that cannot be filled are lowered to what can."""
    quotas: Mapping[tuple[int, bool], int] = pool.quotas
    while True:
        try:
            return draw(replace(pool, quotas=quotas), seed)
        except BankTooSmall as error:
            quotas = {**quotas, **{(lack.domain, lack.is_scored): lack.found for lack in error.lacks}}


def _why_nothing(wish: Wish) -> str:
    return {
        PracticeSource.UNSEEN: "You have seen every item that is free for practice. Take all, or those you missed.",
        PracticeSource.MISSED: "There is no item here that you missed last time.",
        PracticeSource.FLAGGED: "You have flagged no item here.",
        PracticeSource.DUE: "Nothing is due for review today.",
    }.get(PracticeSource(wish.source), "No item here is free for practice yet.")
