"""What was said against what happened: the figures, and that nothing is said of fewer than ten people."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from accounts.models import User
from exams import attempts, calibration
from exams.calibration import FEWEST_PEOPLE, Outcome
from exams.models import Attempt, ExamForm, Forecast, PracticeSession, Score
from tests.factories import NOW, make_bank, make_user, publish_form_a, start


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


def said(user: User, *, at: datetime, chance: float = 0.5, n: int = 60, cut: int = 28) -> Forecast:
    session = PracticeSession.objects.create(user=user, title="Drill", mode="test", source="unseen", started_at=at)
    return Forecast.objects.create(
        user=user, session=session, at=at, algorithm=1, n=n, domain_count=10, weight=n, expected=28, low=22, high=34,
        chance=chance, cut=cut, scored_count=40, prior_a=14, prior_b=6, is_rough=True,
    )  # fmt: skip


def sat(user: User, *, raw: int, now: datetime = NOW) -> Attempt:
    attempt = start(user, now=now)
    attempts.submit(user=user, public_id=attempt.public_id, now=now)
    Score.objects.create(
        attempt=attempt, algorithm=1, raw=raw, scored_count=40, practice_cut=28, scaled=80 if raw >= 28 else 60,
        answered_count=50, pilot_right=5, pilot_count=10, computed_at=now, is_counted=not roles.is_instructor(user),
    )  # fmt: skip
    return attempt


@pytest.mark.usefixtures("form")
def test_last_forecast_before_a_mock_is_set_against_it() -> None:
    for number in range(10):
        user = make_user(f"person-{number}")
        said(user, at=NOW - 2 * DAY, chance=0.1)
        said(user, at=NOW - DAY, chance=0.6)
        sat(user, raw=28 if number < 7 else 20)
        said(user, at=NOW + DAY, chance=0.99)

    found = calibration.of_site()

    (only,) = found.bins
    assert (found.n, found.people, only.reached, only.mean_chance) == (10, 10, 7, pytest.approx(0.6))
    assert found.brier == pytest.approx((7 * 0.16 + 3 * 0.36) / 10)
    assert found.coverage == pytest.approx(0.7)


@pytest.mark.usefixtures("form")
def test_what_was_never_shown_or_came_from_instructors_does_not_count() -> None:
    hidden, unheard, ivy = make_user("hidden"), make_user("unheard"), make_user("ivy")
    roles.make_instructor(user=ivy, roles=roles.ROLES)
    said(hidden, at=NOW - DAY, n=29)
    said(ivy, at=NOW - DAY)
    for user in (hidden, unheard, ivy):
        sat(user, raw=30)

    found = calibration.of_site()

    assert (found.n, found.people, found.left_out) == (0, 0, 0)


def test_mock_that_repeats_items_or_has_another_cut_is_left_out(form: ExamForm) -> None:
    alice, bob = make_user(), make_user("bob")
    said(alice, at=NOW - DAY)
    said(bob, at=NOW - DAY, cut=30)
    sat(alice, raw=30)
    sat(alice, raw=40, now=NOW + DAY)
    sat(bob, raw=30)

    found = calibration.of_site()

    assert Attempt.objects.filter(user=alice, exam_form__reused_count__gt=0).count() == 1
    assert (found.n, found.people, found.left_out) == (1, 1, 2)
