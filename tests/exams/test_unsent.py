"""The file of unsent answers: replayed in time, shown and not scored afterwards, and all or nothing."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from exams import attempts, scoring, unsent
from exams.attempts import NotNow
from exams.models import Attempt, AttemptEvent, LateAnswer
from exams.unsent import BadFile
from tests.factories import NOW, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(minutes=5)


@pytest.fixture
def attempt() -> Attempt:
    make_bank()
    publish_form_a()
    return start(make_user())


def entry(item: int, chosen: int | str, *, base: int = 0, **more: Any) -> dict[str, Any]:
    return {"item": item, "base": base, "op_id": str(uuid.uuid4()), "chosen": chosen, "flagged": ""} | more


def file_of(attempt: Attempt, *entries: dict[str, Any]) -> str:
    return json.dumps({"kind": unsent.KIND, "attempt": str(attempt.public_id), "saves": entries})


def bring(attempt: Attempt, *entries: dict[str, Any], now: datetime = SOON) -> unsent.Fate:
    saves = unsent.parse(file_of(attempt, *entries), public_id=attempt.public_id)
    return unsent.bring(user=attempt.user, public_id=attempt.public_id, saves=saves, now=now)


def stored(attempt: Attempt) -> dict[int, int | None]:
    return dict(attempt.responses.filter(revision__gt=0).values_list("position", "chosen"))


def test_file_in_time_is_stored_as_if_the_page_had_sent_it(attempt: Attempt) -> None:
    fate = bring(
        attempt, entry(1, 2, struck="13", note="mine", highlights='[["stem", 0, 4]]'), entry(1, 3, base=1), entry(7, 4)
    )

    assert fate.stored == [1, 1, 7]
    assert stored(attempt) == {1: 3, 7: 4}
    first = attempt.responses.get(position=1)
    assert (first.struck, first.note, first.highlights) == ("13", "mine", [["stem", 0, 4]])
    assert AttemptEvent.objects.filter(attempt=attempt, kind="saved").count() == 3


def test_same_file_twice_stores_once(attempt: Attempt) -> None:
    row = entry(1, 2)
    bring(attempt, row)

    bring(attempt, row)

    assert AttemptEvent.objects.filter(attempt=attempt, kind="saved").count() == 1


def test_item_that_changed_elsewhere_is_left_and_named(attempt: Attempt) -> None:
    save(attempt, 1, chosen=4, now=NOW + timedelta(minutes=1))

    fate = bring(attempt, entry(1, 2), entry(2, 2))

    assert (fate.stale, fate.stored) == ([1], [2])
    assert stored(attempt) == {1: 4, 2: 2}


def test_file_within_the_grace_still_counts_and_after_it_does_not(attempt: Attempt) -> None:
    grace = attempt.deadline_at + timedelta(seconds=14)

    assert bring(attempt, entry(1, 2), now=grace).stored == [1]
    assert bring(attempt, entry(2, 2), now=attempt.closes_at).late == [2]
    assert stored(attempt) == {1: 2}


def test_late_file_is_shown_beside_the_report_and_not_scored(attempt: Attempt, client: Client) -> None:
    save(attempt, 1, chosen=1, now=SOON)
    save(attempt, 2, chosen=2, now=SOON)
    ended = attempts.submit(user=attempt.user, public_id=attempt.public_id, now=SOON)
    before = scoring.ensure_scored(attempt=ended, now=SOON)
    client.force_login(attempt.user)

    with time_machine.travel(SOON + timedelta(minutes=1), tick=False):
        text = file_of(attempt, entry(1, 1, base=1), entry(2, 4, base=1), entry(3, 3), entry(3, 1, base=1))
        page = client.post(f"/attempts/{attempt.public_id}/unsent/", {"text": text}, follow=True).content.decode()

    assert list(LateAnswer.objects.values_list("position", "chosen")) == [(2, 4), (3, 1)]
    assert "too late to count" in page
    assert "2 answers came by hand after the end" in page
    assert stored(attempt) == {1: 1, 2: 2}
    ended.refresh_from_db()
    assert before
    assert scoring.ensure_scored(attempt=ended, now=SOON) == before


def test_first_late_file_of_an_item_stays(attempt: Attempt) -> None:
    bring(attempt, entry(3, 3), now=attempt.closes_at)
    bring(attempt, entry(3, 4), now=attempt.closes_at)

    assert LateAnswer.objects.get().chosen == 3


def test_break_takes_no_file(attempt: Attempt) -> None:
    Attempt.objects.update(break_seconds=600)
    attempts.begin_break(user=attempt.user, public_id=attempt.public_id, now=SOON)

    with pytest.raises(NotNow, match="Go on with the exam"):
        bring(attempt, entry(1, 2))


BAD = [
    ("no JSON", "not a file of unsent answers"),
    ("[]", "not a file of unsent answers"),
    ('{"kind": "other", "attempt": "x", "saves": []}', "not a file of unsent answers"),
    ("[" * 100_000, "not a file of unsent answers"),
    (json.dumps({"kind": unsent.KIND, "attempt": str(uuid.uuid4()), "saves": []}), "belongs to another exam"),
]


@pytest.mark.parametrize(("text", "words"), BAD, ids=["text", "list", "kind", "deep", "other exam"])
def test_file_that_is_none_is_told_and_changes_nothing(attempt: Attempt, client: Client, text: str, words: str) -> None:
    client.force_login(attempt.user)
    with time_machine.travel(SOON, tick=False):
        page = client.post(f"/attempts/{attempt.public_id}/unsent/", {"text": text})

    assert words in page.content.decode()
    assert stored(attempt) == {}


@pytest.mark.parametrize(
    "bad", [entry(0, 1), entry(1, "x"), entry(1, 1, struck="99"), "text", entry(99, 1), entry(1, 5)]
)
def test_one_bad_entry_stores_none_of_the_file(attempt: Attempt, bad: Any) -> None:
    with pytest.raises(BadFile, match="Nothing was stored"):
        bring(attempt, entry(1, 2), bad)

    assert stored(attempt) == {}


@pytest.mark.parametrize("bad", [entry(99, 1), entry(2, 5)], ids=["item", "option"])
def test_late_file_with_a_place_that_the_form_does_not_have_is_refused_whole(attempt: Attempt, bad: Any) -> None:
    late = attempt.deadline_at + timedelta(hours=1)

    with pytest.raises(BadFile, match="Nothing was stored"):
        bring(attempt, entry(1, 2), bad, now=late)

    assert not LateAnswer.objects.exists()


def test_half_of_a_character_in_a_note_keeps_no_answer_from_being_stored(attempt: Attempt) -> None:
    """A browser may cut a note within a pair of surrogates, and writes what is left into the file as it is."""
    fate = bring(attempt, entry(1, 2, note="well \ud83d"), entry(2, 3))

    assert fate.stored == [1, 2]
    assert stored(attempt) == {1: 2, 2: 3}
    assert attempt.responses.get(position=1).note == "well \ufffd"


def test_file_of_a_stranger_reaches_nothing(attempt: Attempt, client: Client) -> None:
    client.force_login(make_user("bob"))
    with time_machine.travel(SOON, tick=False):
        response = client.post(f"/attempts/{attempt.public_id}/unsent/", {"text": file_of(attempt, entry(1, 2))})

    assert response.status_code == 404
    assert stored(attempt) == {}
