"""What an impossible wish is answered with, for each group of rules."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from exams.assembly import Candidate, Cell, Pool
from exams.form_obstacles import Obstacles, obstacles
from exams.form_problem import Problem, Trait, Wish
from exams.parallel_forms import Verdict, choose

QUOTAS: dict[Cell, int] = {(1, True): 4, (1, False): 1}


def problem_of(
    traits: Iterable[Trait], *, wish: Wish, pilots: int = 2, quotas: dict[Cell, int] = QUOTAS, enemies: str = ""
) -> Problem:
    """Scored items S-0, S-1 … with the given traits, pilots P-0 …; enemies as "S-0 S-1, S-2 S-3"."""
    scored = {f"S-{n}": trait for n, trait in enumerate(traits)}
    held = {f"P-{n}": Trait("recall", None) for n in range(pilots)}
    candidates = tuple(Candidate(code, 1, 1, code in scored, 4) for code in [*scored, *held])
    pairs = frozenset(frozenset(pair.split()) for pair in enemies.split(", ") if pair)
    return Problem(Pool(candidates, quotas, pairs), {**scored, **held}, {}, wish, {1: "Procurement"})


def answer(problem: Problem) -> Obstacles:
    assert choose(problem, seed="x", seconds=20).verdict == Verdict.IMPOSSIBLE
    return obstacles(problem, seed="x", seconds=20, tell=lambda done, total, says: None)


def test_quotas_are_answered_with_what_the_bank_lacks() -> None:
    problem = problem_of([Trait("recall", 0.6)] * 9, pilots=2, wish=Wish(3))
    earlier = replace(problem, earlier={1: frozenset({"P-0"})})

    found, of_fresh = answer(problem), answer(earlier)

    assert found.headline == "The bank is too small for this wish."
    assert found.lacks == (
        "Procurement, pilots: 3 forms need 3, the bank has 2.",
        "Procurement, scored: 3 forms need 12, the bank has 9.",
    )
    assert found.reliefs == (
        "Two new forms sharing up to 2 items instead of 0 would be enough.",
        "2 forms instead of 3 can be built as asked.",
    )
    assert of_fresh.lacks[0] == "Procurement, pilots: 3 forms need 3 fresh, the bank has 1."


def test_earlier_forms_are_answered_with_the_overlap_that_is_needed() -> None:
    problem = problem_of([Trait("recall", 0.6)] * 6, pilots=2, wish=Wish(1))
    earlier = replace(problem, earlier={1: frozenset({"S-0", "S-1", "S-2", "P-0"}), 2: frozenset({"S-3"})})

    found = answer(earlier)

    assert found.lacks == ("Procurement, scored: 1 form needs 4 fresh, the bank has 2.",)
    assert found.reliefs == ("Sharing up to 1 item with each published form instead of 0 would be enough.",)
    assert choose(replace(earlier, wish=Wish(1, overlap=1)), seed="x", seconds=20).verdict == Verdict.FOUND


def test_level_mix_and_enemies_are_both_named_where_either_would_help() -> None:
    """One item of analysis is the enemy of every item of recall, so each form has one level alone."""
    traits = [Trait("analysis", 0.6)] * 4 + [Trait("recall", 0.6)] * 4
    problem = problem_of(traits, wish=Wish(2), enemies="S-0 S-4, S-0 S-5, S-0 S-6, S-0 S-7")

    found = answer(problem)

    assert found.lacks == ()
    assert found.headline == "No choice of items keeps every rule at once."
    assert found.reliefs[0] == "Level mix: forms within 4 items a level instead of 1 would be enough."
    # Two items of recall join the enemy of them all.
    assert found.reliefs[1].startswith(
        "Enemies and matched sets: with every other rule kept, 2 pairs would meet (form "
    )
    assert found.reliefs[2:] == (
        "Two new forms sharing up to 1 item instead of 0 would be enough.",
        "1 form instead of 2 can be built as asked.",
    )
    assert choose(replace(problem, wish=Wish(2, spread=4)), seed="x", seconds=20).verdict == Verdict.FOUND


def test_difficulty_is_answered_with_the_tolerance_that_is_needed() -> None:
    problem = problem_of([Trait("recall", 0.2), Trait("recall", 0.8)], wish=Wish(2), quotas={(1, True): 1})

    found = answer(problem)

    assert found.reliefs == ("Predicted difficulty: a tolerance of 0.6 instead of 0.02 would be enough.",)
    enough = replace(problem, wish=Wish(2, tolerance=0.6))
    assert choose(enough, seed="x", seconds=20).verdict == Verdict.FOUND


def test_enemies_are_answered_with_the_pairs_that_would_meet() -> None:
    traits = [Trait("recall", 0.6)] * 4
    problem = problem_of(traits, wish=Wish(1), enemies="S-1 S-3")

    found = answer(problem)

    assert found.reliefs == (
        "Enemies and matched sets: with every other rule kept, 1 pair would meet (form 1: S-1 and S-3 may not share a "
        "form). More items without such ties would be enough.",
    )


def test_where_no_single_rule_helps_that_is_said() -> None:
    """All are enemies of each other, and no two of them have the mean of the four."""
    traits = [Trait("recall", 0.1)] * 3 + [Trait("recall", 0.9)]
    pairs = ", ".join(f"S-{m} S-{n}" for m, n in combinations(range(4), 2))

    found = answer(problem_of(traits, wish=Wish(2), quotas={(1, True): 2}, enemies=pairs))

    assert (found.lacks, found.reliefs, found.is_cut_short) == ((), (), False)
    assert found.headline.endswith("giving up a single one was not found to be enough.")


def test_time_that_is_over_is_said() -> None:
    problem = problem_of([Trait("recall", 0.6)] * 4, wish=Wish(2))

    found = obstacles(problem, seed="x", seconds=0, tell=lambda done, total, says: None)

    assert found.is_cut_short
    assert found.lacks == ("Procurement, scored: 2 forms need 8, the bank has 4.",)


def test_every_step_is_told() -> None:
    told: list[tuple[int, int]] = []
    problem = problem_of([Trait("recall", 0.2), Trait("recall", 0.8)], wish=Wish(2), quotas={(1, True): 1})

    obstacles(problem, seed="x", seconds=20, tell=lambda done, total, says: told.append((done, total)))

    assert told == [(n, 5) for n in range(5)]
