from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from exams import attempts, exam_forms, mocks, pools
from exams.assembly import BankTooSmall, draw
from exams.attempts import Closed, NoSuchPlace, Saved, Stale
from exams.item_state import ItemState
from exams.models import Attempt, AttemptEvent, AttemptStatus, Ending, ExamForm, FormItem, Response
from questions.models import Item, ItemStatus
from tests.factories import NOW, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db


def stored(attempt: Attempt, position: int = 1) -> tuple[int | None, bool, int]:
    response = Response.objects.get(attempt=attempt, position=position)
    return response.chosen, response.flagged, response.revision


def test_start_serves_published_forms_first_then_a_personal_one() -> None:
    make_bank(forms=3)
    forms = [publish_form_a(), publish_form_a()]
    alice = make_user()

    served = []
    for _ in range(3):
        attempt = start(alice)
        served.append(attempt.exam_form)
        attempts.submit(user=alice, public_id=attempt.public_id, now=NOW)

    assert served[:2] == forms
    assert [form.title for form in served] == ["Form A", "Form B", "Personal form"]
    assert served[2].drawn_for == alice
    items = FormItem.objects.filter(exam_form__in=served).values_list("item", flat=True)
    assert len(set(items)) == len(items) == 90


def test_start_has_a_response_for_every_item_from_the_start() -> None:
    make_bank()
    attempt = start(make_user())

    assert list(attempt.responses.values_list("position", flat=True)) == list(range(1, 31))
    assert attempt.events.get().kind == "started"


def test_start_twice_returns_the_open_attempt() -> None:
    make_bank(forms=2)
    alice = make_user()

    assert start(alice) == start(alice, now=NOW + timedelta(minutes=5))


def test_start_while_an_overdue_attempt_is_open_closes_that_first() -> None:
    make_bank(forms=2)
    alice = make_user()
    old = start(alice)

    new = start(alice, now=NOW + timedelta(hours=5))

    old.refresh_from_db()
    assert new != old
    assert (old.status, old.ending, old.finished_at) == (AttemptStatus.FINISHED, Ending.TIME_UP, old.deadline_at)


def test_start_reuses_longest_ago_items_when_the_bank_is_used_up_and_says_how_many() -> None:
    make_bank()
    alice = make_user()
    attempts.submit(user=alice, public_id=start(alice).public_id, now=NOW)

    assert pools.load_for(alice).pool.forms_left == 0
    assert start(alice, now=NOW + timedelta(days=1)).exam_form.reused_count == 30
    fresh = pools.load_for(alice, fresh_only=True)
    with pytest.raises(BankTooSmall):
        draw(fresh.pool, "x")


def test_start_with_an_empty_bank_creates_nothing() -> None:
    make_bank()
    Item.objects.update(status=ItemStatus.RETIRED)

    with pytest.raises(BankTooSmall):
        start(make_user())
    assert not ExamForm.objects.exists()


def test_redraw_of_a_stored_form_proves_it() -> None:
    make_bank(forms=2)
    alice = make_user()
    first = start(alice)
    attempts.abandon(user=alice, public_id=first.public_id, now=NOW)
    form = start(alice).exam_form
    Item.objects.update(status=ItemStatus.RETIRED)

    drawn = exam_forms.redraw(ExamForm.objects.get(pk=form.pk))

    places = [(p.position, p.code, p.is_scored, "".join(map(str, p.option_order))) for p in drawn.places]
    rows = form.form_items.values_list("position", "item__code", "is_scored", "option_order")
    assert places == list(rows)
    assert drawn.pool_digest == form.pool_digest


def test_save_stores_and_counts_the_revision() -> None:
    make_bank()
    attempt = start(make_user())

    outcome = save(attempt, chosen=3, flagged=True)

    assert isinstance(outcome, Saved)
    assert stored(attempt) == (3, True, 1)
    event = attempt.events.get(kind="saved")
    assert (event.position, event.revision, event.chosen, event.flagged, event.late_ms) == (1, 1, 3, True, 0)


def test_save_with_another_base_is_stale_and_writes_nothing() -> None:
    make_bank()
    attempt = start(make_user())
    save(attempt, chosen=3)

    for base in (0, 2, 99):
        outcome = save(attempt, base=base, chosen=1)
        assert isinstance(outcome, Stale)
        assert (outcome.response.chosen, outcome.response.revision) == (3, 1)
    assert stored(attempt) == (3, False, 1)
    assert attempt.events.filter(kind="saved").count() == 1


def test_save_again_with_the_same_operation_is_acknowledged_alike_even_after_the_end() -> None:
    make_bank()
    attempt = start(make_user())
    op_id = uuid4()
    first = save(attempt, chosen=2, op_id=op_id)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(minutes=2))

    again = save(attempt, chosen=2, op_id=op_id, now=NOW + timedelta(hours=6))

    assert isinstance(again, Saved)
    assert again == first
    assert again.response.revision == 1


