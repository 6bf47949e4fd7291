from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.apportionment import apportion
from exams.assembly import BankTooSmall, Candidate, Cell, Lack, Pool, draw

WEIGHTS = dict(enumerate([4, 5, 12, 5, 4, 18, 12, 15, 10, 14], start=1))
QUOTAS: dict[Cell, int] = {
    **{(number, True): quota for number, quota in apportion(130, WEIGHTS).items()},
    **{(number, False): quota for number, quota in apportion(40, WEIGHTS).items()},
}


def bank(copies: int = 2) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(f"D{domain}{'S' if is_scored else 'P'}-{n:04d}", 1, domain, is_scored, 4)
        for (domain, is_scored), quota in QUOTAS.items()
        for n in range(quota * copies)
    )


def set_bank() -> tuple[Candidate, ...]:
    """Three forms' worth of items, a third of each cell in matched sets of three."""
    return tuple(
        Candidate(
            f"D{domain}{'S' if is_scored else 'P'}-{n:04d}", 1, domain, is_scored, 4,
            matched_set=f"{domain}-{is_scored}-{n // 3}" if n < quota // 3 * 3 else "",
        )
        for (domain, is_scored), quota in QUOTAS.items()
        for n in range(quota * 3)
    )  # fmt: skip


@pytest.mark.parametrize("seed", [f"seed {n}" for n in range(20)])
def test_draw_fills_every_quota_without_repeat(seed: str) -> None:
    form = draw(Pool(bank(), QUOTAS), seed)

    assert Counter((place.domain, place.is_scored) for place in form.places) == QUOTAS
    assert len({place.code for place in form.places}) == 170
    assert [place.position for place in form.places] == list(range(1, 171))


def test_draw_same_seed_and_pool_gives_same_form_whatever_the_order() -> None:
    candidates = bank()

    assert draw(Pool(candidates, QUOTAS), "a") == draw(Pool(candidates[::-1], QUOTAS), "a")
    assert draw(Pool(candidates, QUOTAS), "a").places != draw(Pool(candidates, QUOTAS), "b").places


def test_draw_from_stored_content_gives_same_form() -> None:
    pool = Pool(set_bank(), QUOTAS, frozenset({frozenset({"D1S-0001", "D2S-0001"})}), ("D1S-0002",))

    again = Pool.from_content(pool.bank_content, pool.exposure)

    assert again.digest == pool.digest
    assert draw(again, "x") == draw(pool, "x")


def test_draw_unseen_items_come_first_then_longest_ago() -> None:
    candidates = tuple(Candidate(f"D-{n}", 1, 1, True, 4) for n in range(6))
    pool = Pool(candidates, {(1, True): 4}, exposure=("D-3", "D-0", "D-1"))

    form = draw(pool, "x")

    assert {place.code for place in form.places} == {"D-2", "D-4", "D-5", "D-3"}
    assert form.reused == ("D-3",)


@pytest.mark.parametrize("seed", [f"seed {n}" for n in range(30)])
def test_draw_three_forms_from_three_forms_worth_share_nothing(seed: str) -> None:
    candidates = set_bank()
    exposure: tuple[str, ...] = ()

    for number in range(3):
        form = draw(Pool(candidates, QUOTAS, exposure=exposure), f"{seed} {number}")
        assert form.reused == ()
        exposure += tuple(sorted(place.code for place in form.places))

    assert len(set(exposure)) == 510


@pytest.mark.parametrize("seed", [f"pairs {n}" for n in range(40)])
def test_draw_three_forms_share_nothing_although_items_of_different_cells_are_enemies(seed: str) -> None:
    """Two of a pair that were left for the last form could not both be in it."""
    candidates = set_bank()
    single = [candidate.code for candidate in candidates if not candidate.matched_set]
    # The first of the list with the last, so that most pairs span two domains or a scored item and a pilot.
    enemies = frozenset(frozenset(pair) for pair in zip(single[:6], reversed(single[-6:]), strict=True))
    exposure: tuple[str, ...] = ()

    for number in range(3):
        form = draw(Pool(candidates, QUOTAS, enemies, exposure), f"{seed} {number}")
        codes = {place.code for place in form.places}
        assert form.reused == ()
        assert not any(pair <= codes for pair in enemies)
        exposure += tuple(sorted(codes))

    assert len(set(exposure)) == 510


