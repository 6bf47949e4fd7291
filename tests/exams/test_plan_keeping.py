"""What settles a task by itself, what counts as missed, and where missed tasks go."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.plan_keeping import Due, Practised, done_by_themselves, missed, spread

DAY = date(2026, 11, 23)
EXAM = DAY + timedelta(days=10)
CODES = ("IM", "SYS", "CE", "")

due_tasks = st.lists(
    st.tuples(
        st.integers(-9, 9), st.sampled_from(["read", "drill", "review", "mock"]), st.integers(1, 90),
        st.sampled_from(CODES), st.integers(1, 30),
    ),
    max_size=25,
).map(
    lambda rows: [
        Due(key, DAY + timedelta(days=n), kind, minutes, code if kind in ("read", "drill") else "", items)
        for key, (n, kind, minutes, code, items) in enumerate(rows)
    ]
)  # fmt: skip
deeds = st.lists(st.tuples(st.integers(-9, 9), st.sampled_from(CODES[:3]), st.integers(1, 40)), max_size=12).map(
    lambda rows: [Practised(DAY + timedelta(days=n), "drill", code, count) for n, code, count in rows]
)


def drill(key: int, code: str, items: int, *, on: date = DAY) -> Due:
    return Due(key, on, "drill", 2 * items, code, items)


def did(*counts: tuple[str, int], on: date = DAY) -> list[Practised]:
    return [Practised(on, "drill", code, count) for code, count in counts]


@pytest.mark.parametrize(
    ("due", "practised", "done"),
    [
        ([drill(1, "IM", 10)], did(("IM", 10)), {1}),
        ([drill(1, "IM", 10)], did(("IM", 6), ("IM", 4)), {1}),
        ([drill(1, "IM", 10)], did(("IM", 9)), set()),
        ([drill(1, "IM", 10)], did(("SYS", 30)), set()),
        ([drill(1, "IM", 10)], did(("IM", 10), on=DAY - timedelta(days=1)), set()),
        # Items count once.
        ([drill(1, "IM", 10), drill(2, "IM", 10)], did(("IM", 19)), {1}),
        ([drill(1, "IM", 10), drill(2, "IM", 10)], did(("IM", 20)), {1, 2}),
        # All domains: what the others have left, of three at least.
        ([drill(1, "", 9)], did(("IM", 3), ("SYS", 3), ("CE", 3)), {1}),
        ([drill(1, "", 9)], did(("IM", 9), ("SYS", 9)), set()),
        ([drill(1, "", 9), drill(2, "IM", 3)], did(("IM", 3), ("SYS", 3), ("CE", 3)), {2}),
        ([Due(1, DAY, "mock", 170)], [Practised(DAY, "mock")], {1}),
        ([Due(1, DAY, "mock", 170)], did(("IM", 170)), set()),
        ([Due(1, DAY, "review", 10), Due(2, DAY, "read", 10, "IM")], [Practised(DAY, "review")], {1}),
        ([Due(1, DAY, "read", 10, "IM")], did(("IM", 99)), set()),
    ],
)
def test_only_what_is_beyond_doubt_settles_a_task(due: list[Due], practised: list[Practised], done: set[int]) -> None:
    assert done_by_themselves(due, practised) == done


@given(due_tasks, deeds)
def test_settled_drills_never_use_more_items_than_were_met(due: list[Due], practised: list[Practised]) -> None:
    done = done_by_themselves(due, practised)

    met, used = Counter[date](), Counter[date]()
    for deed in practised:
        met[deed.on] += deed.count
    for task in due:
        used[task.on] += task.item_count * (task.key in done)
    assert all(used[day] <= met[day] for day in used)


@given(due_tasks, deeds, deeds)
def test_doing_more_unsettles_nothing(due: list[Due], practised: list[Practised], more: list[Practised]) -> None:
    of_one_domain = [task for task in due if task.domain]

    assert done_by_themselves(of_one_domain, practised) <= done_by_themselves(of_one_domain, [*practised, *more])


def test_missed_are_tasks_of_weeks_that_are_over_but_no_reviews() -> None:
    # The exam is on a Thursday; its weeks begin on Thursdays.
    exam_on = date(2026, 12, 17)
    kinds = [("drill", 25), ("review", 25), ("drill", 26), ("read", 18)]
    due = [Due(n, date(2026, 11, day), kind, 10, "IM") for n, (kind, day) in enumerate(kinds)]

    assert [task.key for task in missed(due, today=date(2026, 11, 25), exam_on=exam_on)] == [3]
    assert [task.key for task in missed(due, today=date(2026, 11, 26), exam_on=exam_on)] == [0, 3]


def test_spread_fills_the_emptiest_days_first_and_says_what_that_makes_of_a_day() -> None:
    planned = [Due(n, DAY + timedelta(days=n), "drill", 60 if n else 30, "IM", 15) for n in range(10)]
    lost = [drill(90, "IM", 20, on=DAY - timedelta(days=9)), drill(91, "SYS", 20, on=DAY - timedelta(days=8))]

    found = spread(lost, planned, today=DAY, exam_on=EXAM)

    assert found
    assert found.moved == {90: DAY, 91: DAY + timedelta(days=1)}
    assert (found.minutes_a_day_before, found.minutes_a_day_after) == (57, 65)
    assert found.hours_a_week_after == 7.6
    assert found.left_out == []


@given(due_tasks, st.integers(1, 10))
def test_spread_moves_everything_into_the_days_left_but_mocks_without_a_day(due: list[Due], days: int) -> None:
    exam_on = DAY + timedelta(days=days)
    lost = missed(due, today=DAY, exam_on=exam_on)
    found = spread(lost, due, today=DAY, exam_on=exam_on)

    assert found
    assert sorted([*found.moved, *found.left_out]) == sorted(task.key for task in lost)
    assert all(DAY <= day < exam_on for day in found.moved.values())
    assert {task.kind for task in lost if task.key in found.left_out} <= {"mock"}
    mocks = [found.moved[task.key] for task in lost if task.kind == "mock" and task.key in found.moved]
    assert len(mocks) == len(set(mocks))
    assert exam_on - timedelta(days=1) not in mocks


def test_missed_mock_goes_to_a_day_without_one_and_not_to_the_eve_however_empty_that_is() -> None:
    planned = [Due(0, DAY, "mock", 10), Due(1, DAY + timedelta(days=1), "drill", 99, "IM", 9)]
    lost = [Due(n, DAY - timedelta(days=9), "mock", 170) for n in (90, 91)]

    found = spread(lost, planned, today=DAY, exam_on=DAY + timedelta(days=3))

    assert found
    assert (found.moved, found.left_out) == ({90: DAY + timedelta(days=1)}, [91])
    assert found.missed_minutes == 170


def test_nothing_is_spread_when_no_day_is_left() -> None:
    assert spread([drill(1, "IM", 5)], [], today=EXAM, exam_on=EXAM) is None
