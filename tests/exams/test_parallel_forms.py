"""The solver against a brute-force oracle that shares no code with it, on pools small enough to try everything."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.assembly import ALGORITHM as DRAWING
from exams.assembly import Candidate, Cell, Pool
from exams.form_problem import ALGORITHM, Problem, Rule, Trait, Wish, breaches
from exams.models import Algorithm
from exams.parallel_forms import Verdict, choose, relax

Form = frozenset[str]
CELLS: list[Cell] = [(1, True), (1, False), (2, True)]
LEVELS = ("recall", "application", "analysis")
SECONDS = 20.0


@st.composite
def problems(draw: st.DrawFn, *, is_known: bool = False) -> Problem:
    """Up to seven items; a prediction may be missing unless `is_known`."""
    cells = draw(st.lists(st.sampled_from(CELLS), min_size=2, max_size=7))
    sets = [draw(st.sampled_from(["", "", "", f"set-{cell}"])) for cell in cells]
    candidates = tuple(
        Candidate(f"X-{n}", 1, *cell, 4, matched_set=name)
        for n, (cell, name) in enumerate(zip(cells, sets, strict=True))
    )
    codes = [candidate.code for candidate in candidates]
    predictions = st.sampled_from([0.3, 0.5, 0.6, 0.9] if is_known else [None, 0.3, 0.5, 0.6, 0.9])
    levels = st.sampled_from(LEVELS)
    pairs = st.sampled_from(list(combinations(codes, 2)))
    quotas = {cell: draw(st.integers(0, 2)) for cell in sorted(set(cells))} | {cells[0]: draw(st.integers(1, 2))}
    wish = Wish(
        forms=draw(st.integers(1, 2)),
        overlap=draw(st.integers(0, 2)),
        shared=draw(st.integers(0, 1)),
        tolerance=draw(st.sampled_from([0.0, 0.1, 0.4, 1.0])),
        spread=draw(st.integers(0, 2)),
    )
    return Problem(
        pool=Pool(candidates, quotas, frozenset(map(frozenset, draw(st.lists(pairs, max_size=3))))),
        traits={code: Trait(draw(levels), draw(predictions)) for code in codes},
        earlier={1: frozenset(draw(st.lists(st.sampled_from(codes), max_size=3)))} if draw(st.booleans()) else {},
        wish=wish,
        names={1: "One", 2: "Two"},
    )


def eligible(problem: Problem) -> list[Candidate]:
    used = {code for codes in problem.earlier.values() for code in codes}
    fresh = [c for c in problem.pool.candidates if problem.wish.overlap or c.code not in used]
    return [candidate for candidate in fresh if problem.pool.quotas.get(candidate.cell)]


def plain_forms(problem: Problem) -> list[Form]:
    """All forms that fill the quotas, without enemies, within the overlap with earlier forms."""
    cells: dict[Cell, list[str]] = {cell: [] for cell, quota in problem.pool.quotas.items() if quota}
    sets = {candidate.code: candidate.matched_set for candidate in problem.pool.candidates}
    for candidate in eligible(problem):
        cells[candidate.cell].append(candidate.code)
    fillings = [combinations(codes, problem.pool.quotas[cell]) for cell, codes in cells.items()]
    forms = [frozenset(code for part in parts for code in part) for parts in product(*map(list, fillings))]
    return [
        form
        for form in forms
        if not any(pair <= form for pair in problem.pool.enemies)
        and max(Counter(sets[code] for code in form if sets[code]).values(), default=0) <= 1
        and all(len(form & codes) <= problem.wish.overlap for codes in problem.earlier.values())
    ]


def scored(problem: Problem, form: Form) -> list[Trait]:
    return [problem.traits[c.code] for c in problem.pool.candidates if c.code in form and c.is_scored]


def distance(problem: Problem, form: Form) -> Fraction:
    """From the form's mean prediction to that of a form which mirrors its pool."""
    total = weight = Fraction(0)
    for cell, quota in problem.pool.quotas.items():
        members = [problem.traits[c.code].predicted_p for c in eligible(problem) if c.cell == cell and c.is_scored]
        known = [Fraction(str(p)) for p in members if p is not None]
        if known and quota:
            total += quota * sum(known, Fraction(0)) / len(known)
            weight += quota
    mine = [Fraction(str(trait.predicted_p)) for trait in scored(problem, form) if trait.predicted_p is not None]
    return abs(sum(mine, Fraction(0)) / len(mine) - total / weight) if mine else Fraction(0)


