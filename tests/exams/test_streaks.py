"""Days of practice in a row."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams import streaks
from exams.streaks import Streak, streak
from tests.factories import NOW, make_bank, make_user, publish_form_a, save, start

TODAY = date(2026, 11, 2)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        ([], Streak(0, 0)),
        ([0], Streak(1, 1)),
        ([1], Streak(1, 1)),
        ([2], Streak(0, 1)),
        ([0, 1, 2, 4], Streak(3, 4)),
        ([1, 2, 3], Streak(3, 3)),
        ([27, 28], Streak(0, 1)),
    ],
)
def test_days_in_a_row_end_today_or_yesterday(ago: list[int], expected: Streak) -> None:
    assert streak({TODAY - days * DAY for days in ago}, today=TODAY) == expected


@given(st.sets(st.integers(min_value=0, max_value=60)))
def test_practising_today_never_shortens_a_streak(ago: set[int]) -> None:
    days = {TODAY - number * DAY for number in ago}
    before, after = streak(days, today=TODAY), streak(days | {TODAY}, today=TODAY)

    assert before.current <= after.current <= before.current + 1
    assert after.current >= 1
    assert 0 <= before.recent <= after.recent <= 28


@pytest.mark.django_db
@pytest.mark.parametrize(("zone", "days"), [("UTC", 2), ("America/New_York", 1)])
def test_days_are_those_of_the_person(zone: str, days: int) -> None:
    """An answer at 23:30 and one at 0:30 UTC fall on one evening in New York."""
    make_bank()
    publish_form_a()
    alice = make_user()
    alice.time_zone = zone
    alice.save(update_fields=["time_zone"])
    evening = datetime(2026, 11, 1, 23, 30, tzinfo=NOW.tzinfo)
    attempt = start(alice, now=evening)
    save(attempt, 1, now=evening)
    save(attempt, 2, now=evening + timedelta(hours=1))

    assert streaks.of(alice, now=evening + timedelta(hours=2)) == Streak(days, days)
    # What lies ahead of the moment that is asked about does not count.
    assert streaks.of(alice, now=evening - timedelta(hours=1)) == Streak(0, 0)
