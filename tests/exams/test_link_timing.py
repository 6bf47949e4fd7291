"""The comparison of times that `make bench` rests on: told from made-up times, so that no clock decides."""

from random import Random

import pytest

from benchmarks.link_timing import compare


def times(random: Random, *, extra: float) -> list[float]:
    return [0.002 + random.expovariate(5000) + extra for _ in range(1500)]


@pytest.mark.parametrize(("extra", "is_alike"), [(0.0, True), (0.000_002, True), (0.000_2, False), (-0.000_2, False)])
def test_a_tenth_of_a_request_is_told_and_chance_is_not(extra: float, is_alike: bool) -> None:
    random = Random(1)

    assert compare(times(random, extra=extra), times(random, extra=0.0)).is_alike == is_alike


def test_ties_count_half() -> None:
    found = compare([1.0] * 10, [1.0] * 20)

    assert (found.slower, found.difference_us) == (0.5, 0.0)
