"""Rearranging options: nothing typed is lost but what somebody removes, and what cannot be done changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from questions import option_rows
from questions.option_rows import FEWEST, MOST, Row, after, typed

rows_of = st.integers(FEWEST, MOST).map(
    lambda count: [{"text": f"Option {n}", "is_key": n == 1, "rationale": f"Because {n}"} for n in range(count)]
)
steps = st.one_of(
    st.builds("{}-{}".format, st.sampled_from(["up", "down", "remove"]), st.integers(-1, 9)),
    st.sampled_from(["add", "", "upload", "up-", "up-x", "remove-99999999999", "fly-1"]),
)


@given(rows=rows_of, taken=st.lists(steps, max_size=12))
def test_steps_keep_the_number_of_options_and_lose_only_what_is_removed(rows: list[Row], taken: list[str]) -> None:
    for step in taken:
        before = rows
        rows, _ = after(rows, step)
        assert FEWEST <= len(rows) <= MOST
        gone = [row for row in before if row not in rows]
        assert len(gone) <= (1 if step.startswith("remove") else 0)


@given(rows=rows_of, place=st.integers(0, MOST - 1))
def test_up_and_down_again_is_as_before(rows: list[Row], place: int) -> None:
    moved, _ = after(rows, f"up-{place}")

    if 0 < place < len(rows):
        assert moved[place - 1] == rows[place]
        assert after(moved, f"down-{place - 1}")[0] == rows
    else:
        assert moved == rows


@given(rows=rows_of, step=steps)
def test_control_at_hand_is_one_that_can_be_pressed(rows: list[Row], step: str) -> None:
    rows, at_hand = after(rows, step)

    name, _, number = at_hand.partition("-")
    pressable = {
        "": True,
        "add": len(rows) < MOST,
        "text": number == str(len(rows) - 1),
        "up": number not in ("", "0"),
        "down": number != str(len(rows) - 1),
        "remove": len(rows) > FEWEST and number.isdecimal() and int(number) < len(rows),
    }
    assert pressable[name]


def test_rows_are_read_as_typed_and_a_broken_count_is_none() -> None:
    data = {"options-TOTAL_FORMS": "2", "options-0-text": " a ", "options-1-is_key": "on", "options-1-rationale": "b"}

    assert typed(data) == [
        {"text": " a ", "is_key": False, "rationale": ""},
        {"text": "", "is_key": True, "rationale": "b"},
    ]
    assert typed({"options-TOTAL_FORMS": "many"}) == typed({}) == typed({"options-TOTAL_FORMS": "-1"}) == []
    assert len(typed({"options-TOTAL_FORMS": "900"})) == option_rows.MOST