def test_draw_matched_set_serves_one_member_at_most() -> None:
    sets = {candidate.code: candidate.matched_set for candidate in set_bank()}

    form = draw(Pool(set_bank(), QUOTAS), "x")

    served = Counter(sets[place.code] for place in form.places if sets[place.code])
    assert set(served.values()) == {1}


def test_draw_pilots_are_scattered_among_scored_items() -> None:
    """A run of k pilots among 170 places has chance (40/170)^k; eight or more never happened in 200 forms."""
    runs = []
    for seed in range(200):
        flags = "".join("S" if place.is_scored else "p" for place in draw(Pool(bank(1), QUOTAS), str(seed)).places)
        runs.append(max(map(len, flags.split("S"))))
        assert 8 <= flags[:85].count("p") <= 32

    assert max(runs) < 10


def test_draw_fixed_order_is_kept_and_other_orders_vary_by_seed() -> None:
    candidates = (Candidate("D-0", 1, 1, True, 4, is_fixed=True), Candidate("D-1", 1, 1, True, 4))
    orders: dict[str, set[tuple[int, ...]]] = {"D-0": set(), "D-1": set()}

    for seed in range(200):
        for place in draw(Pool(candidates, {(1, True): 2}), str(seed)).places:
            orders[place.code].add(place.option_order)

    assert orders["D-0"] == {(1, 2, 3, 4)}
    assert len(orders["D-1"]) == 24


def test_draw_too_small_bank_names_every_lacking_domain() -> None:
    candidates = [candidate for candidate in bank(1) if candidate.code not in ("D3S-0000", "D3S-0001", "D7P-0000")]

    with pytest.raises(BankTooSmall) as caught:
        draw(Pool(tuple(candidates), QUOTAS), "x")

    assert caught.value.lacks == (Lack(3, True, 16, 14), Lack(7, False, 5, 4))


@st.composite
def small_pools(draw_from: st.DrawFn) -> Pool:
    cells = draw_from(st.lists(st.sampled_from([(1, True), (1, False), (2, True)]), min_size=3, max_size=9))
    candidates = tuple(Candidate(f"X-{n}", 1, *cell, 4) for n, cell in enumerate(cells))
    pairs = list(combinations([candidate.code for candidate in candidates], 2))
    enemies = frozenset(map(frozenset, draw_from(st.lists(st.sampled_from(pairs), max_size=10))))
    quotas = {cell: draw_from(st.integers(0, cells.count(cell))) for cell in set(cells)}
    return Pool(candidates, quotas, enemies)


def is_feasible(pool: Pool) -> bool:
    size = sum(pool.quotas.values())
    for chosen in combinations(pool.candidates, size):
        cells = Counter(candidate.cell for candidate in chosen)
        codes = {candidate.code for candidate in chosen}
        fits = all(cells[cell] == quota for cell, quota in pool.quotas.items())
        if fits and not any(pair <= codes for pair in pool.enemies):
            return True
    return False


@settings(max_examples=300, deadline=None)
@given(small_pools(), st.text(max_size=4))
def test_draw_keeps_enemies_apart_and_refuses_only_what_is_impossible(pool: Pool, seed: str) -> None:
    """Against a brute-force oracle: whatever can be drawn is drawn, with no enemy pair in it."""
    try:
        codes = {place.code for place in draw(pool, seed).places}
    except BankTooSmall:
        assert not is_feasible(pool)
    else:
        assert not any(pair <= codes for pair in pool.enemies)
        assert len(codes) == sum(pool.quotas.values())
