"""Statistics of a table of answers, against a second computation from the textbook's sums of deviations."""

import io
import json
from math import floor, sqrt
from pathlib import Path
from statistics import fmean, pvariance
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from exams import item_analysis, response_matrix
from exams.item_analysis import Cell, Flag, ItemStatistics, analyse
from exams.response_matrix import BadTable, MatrixStatistics, analyse_matrix, read

LETTERS = ["A", "B", "C", ""]


def statistics_of(answers: str, key: str | None = None) -> MatrixStatistics:
    return analyse_matrix(read(io.StringIO(answers), io.StringIO(key) if key else None))


# --- A case by hand -------------------------------------------------------------------------------------------------

# q3 is a pilot; Bob omits q2; Dan does not reach q3 and q4.
BY_HAND = "person,q1,q2,q3,q4\nann,A,B,C,D\nbob,A,,C,A\ncat,B,B,A,D\ndan,A,B,,\neve,c,a,a,a\n"
KEY_BY_HAND = "item,key,status\nq1,A,scored\nq2,B,\nq3,C,pilot\nq4,D,scored\n"


def test_case_computed_by_hand() -> None:
    """Totals on q1, q2, q4: 3, 1, 2, 2, 0; variance 1.04; sum of p q .24 + .24 + .24."""
    found = statistics_of(BY_HAND, KEY_BY_HAND)

    assert (found.n, found.k, found.mean) == (5, 3, 1.6)
    assert found.kr20 == pytest.approx(3 / 2 * (1 - 0.72 / 1.04))
    assert found.sem == pytest.approx(sqrt(1.04) * sqrt(1 - 3 / 2 * (1 - 0.72 / 1.04)))
    q1, q2, q3, q4 = (item for _, _, item in found.items)
    assert [(i.n, i.omitted, i.not_reached, i.right) for i in (q1, q2, q3, q4)] == [
        (5, 0, 0, 3), (5, 1, 0, 3), (4, 0, 1, 2), (4, 0, 1, 2),
    ]  # fmt: skip
    # Rest scores on q1: 2, 0, 2, 1, 0 with right answers of the first, second and fourth.
    assert q1.r_rest == pytest.approx(0.0, abs=1e-12)
    # q4 without Dan: rest 2, 1, 1, 0; right are the first and the third.
    assert q4.r_rest == pytest.approx(1 / sqrt(2))
    # A pilot against the scored total 3, 1, 2, 0 of whoever reached it.
    assert q3.r_rest == q3.r_total == pytest.approx(1 / sqrt(5))
    # floor(.27 * 4 + .5) = 1: Ann is first, Eve last.
    assert (q4.d27, q4.options["D"].top27, q4.options["A"].bottom27) == (1.0, 1.0, 1.0)
    assert (q2.options["B"].count, q2.options["B"].prop, q2.options["B"].mean_rest) == (3, 0.6, 4 / 3)
    assert list(q4.options) == ["A", "B", "C", "D"]
    assert (q4.options["B"].count, q4.options["B"].r_rest, q4.options["B"].mean_rest) == (0, None, None)


# --- Against a second computation -----------------------------------------------------------------------------------


def plain_correlation(xs: list[float], ys: list[float]) -> float | None:
    if len(xs) < 2 or len(set(xs)) < 2 or len(set(ys)) < 2:
        return None
    mx, my = fmean(xs), fmean(ys)
    up = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True))
    return up / sqrt(sum((x - mx) ** 2 for x in xs) * sum((y - my) ** 2 for y in ys))


tables = st.integers(1, 5).flatmap(
    lambda width: st.tuples(
        st.lists(st.lists(st.sampled_from(LETTERS), min_size=width, max_size=width), min_size=1, max_size=12),
        st.lists(st.sampled_from("ABC"), min_size=width, max_size=width),
        st.lists(st.booleans(), min_size=width, max_size=width),
    )
)


@given(tables)
def test_every_figure_agrees_with_the_textbook(table: tuple[list[list[str]], list[str], list[bool]]) -> None:
    rows, keys, scored = table
    width = len(keys)
    answers = "\n".join(
        ["person," + ",".join(f"q{i}" for i in range(width))] + [f"p{n}," + ",".join(row) for n, row in enumerate(rows)]
    )
    key = "\n".join(
        ["item,key,status"] + [f"q{i},{keys[i]},{'scored' if scored[i] else 'pilot'}" for i in range(width)]
    )

    found = statistics_of(answers, key)

    right = [[float(row[i] == keys[i]) for i in range(width)] for row in rows]
    totals = [sum(marks[i] for i in range(width) if scored[i]) for marks in right]
    k = sum(scored)
    assert found.mean == (pytest.approx(fmean(totals)) if k else None)
    if k >= 2 and len(rows) >= 2 and pvariance(totals) > 0:
        pq = sum(fmean(m[i] for m in right) * (1 - fmean(m[i] for m in right)) for i in range(width) if scored[i])
        kr20 = k / (k - 1) * (1 - pq / pvariance(totals))
        assert found.kr20 == pytest.approx(kr20, abs=1e-9)
        assert found.sem is not None
        assert found.sem**2 == pytest.approx(pvariance(totals) * (1 - kr20), abs=1e-9)
    else:
        assert found.kr20 is found.sem is None
    for i, (_, _, item) in enumerate(found.items):
        assert_item_agrees(item, rows, right, totals, i, is_scored=scored[i])


