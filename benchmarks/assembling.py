"""Drawing one form and choosing three parallel ones from synthetic banks; no database."""

from itertools import count

from benchmarks.timing import line, median_ms
from exams.apportionment import apportion
from exams.assembly import Candidate, Cell, Pool, draw
from exams.form_problem import Problem, Trait, Wish
from exams.parallel_forms import Verdict, choose

WEIGHTS = dict(enumerate([4, 5, 12, 5, 4, 18, 12, 15, 10, 14], start=1))
QUOTAS: dict[Cell, int] = {
    (number, is_scored): quota
    for is_scored, seats in ((True, 130), (False, 40))
    for number, quota in apportion(seats, WEIGHTS).items()
}


def pool_of(size: int) -> Pool:
    """Items in proportion to the quotas, a quarter of them in matched sets of two."""
    serial = count()
    candidates = [
        Candidate(f"X-{next(serial):06d}", 1, *cell, 4, matched_set=f"{cell}-{n // 2}" if n % 8 < 2 else "")
        for cell, quota in QUOTAS.items()
        for n in range(round(quota * size / 170))
    ]
    return Pool(tuple(candidates), QUOTAS)


def problem_of(size: int, forms: int) -> Problem:
    """Levels and predictions by the item's number, in about the mix of a real bank."""
    pool = pool_of(size)
    traits = {
        candidate.code: Trait(("recall", "application", "application", "analysis")[n % 4], 0.45 + n * 7 % 41 / 100)
        for n, candidate in enumerate(pool.candidates)
    }
    return Problem(pool, traits, {}, Wish(forms), {})


def measure() -> None:
    for size in (680, 5_000, 50_000):
        content = pool_of(size).bank_content
        seeds = count()
        # A fresh pool each time: nothing that a pool remembers between draws may help.
        took = median_ms(lambda: draw(Pool.from_content(content), str(next(seeds))), runs=5)  # noqa: B023  called at once
        line(f"assemble 170 items from a bank of {size:,}", f"{took:8.1f} ms")
    seeds = count()
    for size in (510, 5_000):
        content = problem_of(size, 3).content

        def three_forms() -> None:
            outcome = choose(Problem.from_content(content), seed=str(next(seeds)), seconds=60)  # noqa: B023  called at once
            assert outcome.verdict == Verdict.FOUND

        line(f"choose 3 parallel forms from a bank of {size:,}", f"{median_ms(three_forms, runs=5):8.1f} ms")
