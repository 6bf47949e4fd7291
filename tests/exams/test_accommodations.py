"""Extra time, extensions and breaks: granted by people, kept by the server, and never at the candidate's cost."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from exams import attempts, timer
from exams.attempts import NotNow, OnBreak, Saved
from exams.models import Attempt, Extension
from tests.factories import NOW, make_bank, make_user, save, start

MINUTE = timedelta(minutes=1)


@pytest.fixture
def attempt(db: None) -> Attempt:
    make_bank()
    alice = make_user()
    alice.break_minutes = 10
    alice.save()
    return start(alice)


def fresh(attempt: Attempt) -> Attempt:
    return Attempt.objects.select_related("user").get(pk=attempt.pk)


def kinds(attempt: Attempt) -> list[str]:
    return list(attempt.events.values_list("kind", flat=True))


# --- Extension ----------------------------------------------------------------------------------------------------


def extend(attempt: Attempt, *, seconds: int = 600, reason: str = "fire alarm", now: datetime | None = None) -> Attempt:
    ivy = User.objects.filter(email="ivy@example.org").first() or make_user("ivy")
    moment = now or NOW + MINUTE
    return attempts.extend(public_id=attempt.public_id, seconds=seconds, reason=reason, by=ivy, now=moment)


def test_extension_moves_the_deadline_and_says_who_and_why(attempt: Attempt) -> None:
    extended = extend(attempt)

    assert extended.deadline_at == NOW + timedelta(minutes=180)
    assert extended.granted_deadline_at == NOW + timedelta(minutes=170)
    row = Extension.objects.get()
    assert (row.seconds, row.reason, str(row.by)) == (600, "fire alarm", "Ivy")
    assert kinds(attempt) == ["started", "extended"]


def test_extension_counts_in_a_save_that_would_be_too_late(attempt: Attempt) -> None:
    extend(attempt)

    assert isinstance(save(attempt, now=NOW + timedelta(minutes=175)), Saved)


@pytest.mark.parametrize("minutes", [171, 300])
def test_extension_after_the_end_is_refused(attempt: Attempt, minutes: int) -> None:
    with pytest.raises(NotNow, match="has ended"):
        extend(attempt, now=NOW + timedelta(minutes=minutes))
    assert kinds(attempt) == ["started"]


@pytest.mark.parametrize(("seconds", "reason"), [(0, "x"), (-60, "x"), (60, "  ")])
def test_extension_needs_time_and_a_reason(attempt: Attempt, seconds: int, reason: str) -> None:
    with pytest.raises(ValueError, match="time and a reason"):
        extend(attempt, seconds=seconds, reason=reason)
    assert fresh(attempt).deadline_at == attempt.deadline_at


def test_database_keeps_extensions_as_they_were_written(attempt: Attempt) -> None:
    extend(attempt)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Extension.objects.update(seconds=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Extension.objects.create(attempt=attempt, seconds=0, reason="x", at=NOW)


# --- Extra time ---------------------------------------------------------------------------------------------------


def grant(attempt: Attempt, percent: int, *, now: datetime | None = None) -> Attempt:
    User.objects.update(extra_time_percent=percent)
    current = fresh(attempt)
    attempts.apply_extra_time(attempt=current, user=current.user, now=now or NOW + MINUTE)
    assert current.deadline_at == fresh(attempt).deadline_at
    return current


def test_more_extra_time_reaches_a_running_exam(attempt: Attempt) -> None:
    assert grant(attempt, 50).deadline_at == NOW + timedelta(minutes=255)
    assert grant(attempt, 100).deadline_at == NOW + timedelta(minutes=340)
    assert [row.seconds for row in Extension.objects.all()] == [85 * 60, 85 * 60]


def test_less_extra_time_shortens_nothing_and_is_not_granted_twice(attempt: Attempt) -> None:
    grant(attempt, 50)

    assert grant(attempt, 25).deadline_at == NOW + timedelta(minutes=255)
    assert grant(attempt, 50).deadline_at == NOW + timedelta(minutes=255)
    assert Extension.objects.count() == 1


def test_extra_time_comes_on_top_of_an_extension(attempt: Attempt) -> None:
    extend(attempt)

    assert grant(attempt, 50).deadline_at == NOW + timedelta(minutes=265)


def test_extra_time_after_the_end_changes_nothing(attempt: Attempt) -> None:
    assert grant(attempt, 50, now=NOW + timedelta(minutes=171)).deadline_at == attempt.deadline_at


@given(minutes=st.integers(1, 600), percent=st.integers(0, 300), other=st.integers(0, 300))
def test_time_granted_later_is_as_if_granted_at_the_start(minutes: int, percent: int, other: int) -> None:
    def length(extra: int) -> timedelta:
        return timer.deadline(started_at=NOW, minutes=minutes, extra_time_percent=extra) - NOW

    later = timer.with_other_extra_time(length(percent), percent, other)

    # Both are rounded to the second.
    assert abs(later - length(other)) <= timedelta(seconds=4)


def test_heartbeat_brings_extra_time_to_the_open_page(attempt: Attempt, client: Client) -> None:
    client.force_login(attempt.user)
    User.objects.update(extra_time_percent=50)

    with time_machine.travel(NOW + MINUTE, tick=False):
        said = client.post(reverse("exams:heartbeat", args=[attempt.public_id])).json()

    assert said["seconds_left"] == 254 * 60


# --- Breaks -------------------------------------------------------------------------------------------------------


def begin(attempt: Attempt, minutes: float) -> Attempt:
    return attempts.begin_break(user=attempt.user, public_id=attempt.public_id, now=NOW + minutes * MINUTE)


def end(attempt: Attempt, minutes: float) -> Attempt:
    return attempts.end_break(user=attempt.user, public_id=attempt.public_id, now=NOW + minutes * MINUTE)


def test_break_stops_the_clock_and_the_rest_of_it_is_kept(attempt: Attempt) -> None:
    paused = begin(attempt, 60)

    assert paused.is_on_break(NOW + 63 * MINUTE)
    assert paused.seconds_left(NOW + 60 * MINUTE) == paused.seconds_left(NOW + 63 * MINUTE) == 110 * 60
    resumed = end(attempt, 64)
    assert resumed.deadline_at == NOW + timedelta(minutes=174)
    assert resumed.seconds_left(NOW + 64 * MINUTE) == 110 * 60
    assert resumed.break_seconds == 6 * 60
    assert kinds(attempt) == ["started", "break", "break_over"]


def test_break_that_is_used_up_ends_by_itself(attempt: Attempt) -> None:
    paused = begin(attempt, 60)

    assert not paused.is_on_break(NOW + 70 * MINUTE)
    assert paused.seconds_left(NOW + 71 * MINUTE) == 109 * 60
    assert isinstance(save(attempt, now=NOW + 71 * MINUTE), Saved)
    with pytest.raises(NotNow, match="No break is left"):
        begin(attempt, 72)


def test_break_in_two_parts_never_lasts_longer_than_was_granted(attempt: Attempt) -> None:
    begin(attempt, 10)
    end(attempt, 14)
    paused = begin(attempt, 20)

    assert paused.break_ends_at == NOW + 26 * MINUTE
    assert paused.deadline_at == NOW + timedelta(minutes=180)


def test_second_begin_and_second_end_change_nothing(attempt: Attempt) -> None:
    begin(attempt, 10)
    assert begin(attempt, 12).break_ends_at == NOW + 20 * MINUTE
    end(attempt, 13)
    assert end(attempt, 15).deadline_at == NOW + timedelta(minutes=173)


def test_save_on_a_break_is_refused_and_its_retry_stored_afterwards(attempt: Attempt) -> None:
    begin(attempt, 10)

    assert isinstance(save(attempt, now=NOW + 12 * MINUTE), OnBreak)
    assert kinds(attempt) == ["started", "break"]
    end(attempt, 13)
    assert isinstance(save(attempt, now=NOW + 14 * MINUTE), Saved)


@pytest.mark.parametrize("minutes", [170, 200])
def test_no_break_begins_at_or_after_the_deadline(attempt: Attempt, minutes: int) -> None:
    with pytest.raises(NotNow, match="has ended"):
        begin(attempt, minutes)


def test_who_was_granted_no_break_gets_none(db: None) -> None:
    make_bank()

    with pytest.raises(NotNow, match="No break is left"):
        begin(start(make_user()), 5)


def test_break_does_not_keep_an_exam_open_for_ever(attempt: Attempt) -> None:
    begin(attempt, 169)

    assert not fresh(attempt).is_overdue(NOW + 179 * MINUTE)
    assert fresh(attempt).is_overdue(NOW + 181 * MINUTE)


@given(times=st.lists(st.floats(0, 200, allow_nan=False), min_size=1, max_size=8).map(sorted))
def test_breaks_cost_no_second_of_the_exam_and_give_none(times: list[float]) -> None:
    """Whatever the moments of pausing and going on: working time and breaks keep to what was granted."""
    # Pure arithmetic on one row, without the database.
    attempt = Attempt(started_at=NOW, granted_deadline_at=NOW + 170 * MINUTE, deadline_at=NOW + 170 * MINUTE)
    attempt.break_seconds = 600
    before = attempt.seconds_left(NOW)

    assert before == 170 * 60
    last = before
    for moment in times:
        left = attempt.seconds_left(NOW + moment * MINUTE)
        assert 0 <= left <= last
        last = left


# --- Pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def alice(attempt: Attempt, client: Client) -> Client:
    client.force_login(attempt.user)
    return client


def at(minutes: float) -> time_machine.travel:
    return time_machine.travel(NOW + minutes * MINUTE, tick=False)


def test_every_door_leads_to_the_break_page_which_shows_no_item(alice: Client, attempt: Attempt) -> None:
    url = {name: reverse(f"exams:{name}", args=[attempt.public_id]) for name in ("room", "plain_review", "break")}
    plain = reverse("exams:plain_item", args=[attempt.public_id, 1])
    with at(10):
        assert alice.post(url["break"]).headers["Location"] == url["break"]
    with at(12):
        answer = alice.get(url["break"])
        doors = [alice.get(path) for path in (url["room"], url["plain_review"], plain)]
        beat = alice.post(reverse("exams:heartbeat", args=[attempt.public_id]))
    with at(21):
        back = alice.get(url["break"])

    assert "8 min more" in answer.content.decode()
    assert "Stem of" not in answer.content.decode()
    assert answer.headers["Refresh"] == f"481; url={url['room']}"
    assert [door.headers["Location"] for door in doors] == [url["break"]] * 3
    assert (beat.status_code, beat.json()["result"], beat.json()["break_url"]) == (409, "break", url["break"])
    assert back.headers["Location"] == url["room"]


def test_going_on_leads_back_to_the_room(alice: Client, attempt: Attempt) -> None:
    with at(10):
        alice.post(reverse("exams:break", args=[attempt.public_id]))
    with at(12):
        answer = alice.post(reverse("exams:end_break", args=[attempt.public_id]))
        room = alice.get(answer.headers["Location"])

    assert "Break" in room.content.decode()
    assert fresh(attempt).break_seconds == 8 * 60


def test_break_is_offered_only_to_whom_it_was_granted(alice: Client, attempt: Attempt) -> None:
    with at(1):
        assert "break-form" in alice.get(reverse("exams:room", args=[attempt.public_id])).content.decode()
        Attempt.objects.update(break_seconds=0)
        assert "break-form" not in alice.get(reverse("exams:room", args=[attempt.public_id])).content.decode()


def test_room_that_is_opened_again_is_in_the_ledger(alice: Client, attempt: Attempt) -> None:
    with at(1):
        for _ in range(3):
            alice.get(reverse("exams:room", args=[attempt.public_id]))

    assert kinds(attempt) == ["started", "resumed", "resumed"]