def assert_item_agrees(
    item: ItemStatistics,
    rows: list[list[str]],
    right: list[list[float]],
    totals: list[float],
    i: int,
    *,
    is_scored: bool,
) -> None:
    until = [max((p + 1 for p, a in enumerate(row) if a), default=0) for row in rows]
    who = [j for j in range(len(rows)) if i < until[j]]
    xs, ts = [right[j][i] for j in who], [totals[j] for j in who]
    rest = [t - x if is_scored else t for t, x in zip(ts, xs, strict=True)]
    assert (item.n, item.not_reached) == (len(who), len(rows) - len(who))
    assert item.omitted == sum(not rows[j][i] for j in who)
    assert item.p == (pytest.approx(fmean(xs)) if who else None)
    assert item.r_rest == approx_or_none(plain_correlation(xs, rest))
    assert item.r_total == approx_or_none(plain_correlation(xs, ts))
    m = floor(0.27 * len(who) + 0.5)
    ranked = sorted(range(len(who)), key=lambda place: -rest[place])
    if m:
        top, bottom = ranked[:m], ranked[-m:]
        assert item.d27 == pytest.approx((sum(xs[p] for p in top) - sum(xs[p] for p in bottom)) / m)
    else:
        assert item.d27 is None
    for letter, option in item.options.items():
        chose = [float(rows[j][i] == letter) for j in who]
        assert option.count == sum(chose)
        assert option.r_rest == approx_or_none(plain_correlation(chose, rest))
        if m:
            assert option.top27 == pytest.approx(sum(chose[p] for p in ranked[:m]) / m)
            assert option.bottom27 == pytest.approx(sum(chose[p] for p in ranked[-m:]) / m)


def approx_or_none(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, abs=1e-9)


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(0, 20)), min_size=2, max_size=40))
def test_cells_add_up(answers: list[tuple[str, int]]) -> None:
    """One cell for each person, or persons alike in one cell: the same statistics, but for the order of ties."""
    single = [Cell(answer, rest) for answer, rest in sorted(answers)]
    merged = [Cell(answer, rest, answers.count((answer, rest))) for answer, rest in sorted(set(answers))]

    one, other = (analyse(cells, keys="A", options="ABCD", is_scored=True) for cells in (single, merged))

    assert one == other


# --- What is undefined, and what is flagged -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers", ["person,q1,q2\na,1,1\n", "person,q1,q2\na,1,1\nb,1,1\n", "person,q1\na,1\nb,0\n", "person,q1\n"]
)
def test_undefined_is_null_and_never_nought(answers: str) -> None:
    found = statistics_of(answers)

    assert (found.kr20, found.sem) == (None, None)
    assert all(item.r_rest is None for _, _, item in found.items)


def cells(**answers: tuple[int, int]) -> list[Cell]:
    """`A=(40, 10)`: forty persons chose A with a rest score of 10."""
    return [Cell(answer, rest, n) for answer, (n, rest) in answers.items()]


CASES = [
    (cells(A=(20, 2), B=(20, 10)), [Flag.MISKEY, Flag.DOUBLE_KEY]),
    ([*cells(A=(30, 9), B=(15, 9)), *cells(A=(10, 3), B=(5, 2), C=(5, 1), D=(5, 1))], []),
    ([*cells(A=(60, 9), B=(59, 4)), *cells(C=(1, 3), D=(30, 4))], [Flag.DEAD_DISTRACTOR]),
    ([Cell(answer, rest, 10) for answer in "ABCD" for rest in (4, 8)], [Flag.GUESSING]),
    ([*cells(A=(40, 9), B=(20, 4), C=(10, 3), D=(10, 3)), Cell("", 3, 10)], [Flag.OMITTED]),
]  # fmt: skip


@pytest.mark.parametrize(("found", "flags"), CASES, ids=["miskey", "none", "dead", "guessing", "omitted"])
def test_flags_on_planted_faults(found: list[Cell], flags: list[Flag]) -> None:
    assert analyse(found, keys="A", options="ABCD", is_scored=True).flags == flags


