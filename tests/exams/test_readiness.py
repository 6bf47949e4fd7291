"""The forecast as a pure function: its laws, its prior, its words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import comb, exp, isclose, lgamma
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams import readiness
from exams.readiness import ROUGH_PRIOR, FreshAnswer, Outlook, Prior, Target, chance_in_words, outlook, prior_of

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
TARGET = Target(scored_count=130, cut=91)


def answer(item: int, *, right: bool = True, days: float = 0, domain: int = 1) -> FreshAnswer:
    return FreshAnswer(item, domain, NOW - timedelta(days=days), right)


def forecast(answers: list[FreshAnswer], prior: Prior = ROUGH_PRIOR, target: Target = TARGET) -> Outlook:
    return outlook(answers, target=target, prior=prior, now=NOW)


ANSWERS = st.lists(st.tuples(st.booleans(), st.floats(0, 89), st.integers(1, 10)), min_size=1, max_size=60).map(
    lambda rows: [
        answer(item, right=right, days=days, domain=domain) for item, (right, days, domain) in enumerate(rows)
    ]
)
PRIORS = st.builds(Prior, st.floats(0.05, 300), st.floats(0.05, 300), st.just(value=False))
TARGETS = st.integers(2, 200).flatmap(lambda count: st.builds(Target, st.just(count), st.integers(1, count - 1)))


@given(ANSWERS, PRIORS, TARGETS, st.data())
def test_one_more_right_never_lowers_the_forecast(
    answers: list[FreshAnswer], prior: Prior, target: Target, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(answers) - 1))
    wrong = [replace(one, is_right=one.is_right and number != place) for number, one in enumerate(answers)]
    right = [replace(one, is_right=one.is_right or number == place) for number, one in enumerate(answers)]

    worse, better = forecast(wrong, prior, target), forecast(right, prior, target)

    assert worse.expected < better.expected
    assert worse.chance <= better.chance + 1e-12
    assert worse.low <= better.low
    assert worse.high <= better.high


@given(ANSWERS, st.randoms(use_true_random=False))
def test_order_of_answers_changes_nothing(answers: list[FreshAnswer], random: Random) -> None:
    shuffled = answers[:]
    random.shuffle(shuffled)

    assert forecast(shuffled) == forecast(answers)


@given(ANSWERS, PRIORS, TARGETS)
def test_range_contains_what_is_expected_and_lies_on_the_form(
    answers: list[FreshAnswer], prior: Prior, target: Target
) -> None:
    found = forecast(answers, prior, target)

    assert 0 <= found.low <= found.expected <= found.high <= target.scored_count
    assert 0 <= found.chance <= 1


@given(ANSWERS)
def test_weights_halve_each_month_and_sum_to_what_the_prior_is_moved_by(answers: list[FreshAnswer]) -> None:
    found = forecast(answers)

    weights = [0.5 ** ((NOW - one.at).total_seconds() / 86400 / 30) for one in answers]
    right = sum(weight for weight, one in zip(weights, answers, strict=True) if one.is_right)
    assert isclose(found.weight, sum(weights))
    assert isclose(found.expected / 130, (14 + right) / (20 + sum(weights)))


@given(st.integers(1, 40), st.floats(0.1, 60), st.floats(0.1, 60))
def test_beta_binomial_is_the_textbooks(n: int, a: float, b: float) -> None:
    def log_beta(x: float, y: float) -> float:
        return lgamma(x) + lgamma(y) - lgamma(x + y)

    expected = [comb(n, y) * exp(log_beta(a + y, b + n - y) - log_beta(a, b)) for y in range(n + 1)]

    found = readiness.beta_binomial(n, a, b)

    assert found == pytest.approx(expected, abs=1e-9)
    assert sum(found) == pytest.approx(1)


def test_no_long_form_underflows() -> None:
    found = readiness.beta_binomial(5000, 4000, 1)

    assert sum(found) == pytest.approx(1)
    assert all(share >= 0 for share in found)


def test_only_the_newest_300_of_the_last_90_days_count() -> None:
    recent = [answer(item, days=item / 10) for item in range(400)]
    old = [answer(item, right=False, days=90) for item in range(400, 450)]

    found = forecast(recent + old)

    assert found.n == 300
    assert (found.newest_at, found.oldest_at) == (recent[0].at, recent[299].at)
    assert forecast(old).n == 0
    assert forecast(old).oldest_at is None


def test_without_answers_the_prior_speaks_and_nothing_is_shown() -> None:
    found = forecast([])

    assert (found.n, found.weight, found.is_shown) == (0, 0, False)
    assert found.expected == pytest.approx(91)


@pytest.mark.parametrize(
    ("n", "domains", "is_shown"), [(29, 5, False), (30, 4, False), (30, 5, True), (130, 10, True), (0, 0, False)]
)
def test_shown_from_thirty_answers_over_five_domains(n: int, domains: int, is_shown: bool) -> None:
    answers = [answer(item, domain=item % domains) for item in range(n)]

    assert forecast(answers).is_shown == is_shown


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0, "<5 %"), (0.0499, "<5 %"), (0.05, "about 5 %"), (0.074, "about 5 %"), (0.076, "about 10 %"),
        (0.5, "about 50 %"), (0.625, "about 65 %"), (0.95, "about 95 %"), (0.9501, ">95 %"), (1, ">95 %"),
    ],
)  # fmt: skip
def test_chance_is_told_to_the_nearest_five_percent_and_never_as_certain(chance: float, words: str) -> None:
    assert chance_in_words(chance) == words


def test_prior_is_rough_until_thirty_forms() -> None:
    raws = [60, 70, 80, 90, 100, 110] * 5

    assert prior_of(raws[:29], scored_count=130) == Prior(14, 6, is_rough=True)
    assert not prior_of(raws, scored_count=130).is_rough


def test_prior_finds_the_spread_of_those_who_sat() -> None:
    random = Random(5)
    raws = []
    for _ in range(4000):
        share = random.betavariate(14, 6)
        raws.append(sum(random.random() < share for _ in range(130)))

    prior = prior_of(raws, scored_count=130)

    assert prior.a == pytest.approx(14, rel=0.06)
    assert prior.b == pytest.approx(6, rel=0.06)


def test_prior_by_hand() -> None:
    # Shares .4 and .8: mean .6, variance .04 · 40/39; binomial .24; k = 10.
    prior = prior_of([4, 8] * 20, scored_count=10)

    spread = (0.04 * 40 / 39 - 0.024) * 10 / 9
    assert prior.a + prior.b == pytest.approx(0.24 / spread - 1)
    assert prior.a / (prior.a + prior.b) == pytest.approx(0.6)


@pytest.mark.parametrize("raw", [0, 91, 130])
def test_prior_of_people_who_are_all_alike_weighs_a_hundred_answers(raw: int) -> None:
    prior = prior_of([raw] * 40, scored_count=130)

    assert prior.a + prior.b == pytest.approx(100)
    assert min(prior.a, prior.b) >= 1


def test_prior_of_all_or_nothing_still_lets_answers_speak() -> None:
    prior = prior_of([0, 130] * 20, scored_count=130)

    assert prior.a + prior.b == pytest.approx(1)
