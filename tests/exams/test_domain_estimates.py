"""Domain estimates that borrow from the total, against published figures, by simulation and by their laws."""

from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams import domain_estimates
from exams.domain_estimates import (
    Counts,
    Population,
    Verdict,
    default_population,
    estimates,
    observed_population,
    population_of,
)

# Scored items of 130 by domain number.
QUOTAS = dict(enumerate([5, 7, 16, 6, 5, 24, 16, 20, 13, 18], start=1))
COMM, OPS, IM = 4, 3, 6


def perfect(share: float, quotas: dict[int, int] = QUOTAS) -> Counts:
    return {domain: (round(share * n), n) for domain, n in quotas.items()}


def prmse(domain: int, correlation: float, monkeypatch: pytest.MonkeyPatch) -> tuple[float, float, float]:
    """Of the domain's own score, of the total, of both, on one form with a reliability of .90."""
    monkeypatch.setattr(domain_estimates, "DEFAULT_CORRELATION", correlation)
    population = default_population(QUOTAS)
    true = population.covariances[domain, domain]
    own = true / (true + population.error(domain, QUOTAS[domain]))
    others = {other: count for other, count in perfect(0.7).items() if other != domain}
    by_total = estimates(others, population)[domain].prmse
    return own, by_total, estimates(perfect(0.7), population)[domain].prmse