def test_often_not_reached_is_flagged() -> None:
    found = cells(A=(60, 9), B=(20, 4), C=(10, 3), D=(10, 3))

    assert analyse(found, keys="A", options="ABCD", is_scored=True, not_reached=5).flags == []
    assert analyse(found, keys="A", options="ABCD", is_scored=True, not_reached=6).flags == [Flag.NOT_REACHED]


def test_no_flag_before_thirty_persons() -> None:
    few, enough = ([Cell("A", 2, n), Cell("B", 10, n)] for n in (14, 15))

    assert analyse(few, keys="A", options="ABCD", is_scored=True).flags == []
    assert analyse(enough, keys="A", options="ABCD", is_scored=True).flags


def test_interval_of_the_correlation_needs_ten_persons_and_is_fishers() -> None:
    few = analyse([Cell("A", 5, 4), Cell("B", 3, 3), Cell("A", 3, 2)], keys="A", options="AB", is_scored=True)
    assert few.r_interval is None

    assert item_analysis.bound(0.5, 103, -1.959964) == pytest.approx(0.3392, abs=1e-3)


# --- Files ----------------------------------------------------------------------------------------------------------

GOOD = "person,q1,q2\na,A,B\n"
GOOD_KEY = "item,key\nq1,A\nq2,B\n"
BAD = [
    ("", GOOD_KEY, "ANSWERS, line 1: the header"),
    ("name,q1\n", GOOD_KEY, "ANSWERS, line 1: the header"),
    ("person,q1,q1\n", GOOD_KEY, "ANSWERS, line 1, column 3"),
    ("person,q1,q2\na,A\n", GOOD_KEY, "ANSWERS, line 2: 2 cells where the header has 3"),
    ("person,q1,q2\na,A,B\n\na,B,B\n", GOOD_KEY, "ANSWERS, line 4, column 1: person 'a' stands in line 2"),
    ("person,q1,q2\na,A,7\n", GOOD_KEY, r"ANSWERS, line 2, column 3 \(q2\): '7' is not an option letter"),
    ("person,q1,q2\na,A,B\n", None, r"column 2 \(q1\): 'A' is not 1, 0 or nothing \(letters need --key\)"),
    (GOOD, "q,k\n", "KEY, line 1: the header"),
    (GOOD, "item,key\nq1,A,x\n", "KEY, line 2: 3 cells"),
    (GOOD, "item,key\nq9,A\n", "KEY, line 2, column 1: item 'q9' is no column"),
    (GOOD, "item,key\nq1,A\nq1,B\n", "KEY, line 3, column 1: item 'q1' has a key already"),
    (GOOD, "item,key\nq1,AB\n", "KEY, line 2, column 2: 'AB' is not one option letter"),
    (GOOD, "item,key,status\nq1,A,maybe\n", "KEY, line 2, column 3: 'maybe' is not scored or pilot"),
    (GOOD, "item,key\nq1,A\n", "KEY has no line for item 'q2'"),
    ('person,q1\na,"A\n', "item,key\nq1,A\n", "no CSV"),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "key", "words"), BAD)
def test_bad_table_names_line_and_column(answers: str, key: str | None, words: str) -> None:
    with pytest.raises(BadTable, match=words):
        statistics_of(answers, key)


def test_command_prints_json_with_nulls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers, key = tmp_path / "a.csv", tmp_path / "k.csv"
    answers.write_bytes(b"\xef\xbb\xbf" + BY_HAND.encode())
    key.write_text(KEY_BY_HAND, encoding="utf-8")

    call_command("analyse_responses", str(answers), key=key, json=True)

    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["n", "k", "mean", "kr20", "sem", "items"]
    names = ["item", "status", "n", "omitted", "not_reached", "p", "r_rest", "r_total", "d27", "options", "flags"]
    assert list(printed["items"][0]) == names
    assert list(printed["items"][0]["options"]["A"]) == ["count", "prop", "r_rest", "mean_rest", "top27", "bottom27"]
    assert printed["items"][3]["options"]["B"]["r_rest"] is None
    assert printed["items"][2]["status"] == "pilot"


def test_command_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "a.csv"
    answers.write_text("person,q1,q2\na,1,1\nb,0,1\n", encoding="utf-8")

    call_command("analyse_responses", str(answers))

    assert "2 persons, 2 scored items" in capsys.readouterr().out


@pytest.mark.parametrize(("content", "words"), [(b"person,q1\na,\xff\n", "no UTF-8"), (None, "cannot be read")])
def test_command_says_what_is_wrong_with_a_file(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "a.csv"
    if content:
        path.write_bytes(content)

    with pytest.raises(CommandError, match=words):
        call_command("analyse_responses", str(path))


def test_letters_are_read_in_either_case() -> None:
    assert response_matrix.read(io.StringIO("person,q1\na,b\n"), io.StringIO("item,key\nq1,B\n")).rows == (("B",),)