STATES = [
    {"chosen": 3},
    {"chosen": None},
    {"flagged": True},
    {"struck": "3"},
    {"note": "mine"},
    {"highlights": (("stem", 0, 5),)},
]


@pytest.mark.parametrize("other", STATES, ids=lambda other: next(iter(other)))
def test_other_state_under_the_same_operation_is_no_retry(other: dict[str, Any]) -> None:
    """To acknowledge it would lose it: the plain page sent twice, or taken out of the browser's history and changed."""
    make_bank()
    attempt = start(make_user())
    first: dict[str, Any] = {"chosen": 2, "struck": "1", "note": "", "highlights": (("stem", 0, 4),), "op_id": uuid4()}
    save(attempt, **first)

    again = save(attempt, **first | other)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(minutes=2))
    late = save(attempt, **first | other)

    assert isinstance(again, Stale)
    assert isinstance(late, Closed)
    assert stored(attempt) == (2, False, 1)
    assert isinstance(save(attempt, **first), Saved)


def test_plain_page_sent_again_with_another_choice_shows_what_is_stored(client: Client) -> None:
    make_bank()
    attempt = start(make_user())
    client.force_login(attempt.user)
    url = reverse("exams:plain_item", args=[attempt.public_id, 1])
    said = {"item": 1, "base": 0, "op_id": str(uuid4()), "note": "", "go": "next"}

    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert client.post(url, {**said, "chosen": 2}).status_code == 303
        assert client.post(url, {**said, "chosen": 2}).status_code == 303
        page = client.post(url, {**said, "chosen": 3})

    assert (page.status_code, page.context["item"].chosen) == (200, 2)
    assert "You now see what is stored" in page.content.decode()


def test_save_after_submit_is_refused() -> None:
    make_bank()
    attempt = start(make_user())
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)

    assert isinstance(save(attempt), Closed)
    assert stored(attempt) == (None, False, 0)


@pytest.mark.parametrize(("position", "chosen"), [(31, 1), (1, 5)])
def test_save_of_an_item_or_option_not_on_the_form_is_refused(position: int, chosen: int) -> None:
    make_bank()
    attempt = start(make_user())

    with pytest.raises(NoSuchPlace):
        save(attempt, position, chosen=chosen)


def test_save_by_a_stranger_finds_no_attempt() -> None:
    make_bank()
    attempt = start(make_user())

    with pytest.raises(Attempt.DoesNotExist):
        attempts.save(
            user=make_user("bob"), public_id=attempt.public_id, position=1, base=0, op_id=uuid4(),
            state=ItemState(chosen=1, flagged=False), now=NOW,
        )  # fmt: skip


def test_submit_twice_changes_nothing() -> None:
    make_bank()
    alice = make_user()
    attempt = start(alice)
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=3))

    again = attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=9))

    assert again.finished_at == NOW + timedelta(minutes=3)
    assert list(attempt.events.values_list("kind", flat=True)) == ["started", "submitted"]


def test_abandon_keeps_the_attempt_unscored_and_its_items_seen() -> None:
    make_bank(forms=2)
    alice = make_user()
    attempt = attempts.abandon(user=alice, public_id=start(alice).public_id, now=NOW)

    assert (attempt.status, attempt.ending) == (AttemptStatus.ABANDONED, Ending.ABANDONED)
    assert pools.load_for(alice).pool.forms_left == 1
    assert not Attempt.objects.unscored().exists()


def test_database_refuses_a_second_open_mock() -> None:
    make_bank()
    attempt = start(make_user())
    twin = Attempt.objects.get(pk=attempt.pk)
    twin.pk, twin.public_id = None, uuid4()

    with pytest.raises(IntegrityError, match=r"attempt_one_open_mock_per_user|UNIQUE"), transaction.atomic():
        twin.save(force_insert=True)


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (AttemptEvent, {"chosen": 2}),
        (FormItem, {"is_scored": False}),
        (ExamForm, {"seed": "another"}),
    ],
)
def test_database_refuses_to_alter_what_is_append_only(model: type, change: dict[str, object]) -> None:
    make_bank()
    attempt = start(make_user())
    save(attempt)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.update(**change)  # type: ignore[attr-defined]


def test_overview_says_how_many_items_the_next_mock_reuses() -> None:
    make_bank(forms=2)
    alice = make_user()

    seen = []
    for minute in range(3):
        seen.append((mocks.overview(user=alice, now=NOW).left, mocks.overview(user=alice, now=NOW).reused))
        attempt = start(alice, now=NOW + timedelta(minutes=minute))
        attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=minute))

    assert seen == [(2, 0), (1, 0), (0, 30)]


def test_overview_counts_what_a_later_published_form_repeats() -> None:
    make_bank(forms=2)
    alice = make_user()
    for _ in range(2):
        attempts.abandon(user=alice, public_id=start(alice).public_id, now=NOW)
    publish_form_a()

    overview = mocks.overview(user=alice, now=NOW)

    assert (overview.next_title, overview.left, overview.reused) == ("Form A", 0, 30)
