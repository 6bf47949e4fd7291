"""Geometry of the option curves."""

from itertools import pairwise

from exams.charts import CURVES_BOTTOM, CURVES_TOP, LETTER_HEIGHT, curves


def test_curve_runs_from_left_to_right_and_from_nothing_to_all() -> None:
    (curve,) = curves([("A", True, (0.0, 0.5, 1.0))])

    assert curve.points == f"30.0,{CURVES_BOTTOM} 155.0,75.0 280.0,{CURVES_TOP}"


def test_group_without_anybody_leaves_no_point() -> None:
    (curve,) = curves([("A", True, (0.0, None, 1.0))])

    assert len(curve.points.split()) == 2
    assert curves([("A", True, (None, None))]) == []


def test_letters_do_not_stand_on_each_other() -> None:
    found = curves([(letter, False, (0.2, 0.0)) for letter in "ABCD"])

    ends = sorted(curve.end_y for curve in found)
    assert all(high - low >= LETTER_HEIGHT for low, high in pairwise(ends))
    assert ends[-1] == CURVES_BOTTOM
