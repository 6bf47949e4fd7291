"""Are forecasts right in a world that is harsher than they assume? Seeded, so that the figures are always the same."""

from collections.abc import Mapping, Sequence

import pytest

from benchmarks.forecasting import Told, describe, quality, simulate

COUNTS = (30, 60, 130)


@pytest.fixture(scope="module")
def told() -> Mapping[int, Sequence[Told]]:
    return simulate(seed=11, people=3000, counts=COUNTS, forms=500)


@pytest.mark.parametrize("count", COUNTS)
def test_forecasts_are_calibrated_and_their_ranges_hold(told: Mapping[int, Sequence[Told]], count: int) -> None:
    found = quality(told[count])

    print(f"{count} answers: {describe(found)}")  # noqa: T201  shown when it fails, or with -s
    assert found.ece <= 0.03
    assert 0.76 <= found.coverage <= 0.86
    assert found.brier < 0.6 * found.base_brier


def test_more_answers_tell_more(told: Mapping[int, Sequence[Told]]) -> None:
    briers = [quality(told[count]).brier for count in COUNTS]
    widths = [sum(one.outlook.high - one.outlook.low for one in told[count]) for count in COUNTS]

    assert briers == sorted(briers, reverse=True)
    assert widths == sorted(widths, reverse=True)


def test_rough_prior_is_rough_but_not_wrong() -> None:
    found = quality(simulate(seed=12, people=1500, counts=(60,), forms=0)[60])

    assert found.ece <= 0.05
