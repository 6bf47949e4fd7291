"""Marks beside the answer: what a browser may send, what a save keeps, and what other pages learn of it."""

import json
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from exams.attempts import NoSuchPlace
from exams.item_state import LONGEST_TEXT, MOST_HIGHLIGHTS, highlights_from, struck_from
from exams.models import Attempt, Response
from tests.factories import NOW, make_bank, make_user, save, start

HIGHLIGHTS = (("stem", 3, 9), ("stem", 12, 15), ("exhibit", 0, 4))


@pytest.mark.parametrize("text", ["", "1", "24", "12345678"])
def test_struck_places_in_rising_order_are_taken(text: str) -> None:
    assert struck_from(text) == text


@pytest.mark.parametrize("text", ["42", "11", "9", "0", "a", "-1"])
def test_other_struck_places_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rising order"):
        struck_from(text)


def test_highlights_are_taken_as_sent() -> None:
    assert highlights_from([list(row) for row in HIGHLIGHTS]) == HIGHLIGHTS
    assert highlights_from([]) == ()


@pytest.mark.parametrize(
    "value",
    [
        {},
        "stem",
        [["stem", 3]],
        [["title", 0, 3]],
        [["stem", 3, 3]],
        [["stem", -1, 3]],
        [["stem", 0, LONGEST_TEXT + 1]],
        [["stem", True, 3]],
        [["stem", "0", "3"]],
        [["stem", 0, 5], ["stem", 5, 9]],
        [["stem", 6, 9], ["stem", 0, 5]],
        [["exhibit", 0, 5], ["stem", 6, 9]],
        [["stem", n * 3, n * 3 + 1] for n in range(MOST_HIGHLIGHTS + 1)],
    ],
)
def test_other_highlights_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"[Hh]ighlight"):
        highlights_from(value)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4)))
def test_no_json_value_breaks_the_check(value: Any) -> None:
    with suppress(ValueError):
        assert isinstance(highlights_from(value), tuple)


# --- Saving -------------------------------------------------------------------------------------------------------


def stored(attempt: Attempt) -> tuple[str, str, list[list[Any]]]:
    response = Response.objects.get(attempt=attempt, position=1)
    return response.struck, response.note, response.highlights


@pytest.fixture
def attempt(db: None) -> Attempt:
    make_bank()
    return start(make_user())


def test_save_keeps_marks_with_the_answer(attempt: Attempt) -> None:
    save(attempt, chosen=2, struck="24", note="look at B", highlights=HIGHLIGHTS)

    assert stored(attempt) == ("24", "look at B", [list(row) for row in HIGHLIGHTS])
    # Choosing an option that is struck out is allowed; the ledger knows both.
    event = attempt.events.get(kind="saved")
    assert (event.chosen, event.struck) == (2, "24")


def test_save_that_says_nothing_of_marks_leaves_them(attempt: Attempt) -> None:
    save(attempt, chosen=2, struck="1", note="so", highlights=HIGHLIGHTS)

    save(attempt, base=1, chosen=3)

    assert stored(attempt) == ("1", "so", [list(row) for row in HIGHLIGHTS])
    save(attempt, base=2, chosen=3, struck="", note="", highlights=())
    assert stored(attempt) == ("", "", [])


def test_strike_of_an_option_that_the_item_lacks_is_refused(attempt: Attempt) -> None:
    with pytest.raises(NoSuchPlace):
        save(attempt, chosen=None, struck="15")


def test_ledger_counts_from_one_without_gaps(attempt: Attempt) -> None:
    for base in range(4):
        save(attempt, base=base, chosen=base % 4 + 1)
    save(attempt, base=0)

    assert list(attempt.events.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5]


# --- Over HTTP ----------------------------------------------------------------------------------------------------


@pytest.fixture
def alice(attempt: Attempt, client: Client) -> Client:
    client.force_login(attempt.user)
    return client


def post(alice: Client, attempt: Attempt, name: str, **fields: Any) -> dict[str, Any]:
    with time_machine.travel(NOW, tick=False):
        answer: dict[str, Any] = alice.post(reverse(f"exams:{name}", args=[attempt.public_id]), fields).json()
    return answer


def send(alice: Client, attempt: Attempt, *, item: int = 1, base: int = 0, **fields: Any) -> dict[str, Any]:
    return post(alice, attempt, "save", item=item, base=base, op_id=uuid4(), **fields)


def test_page_sends_marks_and_gets_them_back(alice: Client, attempt: Attempt) -> None:
    said = send(alice, attempt, struck="3", note=" two\nlines ", highlights=json.dumps(HIGHLIGHTS))

    assert (said["result"], said["struck"], said["note"]) == ("saved", "3", " two\nlines ")
    assert said["highlights"] == [list(row) for row in HIGHLIGHTS]


@pytest.mark.parametrize(
    "fields", [{"struck": "31"}, {"highlights": "[["}, {"highlights": '[["stem", 2, 1]]'}, {"note": "x" * 2001}]
)
def test_unsound_marks_are_refused_and_nothing_is_stored(
    alice: Client, attempt: Attempt, fields: dict[str, Any]
) -> None:
    assert send(alice, attempt, chosen=1, **fields)["result"] == "invalid"
    assert attempt.events.count() == 1


def test_heartbeat_tells_what_was_stored_since_the_entry_that_a_page_knows(alice: Client, attempt: Attempt) -> None:
    send(alice, attempt, item=1, chosen=1)
    send(alice, attempt, item=2, chosen=2, note="b")

    first = post(alice, attempt, "heartbeat", known=0)
    second = post(alice, attempt, "heartbeat", known=2)
    third = post(alice, attempt, "heartbeat", known=3)

    assert [row["item"] for row in first["state"]] == [1, 2]
    assert [(row["item"], row["chosen"], row["note"]) for row in second["state"]] == [(2, 2, "b")]
    assert third["state"] == []
    assert [said["ledger"] for said in (first, second, third)] == [3, 3, 3]


def test_room_shows_marks_after_a_reload(alice: Client, attempt: Attempt) -> None:
    send(alice, attempt, struck="24", note="<b>bold</b>", highlights=json.dumps(HIGHLIGHTS))

    with time_machine.travel(NOW, tick=False):
        text = alice.get(reverse("exams:room", args=[attempt.public_id])).content.decode()

    # As json_script writes it: whatever a note says, it is no markup.
    state = json.loads(text.partition('<script id="stored" type="application/json">')[2].partition("</script>")[0])
    assert [(row["position"], row["struck"], row["note"]) for row in state] == [(1, "24", "<b>bold</b>")]
    assert state[0]["highlights"] == [list(highlight) for highlight in HIGHLIGHTS]
    assert "<b>bold</b>" not in text
    assert 'data-ledger="2"' in text
