"""The credential's rules: points, months and attempts, bienniums and renewals, as laws and at their edges."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.credential import rules
from exams.credential.attempt_window import Sitting, Standing, Step, standing
from exams.credential.eligibility import Background, Verdict, judge
from exams.credential.maintenance import Earned, Renewal, RenewalState, Upkeep, renewal, upkeep
from exams.credential.rules import Bounds
from exams.credential.spans import last_of, months_later

DAY = timedelta(days=1)
DAYS = st.dates(date(2007, 1, 1), date(2060, 12, 31))
LEVELS = [level.code for level in rules.eligibility().levels]
BACKGROUNDS = st.builds(
    Background,
    months=st.integers(0, 720),
    level=st.sampled_from(LEVELS),
    has_informatics=st.booleans(),
    hours=st.decimals(0, 200, places=2),
)

# --- The data -----------------------------------------------------------------------------------------------------


def test_rules_are_those_of_the_notes_and_carry_their_origin() -> None:
    points, attempts, keeping = rules.eligibility(), rules.attempts(), rules.maintenance()

    assert (points.points_needed, points.experience, points.education, points.continuing) == (
        7, Bounds(2, 5), Bounds(0, 5), Bounds(0, 4),
    )  # fmt: skip
    assert (points.months_a_point, points.hours_a_point) == (12, 18)
    assert [level.points for level in points.levels] == [0, 1, 2, 3, 4, 5]
    assert (attempts.attempts, attempts.months, attempts.first_fee, attempts.retake_fee) == (3, 12, 500, 250)
    assert (keeping.credits, keeping.renewal_fee, keeping.late_fee, keeping.valid_years) == (24, 70, 20, 10)
    assert (keeping.due_words, keeping.late_words) == ("December 31", "March 31")
    for origin in (points.origin, attempts.origin, keeping.origin):
        assert "American Board of Imaging Informatics" in origin.source
        assert origin.checked_on.year >= 2026
        assert origin.notes


# --- Spans --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2026, 3, 15), 12, date(2027, 3, 14)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 3, 1), 12, date(2029, 2, 28)),
        (date(2027, 3, 1), 12, date(2028, 2, 29)),
        (date(2028, 2, 29), 120, date(2038, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
    ],
)
def test_span_ends_on_the_day_before_the_same_day(first: date, months: int, last: date) -> None:
    assert last_of(first, months) == last


@given(first=DAYS, years=st.integers(1, 10))
def test_spans_of_years_have_their_length_and_keep_their_order(first: date, years: int) -> None:
    days = (last_of(first, 12 * years) - first).days + 1

    assert 365 * years <= days <= 365 * years + years // 4 + 1
    assert last_of(first, 12 * years) < last_of(first + 2 * DAY, 12 * years)
    assert months_later(months_later(first, 12), 12) in {months_later(first, 24), months_later(first, 24) + DAY}


# --- Points -------------------------------------------------------------------------------------------------------


def points(months: int, level: str, hours: float, *, informatics: bool = False) -> Verdict:
    return judge(Background(months, level, informatics, Decimal(str(hours))), rules.eligibility())


@pytest.mark.parametrize(
    ("verdict", "expected", "is_enough"),
    [
        (points(24, "master", 0), [2, 5, 0], True),
        (points(23, "master", 17.99), [1, 5, 0], False),
        (points(23, "master", 18), [1, 5, 1], False),
        (points(36, "none", 72), [3, 0, 4], True),
        (points(36, "none", 71.99), [3, 0, 3], False),
        (points(600, "none", 0), [5, 0, 0], False),
        (points(600, "associate", 0), [5, 2, 0], True),
        (points(24, "bachelor", 0, informatics=True), [2, 5, 0], True),
        (points(24, "master", 0, informatics=True), [2, 5, 0], True),
        (points(0, "master", 2000), [0, 5, 4], False),
        (points(48, "credits", 36), [4, 1, 2], True),
        (points(36, "associate-90", 18), [3, 3, 1], True),
    ],
)
def test_points_by_category(verdict: Verdict, expected: list[int], is_enough: bool) -> None:
    assert [category.points for category in verdict.categories] == expected
    assert verdict.is_enough == is_enough


def test_informatics_may_count_beyond_the_most_if_the_rule_says_so() -> None:
    said = replace(rules.eligibility(), education=Bounds(0, 6))

    assert judge(Background(12, "master", True, Decimal(0)), said).categories[1].points == 6


def test_what_is_missing_is_said_in_words() -> None:
    assert points(17, "bachelor", 20.5).missing == [
        "Experience: 1 of at least 2. Lacking: 7 more months of experience.",
        "In all: 1 more point. The next one comes with any of these: 7 more months of experience; master's or doctor's "
        "degree, or a degree or diploma in imaging informatics; 15.5 more hours of continuing education.",
    ]
    assert points(23, "master", 36).missing == ["Experience: 1 of at least 2. Lacking: 1 more month of experience."]
    # Full categories are no way to more points.
    assert points(60, "none", 0, informatics=True).missing == [
        "In all: 1 more point. The next one comes with any of these: 30 semester credits or more, no degree; "
        "18 more hours of continuing education."
    ]


@given(background=BACKGROUNDS)
def test_enough_means_seven_points_and_every_minimum(background: Background) -> None:
    verdict = judge(background, rules.eligibility())

    got = [category.points for category in verdict.categories]
    assert verdict.is_enough == (sum(got) >= 7 and got[0] >= 2)
    assert verdict.is_enough == (verdict.missing == [])
    assert all(0 <= point <= most for point, most in zip(got, (5, 5, 4), strict=True))


@given(background=BACKGROUNDS, months=st.integers(0, 60), hours=st.integers(0, 60))
def test_more_never_counts_less(background: Background, months: int, hours: int) -> None:
    richer = replace(
        background,
        months=background.months + months,
        hours=background.hours + hours,
        level=LEVELS[min(LEVELS.index(background.level) + 1, len(LEVELS) - 1)],
        has_informatics=True,
    )
    before, after = judge(background, rules.eligibility()), judge(richer, rules.eligibility())

    assert all(x.points <= y.points for x, y in zip(before.categories, after.categories, strict=True))
    assert after.is_enough or not before.is_enough


@given(background=BACKGROUNDS, months=st.integers(0, 59))
def test_what_the_missing_line_asks_for_makes_the_next_point(background: Background, months: int) -> None:
    background = replace(background, months=months)
    experience = judge(background, rules.eligibility()).categories[0]
    lacking = int(experience.to_reach(experience.points + 1).split()[0])

    def after(more: int) -> int:
        richer = replace(background, months=background.months + more)
        return judge(richer, rules.eligibility()).categories[0].points

    assert (after(lacking - 1), after(lacking)) == (experience.points, experience.points + 1)


# --- Attempts -----------------------------------------------------------------------------------------------------


def at(today: date, *sittings: tuple[date, str], began_on: date | None = None) -> Standing:
    return standing([Sitting(*sitting) for sitting in sittings], began_on=began_on, today=today, rules=rules.attempts())


FIRST = date(2026, 3, 15)
LAST = date(2027, 3, 14)


def test_nothing_yet_is_the_first_fee_away() -> None:
    found = at(FIRST)

    assert (found.step, found.next_fee, found.spent, found.window, found.left) == (Step.FIRST, 500, 0, None, 3)


def test_a_failed_first_attempt_leaves_two_until_the_months_end() -> None:
    found = at(LAST, (FIRST, "failed"))

    assert (found.step, found.used, found.left, found.next_fee, found.spent) == (Step.RETAKE, 1, 2, 250, 500)
    assert found.window
    assert (found.window.first, found.window.last, found.days_left) == (FIRST, LAST, 0)
    assert at(LAST - DAY, (FIRST, "failed")).days_left == 1


def test_exactly_twelve_months_later_the_months_are_over() -> None:
    found = at(date(2027, 3, 15), (FIRST, "failed"))

    assert (found.step, found.days_left) == (Step.OVER, 0)


def test_months_from_a_leap_day_end_before_the_first_of_march() -> None:
    leap = date(2028, 2, 29)

    assert at(date(2029, 2, 28), (leap, "failed")).step == Step.RETAKE
    assert at(date(2029, 3, 1), (leap, "failed")).step == Step.OVER


def test_three_failed_attempts_use_them_up() -> None:
    days = [FIRST, FIRST + 60 * DAY, FIRST + 120 * DAY]
    found = at(FIRST + 121 * DAY, *((day, "failed") for day in days))

    assert (found.step, found.left, found.spent) == (Step.USED_UP, 0, 1000)


def test_a_day_that_the_candidate_names_counts_instead() -> None:
    sitting = (FIRST, "failed")

    # The months ran from the approval, which came earlier.
    assert at(date(2027, 1, 10), sitting, began_on=date(2026, 1, 10)).step == Step.OVER
    assert at(date(2027, 1, 9), sitting, began_on=date(2026, 1, 10)).step == Step.RETAKE
    # New months: what was before them is used no more, but the money is spent.
    new = at(date(2028, 1, 10), sitting, began_on=date(2028, 1, 1))
    assert (new.step, new.used, new.left, new.spent, new.next_fee) == (Step.RETAKE, 0, 3, 500, 250)


def test_a_planned_exam_is_waited_for_and_then_asked_about() -> None:
    exam = date(2026, 12, 14)
    steps = {day: at(day, (FIRST, "failed"), (exam, "planned")).step for day in (exam - DAY, exam, exam + DAY)}

    assert steps == {exam - DAY: Step.SIT, exam: Step.SIT, exam + DAY: Step.TELL}
    found = at(exam - DAY, (FIRST, "failed"), (exam, "planned"))
    assert (found.spent, found.booked, found.next_fee, found.days_to_exam) == (500, 250, 250, 1)


@pytest.mark.parametrize(("before", "may"), [(2, True), (1, True), (0, False)])
def test_moving_ends_a_day_before(before: int, may: bool) -> None:
    exam = date(2026, 12, 14)

    assert at(exam - before * DAY, (exam, "planned")).may_reschedule == may


def test_a_date_beyond_the_months_or_the_attempts_is_told() -> None:
    assert at(FIRST, (FIRST, "failed"), (LAST, "planned")).is_planned_inside
    assert not at(FIRST, (FIRST, "failed"), (LAST + DAY, "planned")).is_planned_inside
    failed = [(FIRST + n * DAY, "failed") for n in range(3)]
    assert not at(FIRST + 3 * DAY, *failed, (FIRST + 9 * DAY, "planned")).is_planned_inside


def test_passing_ends_it_whatever_the_months_say() -> None:
    found = at(date(2030, 1, 1), (FIRST, "failed"), (FIRST + DAY, "passed"))

    assert (found.step, found.spent) == (Step.PASSED, 750)


@given(days=st.lists(DAYS, unique=True, max_size=6), today=DAYS)
def test_every_attempt_costs_and_none_is_counted_twice(days: list[date], today: date) -> None:
    found = at(today, *((day, "failed") for day in days))

    assert found.spent + found.booked == (500 + 250 * (len(days) - 1) if days else 0)
    assert found.left == max(0, 3 - found.used)
    assert found.used <= len(days)
    assert (found.step in {Step.FIRST, Step.RETAKE}) == (
        found.left > 0 and (found.window is None or today <= found.window.last)
    )


# --- Keeping it ---------------------------------------------------------------------------------------------------


def keep(
    passed_on: date, today: date, earned: Iterable[tuple[date, str]] = (), renewed_through: int | None = None
) -> Upkeep:
    entries = [Earned(on, Decimal(number)) for on, number in earned]
    return upkeep(entries, passed_on=passed_on, renewed_through=renewed_through, today=today, rules=rules.maintenance())


@pytest.mark.parametrize("passed_on", [date(2026, 1, 1), date(2026, 7, 4), date(2026, 12, 31)])
def test_first_biennium_begins_on_the_january_after_passing(passed_on: date) -> None:
    found = keep(passed_on, passed_on)

    assert (found.current.first, found.current.last) == (date(2027, 1, 1), date(2028, 12, 31))
    assert not found.has_begun


def test_biennium_ends_with_its_last_day_and_the_next_begins() -> None:
    passed_on = date(2026, 7, 4)
    last, first = keep(passed_on, date(2028, 12, 31)), keep(passed_on, date(2029, 1, 1))

    assert (last.has_begun, last.days_left, last.past) == (True, 0, ())
    assert (first.current.first, first.current.last, first.days_left) == (date(2029, 1, 1), date(2030, 12, 31), 729)
    assert [biennium.last for biennium in first.past] == [date(2028, 12, 31)]


def test_credits_count_in_the_biennium_of_their_day_alone() -> None:
    earned = [
        (date(2026, 12, 31), "5"), (date(2027, 1, 1), "8.5"), (date(2028, 12, 31), "0.25"), (date(2029, 1, 1), "24"),
    ]  # fmt: skip
    found = keep(date(2026, 7, 4), date(2028, 6, 1), earned)

    assert (found.current.earned, found.current.lacking, found.current.is_full) == (
        Decimal("8.75"), Decimal("15.25"), False,
    )  # fmt: skip
    later = keep(date(2026, 7, 4), date(2029, 6, 1), earned)
    assert (later.current.is_full, later.past[0].earned) == (True, Decimal("8.75"))


def test_surplus_is_not_less_than_nothing_lacking() -> None:
    assert keep(date(2026, 7, 4), date(2027, 6, 1), [(date(2027, 2, 1), "30")]).current.lacking == 0


@given(
    passed_on=DAYS,
    later=st.integers(0, 4000),
    earned=st.lists(st.tuples(DAYS, st.sampled_from(["0.25", "1", "7.5"])), max_size=12),
)
def test_bienniums_follow_each_other_and_every_credit_counts_once(
    passed_on: date, later: int, earned: list[tuple[date, str]]
) -> None:
    today = passed_on + timedelta(days=later)
    found = keep(passed_on, today, earned)
    bienniums = [*found.past, found.current]

    assert bienniums[0].first == date(passed_on.year + 1, 1, 1)
    for one, two in pairwise(bienniums):
        assert two.first == one.last + DAY
    assert {(b.first.month, b.first.day, b.last.year - b.first.year) for b in bienniums} == {(1, 1, 1)}
    assert found.current.last >= today
    inside = [Decimal(number) for on, number in earned if bienniums[0].first <= on <= bienniums[-1].last]
    assert sum(biennium.earned for biennium in bienniums) == sum(inside)


def renew(today: date, *, renewed_through: int | None = None) -> Renewal:
    said = rules.maintenance()
    return renewal(passed_on=date(2026, 7, 4), renewed_through=renewed_through, today=today, rules=said)


@pytest.mark.parametrize(
    ("today", "state", "fee", "days_left"),
    [
        (date(2026, 7, 4), RenewalState.DUE, 70, 180),
        (date(2026, 12, 31), RenewalState.DUE, 70, 0),
        (date(2027, 1, 1), RenewalState.LATE, 90, 89),
        (date(2027, 3, 31), RenewalState.LATE, 90, 0),
        (date(2027, 4, 1), RenewalState.LAPSED, 90, 0),
    ],
)
def test_renewal_is_due_then_late_then_over(today: date, state: RenewalState, fee: int, days_left: int) -> None:
    found = renew(today)

    assert (found.year, found.state, found.fee, found.days_left) == (2026, state, fee, days_left)


def test_paid_years_move_the_renewal_on() -> None:
    assert renew(date(2027, 4, 1), renewed_through=2026).year == 2027
    assert renew(date(2027, 4, 1), renewed_through=2027).due_on == date(2028, 12, 31)
    # A year before the first renewal changes nothing.
    assert renew(date(2026, 8, 1), renewed_through=2020).year == 2026


def test_first_renewal_can_be_set_a_year_later() -> None:
    said = replace(rules.maintenance(), first_renewal_after_years=1)

    found = renewal(passed_on=date(2026, 7, 4), renewed_through=None, today=date(2026, 8, 1), rules=said)

    assert found.due_on == date(2027, 12, 31)


@pytest.mark.parametrize(
    ("passed_on", "valid_until"),
    [
        (date(2026, 7, 4), date(2036, 7, 3)),
        (date(2028, 2, 29), date(2038, 2, 28)),
        (date(2026, 1, 1), date(2035, 12, 31)),
    ],
)
def test_ten_years_from_passing(passed_on: date, valid_until: date) -> None:
    found = keep(passed_on, valid_until)

    assert (found.valid_until, found.valid_days) == (valid_until, 0)
