"""The plan as arithmetic: what it fits into, in which proportions, and whom it gives more time."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.models import PlanTaskKind
from exams.study_plan import ALL, PHASES, Domain, Frame, Planned, emphasis, make, week_days, week_of
from tests.factories import WEIGHTS

TODAY = date(2026, 11, 23)
DOMAINS = [Domain(code, number, weight) for number, (code, weight) in enumerate(WEIGHTS.items(), start=1)]
LIGHT = ("PROC", "PM", "COMM", "EDU")
SIX_WEEKS = 42

answers = st.tuples(st.integers(0, 200), st.integers(0, 200)).map(lambda pair: (min(pair), max(pair)))
standings = st.lists(answers, min_size=10, max_size=10).map(
    lambda found: [replace(domain, right=right, answered=n) for domain, (right, n) in zip(DOMAINS, found, strict=True)]
)
frames = st.builds(
    lambda today, days, hours, mock: Frame(today, today + timedelta(days=days), hours, mock),
    # Leap days are among them.
    st.dates(date(2023, 12, 1), date(2029, 3, 1)),
    st.integers(1, 366),
    st.integers(1, 40),
    st.sampled_from([60, 170, 255, 680]),
)


def frame(days: int, hours: int, mock_minutes: int = 170) -> Frame:
    return Frame(TODAY, TODAY + timedelta(days=days), hours, mock_minutes)


def by_week(tasks: list[Planned], exam_on: date) -> dict[int, list[Planned]]:
    return {number: list(found) for number, found in groupby(tasks, lambda task: week_of(task.on, exam_on))}


def minutes_of(tasks: list[Planned]) -> Counter[str]:
    """Minutes by domain, those without one by kind."""
    found = Counter[str]()
    for task in tasks:
        found[task.domain or task.kind] += task.minutes
    return found


def mock_days_left(days: int, hours: int, mock_minutes: int = 170) -> list[int]:
    fits = frame(days, hours, mock_minutes)
    return [(fits.exam_on - task.on).days for task in make(fits, DOMAINS) if task.kind == PlanTaskKind.MOCK]


# --- Laws -------------------------------------------------------------------------------------------------------


@given(frames, standings)
def test_no_week_exceeds_its_hours_and_nothing_lies_outside_of_the_days(fits: Frame, domains: list[Domain]) -> None:
    tasks = make(fits, domains)

    assert tasks
    assert [task.on for task in tasks] == sorted(task.on for task in tasks)
    assert fits.today <= tasks[0].on <= tasks[-1].on < fits.exam_on
    for week in by_week(tasks, fits.exam_on).values():
        days = min(7, (fits.exam_on - fits.today).days - 7 * week_of(week[0].on, fits.exam_on))
        assert sum(task.minutes for task in week) <= fits.hours_per_week * 60 * days / 7
    assert all(task.minutes >= 1 for task in tasks)


@given(frames, standings)
def test_every_domain_occurs_as_soon_as_there_is_a_quarter_of_an_hour_for_each(
    fits: Frame, domains: list[Domain]
) -> None:
    tasks = make(fits, domains)

    minutes = minutes_of([task for task in tasks if task.kind in (PlanTaskKind.READ, PlanTaskKind.DRILL)])
    if sum(minutes.values()) >= 10 * 15:
        assert set(WEIGHTS) <= set(minutes)
    # Never an idle plan: with less there are as many domains as quarters.
    else:
        assert len(minutes) == sum(minutes.values()) // 15


@given(frames, standings)
def test_the_same_input_gives_the_same_plan_whatever_the_order_of_the_domains(
    fits: Frame, domains: list[Domain]
) -> None:
    assert make(fits, domains) == make(fits, domains) == make(fits, domains[::-1])


@given(frames)
def test_mocks_are_two_at_most_in_the_last_week_on_days_of_their_own_and_never_on_the_eve(fits: Frame) -> None:
    mocks = [task.on for task in make(fits, DOMAINS) if task.kind == PlanTaskKind.MOCK]

    assert len(mocks) == len(set(mocks)) <= 2
    assert all(2 <= (fits.exam_on - day).days <= 7 for day in mocks)


@given(frames, standings)
def test_drills_have_items_for_their_minutes_and_readings_have_a_domain(fits: Frame, domains: list[Domain]) -> None:
    for task in make(fits, domains):
        match task.kind:
            case PlanTaskKind.DRILL:
                assert task.item_count == task.minutes // 2
                assert 1 <= task.minutes <= 60
            case PlanTaskKind.READ:
                assert (bool(task.domain), task.item_count) == (True, None)
                assert task.minutes <= 30
            case _:
                assert (task.domain, task.item_count) == (ALL, None)


@given(st.integers(14, 366), st.integers(6, 40))
def test_phases_keep_the_proportions_of_six_weeks_within_rounding(days: int, hours: int) -> None:
    tasks = make(frame(days, hours), DOMAINS)
    minutes = minutes_of([task for task in tasks if task.kind != PlanTaskKind.REVIEW])
    total = sum(minutes.values())
    mocks = minutes.pop("mock", 0)
    phases = [sum(minutes[code] for code in codes) for _, codes in PHASES[:-1]]

    # A quarter of an hour for each domain of a phase, and for those that are lifted to a quarter elsewhere.
    if total / 6 - mocks >= (total - mocks) / 20:
        for (part, _), phase in zip(PHASES, [*phases, total - sum(phases)], strict=True):
            assert abs(phase - total * part / 6) <= 15 * 5
    for (_, codes), phase in zip(PHASES[:-1], phases, strict=True):
        first, second = codes
        assert abs(minutes[first] - phase * WEIGHTS[first] / (WEIGHTS[first] + WEIGHTS[second])) <= 15 * 3


@given(standings)
def test_no_domain_loses_more_than_half_nor_gains_more_than_double(domains: list[Domain]) -> None:
    plain = minutes_of(make(frame(84, 20), DOMAINS))
    weighted = minutes_of(make(frame(84, 20), domains))

    for code in WEIGHTS:
        assert plain[code] / 2 - 30 <= weighted[code] <= plain[code] * 2 + 30


# --- The six weeks ------------------------------------------------------------------------------------------------


def test_six_weeks_are_the_six_week_plan() -> None:
    fits = frame(SIX_WEEKS, 12)
    weeks = by_week(make(fits, DOMAINS), fits.exam_on)

    held = {
        number: {code for code, minutes in minutes_of(week).items() if code in WEIGHTS and minutes > 60}
        for number, week in weeks.items()
    }
    assert held == {
        5: {"IM", "SYS"}, 4: {"IM", "SYS"}, 3: {"MII", "IT"}, 2: {"MII", "IT"}, 1: {"OPS", "CE"}, 0: held[0],
    }  # fmt: skip
    last = minutes_of(weeks[0])
    assert set(last) == {*LIGHT, "drill", "review", "mock"}
    assert last["mock"] == 2 * 170
    # A mixed review comes after the light domains.
    order = [task.domain for task in weeks[0] if task.kind == PlanTaskKind.DRILL]
    assert order.index(ALL) > max(order.index(code) for code in LIGHT)


def test_every_day_has_its_review_and_the_eve_nothing_else() -> None:
    tasks = make(frame(SIX_WEEKS, 8), DOMAINS)

    reviewed = [task.on for task in tasks if task.kind == PlanTaskKind.REVIEW]
    assert reviewed == [TODAY + timedelta(days=n) for n in range(SIX_WEEKS)]
    assert [task.kind for task in tasks if task.on == reviewed[-1]] == [PlanTaskKind.REVIEW]


def test_guides_are_read_before_their_domain_is_drilled() -> None:
    tasks = make(frame(SIX_WEEKS, 12), DOMAINS)

    first = {code: next(task.kind for task in tasks if task.domain == code) for code in WEIGHTS}
    assert set(first.values()) == {PlanTaskKind.READ}


def test_mocks_that_fill_the_last_week_leave_the_light_domains_a_twentieth_of_the_study_time() -> None:
    minutes = minutes_of(make(frame(SIX_WEEKS, 6), DOMAINS))

    study = sum(minutes[code] for code in (*WEIGHTS, "drill"))
    assert abs(sum(minutes[code] for code in (*LIGHT, "drill")) - study / 20) <= 15
    assert minutes["drill"] > 0


# --- Mocks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "hours", "expected"),
    [
        (42, 10, [6, 3]),
        (366, 10, [6, 3]),
        (7, 10, [6, 3]),
        (6, 20, [6, 3]),
        (5, 20, [5, 3]),
        (4, 20, [4, 3]),
        # Two would leave no time to study ten domains.
        (3, 20, [3]),
        (3, 40, [3, 2]),
        (2, 40, [2]),
        (1, 40, []),
        (7, 6, [3]),
        (42, 6, [6, 3]),
        (42, 5, [3]),
        (42, 2, []),
    ],
)
def test_mocks_stand_where_there_is_room(days: int, hours: int, expected: list[int]) -> None:
    assert mock_days_left(days, hours) == expected


def test_extra_time_makes_mocks_longer_and_may_leave_room_for_one() -> None:
    assert mock_days_left(42, 8, mock_minutes=255) == [3]


# --- Emphasis -----------------------------------------------------------------------------------------------------


def standing(**answers: tuple[int, int]) -> list[Domain]:
    """(right, answered) by code; all others have none."""
    return [
        replace(domain, right=answers[domain.code][0], answered=answers[domain.code][1])
        if domain.code in answers
        else domain
        for domain in DOMAINS
    ]


def test_emphasis_follows_its_formula() -> None:
    # Overall 150 of 200; the gap of CE is (0.75 − 0.5) · 50 / 75 = 1/6, times 5 is 0.83.
    assert emphasis(standing(IM=(125, 150), CE=(25, 50))) == {"CE": 1.83}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, {}),
        ({"IM": (0, 24), "SYS": (60, 60)}, {}),
        ({"IM": (0, 25), "SYS": (60, 60)}, {"IM": 2.0}),
        ({"IM": (30, 40), "SYS": (30, 40)}, {}),
    ],
)
def test_emphasis_needs_enough_answers_below_the_overall_level(
    answers: dict[str, tuple[int, int]], expected: dict[str, float]
) -> None:
    assert emphasis(standing(**answers)) == expected


def test_weak_domain_gets_more_time_and_all_others_a_little_less() -> None:
    plain = minutes_of(make(frame(84, 10), DOMAINS))
    weighted = minutes_of(make(frame(84, 10), standing(IM=(140, 150), CE=(10, 50))))

    assert weighted["CE"] > 1.6 * plain["CE"]
    assert all(weighted[code] <= plain[code] for code in WEIGHTS if code != "CE")


# --- Weeks --------------------------------------------------------------------------------------------------------


def test_weeks_are_counted_back_from_the_exam_over_a_leap_day() -> None:
    exam_on = date(2028, 3, 4)

    assert week_days(0, exam_on) == (date(2028, 2, 26), date(2028, 3, 3))
    assert [week_of(day, exam_on) for day in (date(2028, 2, 25), date(2028, 2, 26), date(2028, 3, 3))] == [1, 0, 0]
    assert week_of(exam_on, exam_on) == -1


def test_there_is_no_plan_without_a_day() -> None:
    with pytest.raises(ValueError, match="leaves no day"):
        make(frame(0, 5), DOMAINS)
