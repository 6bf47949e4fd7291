"""Why parallel forms cannot be built, in words with numbers: what the bank lacks, and what would have to give. Pure.

Every change that is named as enough was tried: forms that keep all rules of the changed wish were found.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from time import monotonic

from exams.form_problem import Problem, Rule, Wish, breaches
from exams.parallel_forms import Outcome, Verdict, choose, relax

# Called before each step: which one, of how many, what is tried.
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """`lacks` are quotas that no choice can fill; each of `reliefs` alone would be enough.

    `is_cut_short` when the time was over before everything was tried.
    """

    lacks: tuple[str, ...]
    reliefs: tuple[str, ...]
    is_cut_short: bool

    @property
    def headline(self) -> str:
        if self.lacks:
            return "The bank is too small for this wish."
        if self.reliefs:
            return "No choice of items keeps every rule at once."
        return "No choice of items keeps every rule at once, and giving up a single one was not found to be enough."


def obstacles(problem: Problem, *, seed: str, seconds: float, tell: Tell) -> Obstacles:
    """Of a wish that was proved impossible: give up one group of rules after the other and look what it takes."""
    until = monotonic() + seconds
    lacks = tuple(_lacks(problem))
    rules = [rule for rule in _worth_trying(problem) if not lacks or rule in (Rule.EARLIER, Rule.SHARED)]
    fewer = range(problem.wish.forms - 1, 0, -1)
    total = len(rules) + len(fewer)
    reliefs: list[str] = []
    is_cut_short = False
    for n, rule in enumerate(rules):
        tell(n, total, f"trying what it takes to give up: {rule}")
        share = (until - monotonic()) / (total - n)
        outcome = relax(_opened(problem, rule), rule, seed=seed, seconds=share)
        is_cut_short |= outcome.verdict == Verdict.OUT_OF_TIME
        reliefs += _relief(problem, rule, outcome)
    for n, forms in enumerate(fewer):
        tell(len(rules) + n, total, f"trying {_forms(forms)}")
        smaller = replace(problem, wish=replace(problem.wish, forms=forms))
        outcome = choose(smaller, seed=seed, seconds=until - monotonic())
        is_cut_short |= outcome.verdict == Verdict.OUT_OF_TIME
        if outcome.verdict == Verdict.FOUND:
            reliefs.append(f"{_forms(forms)} instead of {problem.wish.forms} can be built as asked.")
            break
    return Obstacles(lacks, tuple(reliefs), is_cut_short)


def _lacks(problem: Problem) -> Iterator[str]:
    """Cells with fewer items than places, by mere counting."""
    wish = problem.wish
    # Where forms may share items, a cell has at least to fill one form.
    forms = 1 if wish.shared else wish.forms
    fresh = "" if wish.overlap or not problem.earlier else " fresh"
    for cell, members in sorted(problem.by_cell.items()):
        needed = forms * problem.pool.quotas[cell]
        if len(members) < needed:
            need = "needs" if forms == 1 else "need"
            yield f"{problem.in_words(cell)}: {_forms(forms)} {need} {needed}{fresh}, the bank has {len(members)}."


def _worth_trying(problem: Problem) -> list[Rule]:
    rules = [Rule.LEVELS, Rule.DIFFICULTY, Rule.ENEMIES]
    if problem.used:
        rules.append(Rule.EARLIER)
    if problem.wish.forms > 1:
        rules.append(Rule.SHARED)
    return rules


def _opened(problem: Problem, rule: Rule) -> Problem:
    """Where items of earlier forms are tried, they are eligible and count towards the targets."""
    if rule == Rule.EARLIER:
        return replace(problem, wish=replace(problem.wish, overlap=sum(problem.pool.quotas.values())))
    return problem


def _relief(problem: Problem, rule: Rule, outcome: Outcome) -> list[str]:
    if outcome.verdict != Verdict.FOUND:
        return []
    if rule == Rule.SHARED and outcome.slack > sum(problem.pool.quotas.values()) - 1:
        # The same form twice is no relief.
        return []
    if rule == Rule.ENEMIES:
        return [_enemies_in_words(problem, outcome)]
    wish, says = _changed(problem, rule, outcome)
    # Not to be thought impossible: a search that was stopped may end a hair beside what it says.
    return [] if breaches(replace(problem, wish=wish), outcome.forms) else [says]


def _changed(problem: Problem, rule: Rule, outcome: Outcome) -> tuple[Wish, str]:
    """The wish with as much given up as the outcome needs, and that in words."""
    wish, slack = problem.wish, ceil(outcome.slack - 1e-6)
    change = partial(replace, wish)
    if rule == Rule.EARLIER:
        overlap = max(1, slack)
        says = f"Sharing up to {_items(overlap)} with each published form instead of {wish.overlap} would be enough."
        return change(overlap=overlap), says
    if rule == Rule.SHARED:
        says = f"Two new forms sharing up to {_items(slack)} instead of {wish.shared} would be enough."
        return change(shared=slack), says
    if rule == Rule.LEVELS:
        spread = wish.spread + slack
        says = f"Level mix: forms within {_items(spread)} a level instead of {wish.spread} would be enough."
        return change(spread=spread), says
    means = [mean for codes in outcome.forms if (mean := problem.mean_p(codes)) is not None]
    furthest = max((abs(mean - (problem.target_p or 0.0)) for mean in means), default=0.0)
    tolerance = ceil(2000 * furthest - 1e-6) / 1000
    says = f"Predicted difficulty: a tolerance of {tolerance:g} instead of {wish.tolerance:g} would be enough."
    return change(tolerance=tolerance), says


def _enemies_in_words(problem: Problem, outcome: Outcome) -> str:
    pairs = [breach.says for breach in breaches(problem, outcome.forms) if breach.rule == Rule.ENEMIES]
    met = f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'}"
    more = f", and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    return (
        f"Enemies and matched sets: with every other rule kept, {met} would meet ({'; '.join(pairs[:3])}{more}). "
        "More items without such ties would be enough."
    )


def _forms(n: int) -> str:
    return f"{n} form" if n == 1 else f"{n} forms"


def _items(n: int) -> str:
    return f"{n} item" if n == 1 else f"{n} items"