@pytest.mark.parametrize(
    ("correlation", "domain", "own", "both"),
    [
        (0.95, COMM, 0.30, 0.86), (0.90, COMM, 0.31, 0.81), (0.80, COMM, 0.34, 0.74), (0.60, COMM, 0.39, 0.62),
        (0.95, IM, 0.64, 0.87), (0.90, IM, 0.65, 0.84), (0.80, IM, 0.67, 0.81), (0.60, IM, 0.72, 0.78),
        (0.90, OPS, 0.53, 0.83), (0.80, OPS, 0.56, 0.78),
    ],
)  # fmt: skip
def test_share_explained_is_that_of_an_independent_simulation(
    correlation: float, domain: int, own: float, both: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = prmse(domain, correlation, monkeypatch)

    assert found[0] == pytest.approx(own, abs=0.025)
    assert found[2] == pytest.approx(both, abs=0.025)


def test_default_form_has_a_reliability_of_ninety() -> None:
    population = default_population(QUOTAS)
    part = {domain: n / 130 for domain, n in QUOTAS.items()}
    true = sum(part[x] * part[y] * population.covariances[x, y] for x in QUOTAS for y in QUOTAS)
    error = sum(part[x] ** 2 * population.error(x, QUOTAS[x]) for x in QUOTAS)

    assert true / (true + error) == pytest.approx(0.90)


def test_even_profile_is_not_told_apart_from_its_level() -> None:
    found = estimates(perfect(0.8), default_population(QUOTAS))

    assert {one.verdict for one in found.values()} == {Verdict.LEVEL}


def test_one_form_supports_no_verdict_unless_a_domain_stands_far_off() -> None:
    weak = {**perfect(0.8), IM: (14, 24)}
    far = {**perfect(0.8), IM: (4, 24)}
    population = default_population(QUOTAS)

    assert estimates(weak, population)[IM].verdict == Verdict.LEVEL
    assert estimates(far, population)[IM].verdict == Verdict.BELOW


def test_many_answers_in_a_domain_speak_for_themselves() -> None:
    found = estimates({**perfect(0.7), COMM: (380, 400)}, default_population(QUOTAS))[COMM]

    assert found.verdict == Verdict.ABOVE
    assert found.value == pytest.approx(0.94, abs=0.02)


def test_domain_without_answers_takes_what_the_total_implies() -> None:
    quotas = {domain: n for domain, n in QUOTAS.items() if domain != COMM}
    found = estimates(perfect(0.9, quotas), default_population(QUOTAS))[COMM]

    assert found.value == found.implied > 0.7
    assert found.verdict == Verdict.LEVEL


def test_answers_of_one_domain_alone_are_the_total() -> None:
    found = estimates({IM: (30, 30)}, default_population(QUOTAS))

    assert found[IM].value == found[IM].implied
    assert found[IM].value > found[OPS].value > 0.7


def test_nobody_known_is_the_mean() -> None:
    found = estimates({}, default_population(QUOTAS))

    assert {(one.value, one.prmse, one.verdict) for one in found.values()} == {(0.7, 0.0, Verdict.LEVEL)}


@given(
    st.dictionaries(st.integers(1, 12), st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
)
def test_estimate_lies_in_its_band_and_explains_a_share(counts: dict[int, tuple[int, int]]) -> None:
    found = estimates(counts, default_population(QUOTAS))

    assert found.keys() == QUOTAS.keys()
    for one in found.values():
        assert 0 <= one.low <= one.value <= one.high <= 1
        assert 0 <= one.prmse <= 1


def test_explained_share_past_one_is_capped_and_adds_nothing() -> None:
    # More covariance with the other domain than two such variances allow.
    odd = Population({1: 0.7, 2: 0.7}, {(1, 1): 0.01, (2, 2): 0.01, (1, 2): 0.03, (2, 1): 0.03})

    found = estimates({1: (2, 30), 2: (29, 30)}, odd)[1]

    assert (found.prmse, found.verdict) == (1.0, Verdict.LEVEL)


def people(count: int, seed: int = 3) -> list[tuple[dict[int, float], Counts]]:
    """True shares with standard deviation .12 that correlate by .7, and a form of each person."""
    random = Random(seed)
    found: list[tuple[dict[int, float], Counts]] = []
    for _ in range(count):
        common = random.gauss() * 0.7**0.5
        true = {d: min(0.99, max(0.01, 0.7 + 0.12 * (common + random.gauss() * 0.3**0.5))) for d in QUOTAS}
        form = {d: (sum(random.random() < true[d] for _ in range(n)), n) for d, n in QUOTAS.items()}
        found.append((true, form))
    return found


def test_population_finds_the_true_spread_behind_chance() -> None:
    found = observed_population([form for _, form in people(4000)], QUOTAS)

    assert mean(found.means.values()) == pytest.approx(0.7, abs=0.01)
    assert found.covariances[IM, IM] == pytest.approx(0.0144, rel=0.12)
    assert found.covariances[COMM, COMM] == pytest.approx(0.0144, rel=0.2)
    assert found.covariances[IM, OPS] == pytest.approx(0.7 * 0.0144, rel=0.12)


def test_site_counts_from_thirty_full_forms_on_and_more_with_each() -> None:
    default = default_population(QUOTAS)
    forms = [form for _, form in people(400)]
    own = observed_population(forms, QUOTAS)

    assert population_of(forms[:29], default) is default
    assert population_of([*forms[:29], {IM: (1, 24)}], default) is default
    mixed = population_of(forms, default).covariances[IM, OPS]
    assert mixed == pytest.approx(0.8 * own.covariances[IM, OPS] + 0.2 * default.covariances[IM, OPS])


# People whose domains hang together less (.7) than is assumed (.85): what the site measures mends the bands.
@pytest.mark.parametrize(("is_known", "least"), [(True, 0.76), (False, 0.68)])
def test_bands_hold_and_estimates_beat_the_bare_share(is_known: bool, least: float) -> None:
    crowd = people(1500, seed=8)
    default = default_population(QUOTAS)
    population = population_of([form for _, form in people(500)], default) if is_known else default

    rows = [(true[COMM], form[COMM], estimates(form, population)[COMM]) for true, form in crowd]

    assert least <= mean(one.low <= true <= one.high for true, _, one in rows) <= 0.85
    bare = mean((right / n - true) ** 2 for true, (right, n), _ in rows)
    assert mean((one.value - true) ** 2 for true, _, one in rows) < bare / 3