def uneven(problem: Problem, forms: tuple[Form, ...]) -> Fraction:
    """By how much a level differs at most, between the forms or from their pool."""
    worst = Fraction(0)
    for level in LEVELS:
        share = Fraction(0)
        for cell, quota in problem.pool.quotas.items():
            members = [problem.traits[c.code].level for c in eligible(problem) if c.cell == cell and c.is_scored]
            share += Fraction(quota * members.count(level), len(members)) if members and quota else 0
        counts = [sum(trait.level == level for trait in scored(problem, form)) for form in forms]
        worst = max([worst, Fraction(max(counts) - min(counts)), *(abs(count - share) for count in counts)])
    return worst


def all_choices(problem: Problem, *, shared: int | None = None) -> list[tuple[Form, ...]]:
    """All that keeps quotas, enemies and both overlaps."""
    most = problem.wish.shared if shared is None else shared
    return [
        forms
        for forms in product(plain_forms(problem), repeat=problem.wish.forms)
        if all(len(first & second) <= most for first, second in combinations(forms, 2))
    ]


def is_balanced(problem: Problem, forms: tuple[Form, ...]) -> bool:
    half = Fraction(str(problem.wish.tolerance)) / 2
    is_level = uneven(problem, forms) <= problem.wish.spread
    return is_level and all(distance(problem, form) <= half for form in forms)


@settings(max_examples=250, deadline=None)
@given(problems(), st.text(max_size=4))
def test_what_can_be_chosen_is_chosen_and_nothing_else_is_called_impossible(problem: Problem, seed: str) -> None:
    possible = [forms for forms in all_choices(problem) if is_balanced(problem, forms)]

    outcome = choose(problem, seed=seed, seconds=SECONDS)

    assert outcome.verdict == (Verdict.FOUND if possible else Verdict.IMPOSSIBLE)
    if possible:
        assert tuple(map(frozenset, outcome.forms)) in possible


@settings(max_examples=250, deadline=None)
@given(problems())
def test_breaches_are_empty_exactly_for_what_the_oracle_lets_pass(problem: Problem) -> None:
    loose = replace(problem, wish=replace(problem.wish, overlap=9))
    for forms in all_choices(loose, shared=9)[:40]:
        is_right = forms in all_choices(problem) and is_balanced(problem, forms)
        assert (breaches(problem, forms) == []) == is_right


