import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.apportionment import apportion

PUBLISHED = dict(enumerate([4, 5, 12, 5, 4, 18, 12, 15, 10, 14], start=1))


@pytest.mark.parametrize(
    ("seats", "quotas"),
    [
        (130, [5, 7, 16, 6, 5, 24, 16, 20, 13, 18]),
        (40, [2, 2, 5, 2, 1, 7, 5, 6, 4, 6]),
        (100, [4, 5, 12, 5, 4, 19, 12, 15, 10, 14]),
        (85, [4, 4, 10, 4, 3, 16, 10, 13, 9, 12]),
        (65, [3, 3, 8, 3, 3, 12, 8, 10, 6, 9]),
        (50, [2, 3, 6, 2, 2, 9, 6, 8, 5, 7]),
        (25, [1, 1, 3, 1, 1, 5, 3, 4, 2, 4]),
        (20, [1, 1, 2, 1, 1, 4, 2, 3, 2, 3]),
    ],
)
def test_apportion_published_weights_gives_known_quotas(seats: int, quotas: list[int]) -> None:
    assert list(apportion(seats, PUBLISHED).values()) == quotas


def test_apportion_tie_goes_to_lower_number_whatever_the_order() -> None:
    assert apportion(1, {9: 5, 2: 5}) == {2: 1, 9: 0}


weights = st.dictionaries(st.integers(1, 30), st.integers(0, 60), min_size=1).filter(lambda w: sum(w.values()) > 0)


@given(st.integers(0, 500), weights)
def test_apportion_sum_is_exact_and_each_quota_within_one_of_its_share(seats: int, weights: dict[int, int]) -> None:
    quotas = apportion(seats, weights)

    assert sum(quotas.values()) == seats
    total = sum(weights.values())
    assert all(abs(quota * total - seats * weights[number]) < total for number, quota in quotas.items())


@pytest.mark.parametrize(("seats", "weights"), [(-1, {1: 1}), (5, {}), (5, {1: 0}), (5, {1: -1, 2: 3})])
def test_apportion_nonsense_is_refused(seats: int, weights: dict[int, int]) -> None:
    with pytest.raises(ValueError, match=r"items|Weights"):
        apportion(seats, weights)
