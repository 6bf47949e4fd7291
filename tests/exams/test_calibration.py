"""What was said against what happened: the figures, and that nothing is said of fewer than ten people."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from exams import calibration
from exams.calibration import FEWEST_PEOPLE, Outcome
from exams.models import Attempt, ExamForm
from tests.factories import NOW, make_bank, make_forecast, make_scored_mock, make_user, publish_form_a


def outcome(user: int, chance: float, *, raw: int = 100) -> Outcome:
    return Outcome(user_id=user, chance=chance, low=80, high=100, raw=raw, cut=91)


def test_nothing_is_said_of_nine_people_however_many_mocks() -> None:
    nine = [outcome(number % 9, 0.5) for number in range(60)]

    found = calibration.calibration(nine)

    assert (found.n, found.people, found.bins) == (60, 9, ())
    assert (found.brier, found.ece, found.coverage, found.coverage_interval) == (None, None, None, None)


def test_figures_by_hand() -> None:
    low = [outcome(number, 0.2, raw=91 if number < 4 else 70) for number in range(20)]
    high = [outcome(number, 0.9, raw=91) for number in range(20, 40)]

    found = calibration.calibration(low + high)

    assert [(one.low, one.high, one.n, one.reached) for one in found.bins] == [(0.0, 0.3, 20, 4), (0.3, 1.0, 20, 20)]
    assert found.brier == pytest.approx((4 * 0.64 + 16 * 0.04 + 20 * 0.01) / 40)
    assert found.ece == pytest.approx((0 + 20 * 0.1) / 40)
    assert found.coverage == pytest.approx(24 / 40)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 1000), st.integers(0, 130)), max_size=200))
def test_every_bin_holds_ten_people_and_all_mocks_are_in_one(rows: list[tuple[int, int, int]]) -> None:
    outcomes = [outcome(user, thousandths / 1000, raw=raw) for user, thousandths, raw in rows]

    found = calibration.calibration(outcomes)

    if not found.bins:
        assert found.people < FEWEST_PEOPLE
        return
    assert sum(one.n for one in found.bins) == len(outcomes)
    assert (found.bins[0].low, found.bins[-1].high) == (0.0, 1.0)
    for one in found.bins:
        inside = [out for out in outcomes if one.low <= out.chance and (out.chance < one.high or one.high == 1)]
        assert len(inside) == one.n
        assert len({out.user_id for out in inside}) >= FEWEST_PEOPLE
        assert one.reached == sum(out.reached for out in inside)


# --- The site -------------------------------------------------------------------------------------------------------

DAY = timedelta(days=1)


@pytest.fixture
def form(db: None) -> ExamForm:
    make_bank(scored_count=40, pilot_count=10)
    return publish_form_a()


@pytest.mark.usefixtures("form")
def test_last_forecast_before_a_mock_is_set_against_it() -> None:
    for number in range(10):
        user = make_user(f"person-{number}")
        make_forecast(user, at=NOW - 2 * DAY, chance=0.1)
        make_forecast(user, at=NOW - DAY, chance=0.6)
        make_scored_mock(user, raw=28 if number < 7 else 20)
        make_forecast(user, at=NOW + DAY, chance=0.99)

    found = calibration.of_site()

    (only,) = found.bins
    assert (found.n, found.people, only.reached) == (10, 10, 7)
    assert only.mean_chance == pytest.approx(0.6)
    assert found.brier == pytest.approx((7 * 0.16 + 3 * 0.36) / 10)
    assert found.coverage == pytest.approx(0.7)


@pytest.mark.usefixtures("form")
def test_what_was_never_shown_or_came_from_instructors_does_not_count() -> None:
    hidden, unheard, ivy = make_user("hidden"), make_user("unheard"), make_user("ivy")
    roles.make_instructor(user=ivy, roles=roles.ROLES)
    make_forecast(hidden, at=NOW - DAY, n=29)
    make_forecast(ivy, at=NOW - DAY)
    for user in (hidden, unheard, ivy):
        make_scored_mock(user, raw=30)

    found = calibration.of_site()

    assert (found.n, found.people, found.left_out) == (0, 0, 0)


def test_mock_that_repeats_items_or_has_another_cut_is_left_out(form: ExamForm) -> None:
    alice, bob = make_user(), make_user("bob")
    make_forecast(alice, at=NOW - DAY)
    make_forecast(bob, at=NOW - DAY, cut=30)
    make_scored_mock(alice, raw=30)
    make_scored_mock(alice, raw=40, now=NOW + DAY)
    make_scored_mock(bob, raw=30)

    found = calibration.of_site()

    assert Attempt.objects.filter(user=alice, exam_form__reused_count__gt=0).count() == 1
    assert (found.n, found.people, found.left_out) == (1, 1, 2)