@settings(max_examples=150, deadline=None)
@given(problems(is_known=True))
def test_an_elastic_rule_gives_no_more_than_it_must(problem: Problem) -> None:
    choices = all_choices(problem)
    half = Fraction(str(problem.wish.tolerance)) / 2
    near = [forms for forms in choices if all(distance(problem, form) <= half for form in forms)]
    level = [forms for forms in choices if uneven(problem, forms) <= problem.wish.spread]

    of_levels = relax(problem, Rule.LEVELS, seed="x", seconds=SECONDS)
    of_difficulty = relax(problem, Rule.DIFFICULTY, seed="x", seconds=SECONDS)

    assert (of_levels.verdict == Verdict.FOUND) == bool(near)
    assert (of_difficulty.verdict == Verdict.FOUND) == bool(level)
    if near:
        least = min(max(Fraction(0), -(-(uneven(problem, forms) - problem.wish.spread) // 1)) for forms in near)
        assert round(of_levels.slack) == least
    if level:
        least = min(max(distance(problem, form) for form in forms) for forms in level)
        got = max(distance(problem, frozenset(form)) for form in of_difficulty.forms)
        assert got <= least + Fraction(1, 1000)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_shared_items_are_as_few_as_can_be(problem: Problem) -> None:
    possible = [forms for forms in all_choices(problem, shared=9) if is_balanced(problem, forms)]

    outcome = relax(problem, Rule.SHARED, seed="x", seconds=SECONDS)

    assert (outcome.verdict == Verdict.FOUND) == bool(possible)
    if possible and problem.wish.forms == 2:
        assert round(outcome.slack) == min(len(first & second) for first, second in possible)


def a_bank(copies: int) -> Problem:
    quotas: dict[Cell, int] = {(1, True): 6, (1, False): 2, (2, True): 4}
    candidates = tuple(
        Candidate(f"D{domain}{'S' if is_scored else 'P'}-{n:03d}", 1, domain, is_scored, 4)
        for (domain, is_scored), quota in quotas.items()
        for n in range(quota * copies)
    )
    traits = {c.code: Trait(("recall", "application")[n % 2], 0.4 + n % 5 / 10) for n, c in enumerate(candidates)}
    return Problem(Pool(candidates, quotas), traits, {}, Wish(2), {1: "One", 2: "Two"})


def test_seed_decides_which_of_many_forms_are_chosen() -> None:
    problem = a_bank(20)

    found = {seed: choose(problem, seed=seed, seconds=SECONDS).forms for seed in "abcabc"}
    again = choose(problem, seed="a", seconds=SECONDS).forms

    assert again == found["a"]
    assert len(set(found.values())) == 3
    # Chosen by lot, not from one end of the bank: of forty forms' worth, two seeds share little.
    assert len({code for form in found["a"] for code in form} & {code for form in found["b"] for code in form}) < 16


def test_no_level_is_left_out_of_a_single_form() -> None:
    """Two of two levels each and none of the third would be within two of its share of four thirds, not within one."""
    quotas: dict[Cell, int] = {(1, True): 4}
    candidates = tuple(Candidate(f"S-{n:02d}", 1, 1, True, 4) for n in range(30))
    traits = {candidate.code: Trait(LEVELS[n % 3], None) for n, candidate in enumerate(candidates)}
    problem = Problem(Pool(candidates, quotas), traits, {}, Wish(1), {})

    for seed in range(30):
        (form,) = choose(problem, seed=str(seed), seconds=SECONDS).forms
        assert sorted(problem.levels(form).values()) == [1, 1, 2]


def test_what_cannot_be_found_among_few_is_found_among_all() -> None:
    """Of a thinned cell of 60 the two items that the others' enemies leave over are hardly ever kept."""
    problem = a_bank(30)
    first = [c.code for c in problem.pool.candidates if c.cell == (1, True)]
    second = [c.code for c in problem.pool.candidates if c.cell == (2, True)]
    enemies = frozenset(frozenset((one, other)) for one in first[12:] for other in second)
    tied = replace(problem, pool=replace(problem.pool, enemies=enemies))

    outcome = choose(tied, seed="x", seconds=SECONDS)

    assert {code for form in outcome.forms for code in form if code in first} == set(first[:12])
    assert breaches(tied, outcome.forms) == []


def test_items_of_earlier_forms_are_taken_last() -> None:
    problem = a_bank(4)
    used = frozenset(c.code for c in problem.pool.candidates if c.code.endswith(("0", "2", "4")))
    earlier = replace(problem, earlier={1: used}, wish=Wish(1, overlap=12, spread=12, tolerance=1.0))

    outcome = choose(earlier, seed="x", seconds=SECONDS)

    assert used & set(outcome.forms[0]) == set()


def test_no_time_is_no_answer() -> None:
    assert choose(a_bank(4), seed="x", seconds=0).verdict == Verdict.OUT_OF_TIME


def test_problem_from_stored_content_is_the_same() -> None:
    problem = replace(a_bank(2), earlier={1: frozenset({"D1S-000"}), 2: frozenset()})

    again = Problem.from_content(problem.content)

    assert (again.content, again.digest) == (problem.content, problem.digest)
    assert (again.earlier, again.wish, again.names) == (problem.earlier, problem.wish, problem.names)


@pytest.mark.parametrize(("number", "algorithm"), [(DRAWING, Algorithm.DRAWN), (ALGORITHM, Algorithm.SOLVED)])
def test_stored_names_of_algorithms_are_those_of_the_code(number: int, algorithm: Algorithm) -> None:
    assert number == algorithm
