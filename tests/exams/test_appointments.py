"""The full appointment: each block against the server's clock, and no exam without an accepted agreement."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
import time_machine
from django.core.exceptions import ObjectDoesNotExist
from django.test import Client

from accounts.models import User
from exams import appointments, attempts
from exams.attempts import NotNow
from exams.models import Appointment, Attempt, Block, Survey
from tests.factories import NOW, make_bank, make_sample, make_user, publish_form_a

pytestmark = pytest.mark.django_db

TUTORIAL, AGREEMENT, SURVEY = timedelta(minutes=10), timedelta(minutes=2), timedelta(minutes=8)
SECOND = timedelta(seconds=1)


@pytest.fixture
def alice() -> User:
    outline = make_bank()
    for domain in ("IM", "IT", "CE"):
        make_sample(outline, domain_code=domain)
    publish_form_a()
    return make_user()


@pytest.fixture
def appointment(alice: User) -> Appointment:
    return appointments.start(user=alice, now=NOW)


def at(appointment: Appointment, moment: Any) -> Appointment:
    return appointments.up_to_date(user=appointment.user, public_id=appointment.public_id, now=moment)


def accepted(appointment: Appointment, *, now: Any = NOW + SECOND) -> Attempt:
    appointments.leave_tutorial(user=appointment.user, public_id=appointment.public_id, now=now)
    return appointments.accept(user=appointment.user, public_id=appointment.public_id, now=now + SECOND)


# --- The clocks ---------------------------------------------------------------------------------------------------


def test_tutorial_ends_by_itself_and_the_agreement_follows_at_once(appointment: Appointment) -> None:
    assert at(appointment, NOW + TUTORIAL - SECOND).block == Block.TUTORIAL

    current = at(appointment, NOW + TUTORIAL)

    assert current.block == Block.AGREEMENT
    assert current.block_ends_at == NOW + TUTORIAL + AGREEMENT


def test_closed_laptop_leads_to_the_same_times_as_an_open_one(appointment: Appointment) -> None:
    """Nobody looks between the start and the end of the agreement."""
    assert at(appointment, NOW + TUTORIAL + AGREEMENT - SECOND).block == Block.AGREEMENT
    assert at(appointment, NOW + TUTORIAL + AGREEMENT).block == Block.OVER
    assert not Attempt.objects.exists()


def test_agreement_not_accepted_in_time_ends_it_and_uses_up_no_form(appointment: Appointment) -> None:
    with pytest.raises(NotNow, match="not accepted in time"):
        appointments.accept(
            user=appointment.user, public_id=appointment.public_id, now=NOW + TUTORIAL + AGREEMENT + SECOND
        )

    assert not Attempt.objects.exists()


def test_agreement_starts_the_exam_with_a_whole_clock_of_its_own(appointment: Appointment) -> None:
    attempt = accepted(appointment, now=NOW + timedelta(minutes=9))

    assert attempt.seconds_left(NOW + timedelta(minutes=9) + SECOND) == 170 * 60
    assert at(appointment, NOW + timedelta(minutes=60)).block == Block.EXAM


def test_accepting_in_the_tutorial_is_too_early(appointment: Appointment) -> None:
    with pytest.raises(NotNow):
        appointments.accept(user=appointment.user, public_id=appointment.public_id, now=NOW)


def test_accepting_twice_gives_the_same_attempt(appointment: Appointment) -> None:
    first = accepted(appointment)

    again = appointments.accept(user=appointment.user, public_id=appointment.public_id, now=NOW + timedelta(minutes=1))

    assert again == first
    assert Attempt.objects.count() == 1


def test_survey_lasts_from_the_end_of_the_exam(appointment: Appointment) -> None:
    attempt = accepted(appointment)
    end = NOW + timedelta(minutes=100)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=end)

    assert at(appointment, end + SURVEY - SECOND).block == Block.SURVEY
    assert at(appointment, end + SURVEY).block == Block.OVER


def test_abandoned_exam_has_no_survey(appointment: Appointment) -> None:
    attempt = accepted(appointment)
    attempts.abandon(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(minutes=5))

    assert at(appointment, NOW + timedelta(minutes=6)).block == Block.OVER


def test_lengths_are_settings_and_extra_time_counts_for_them(alice: User, settings: pytest_django.Settings) -> None:
    settings.TUTORIAL_MINUTES = 4
    alice.extra_time_percent = 50
    alice.save()

    assert appointments.start(user=alice, now=NOW).block_ends_at == NOW + timedelta(minutes=6)


# --- One at a time ------------------------------------------------------------------------------------------------


def test_second_start_leads_back_to_the_first(appointment: Appointment) -> None:
    assert appointments.start(user=appointment.user, now=NOW + SECOND) == appointment


def test_new_start_is_possible_once_the_first_is_over(appointment: Appointment) -> None:
    appointments.decline(user=appointment.user, public_id=appointment.public_id, now=NOW + SECOND)

    assert appointments.start(user=appointment.user, now=NOW + 2 * SECOND) != appointment


def test_no_appointment_beside_an_open_mock(alice: User) -> None:
    attempts.start_mock(user=alice, now=NOW)

    with pytest.raises(NotNow, match="A mock exam is open"):
        appointments.start(user=alice, now=NOW + SECOND)


def test_mocks_page_offers_the_appointment_that_has_begun_and_no_other_start(
    appointment: Appointment, client: Client
) -> None:
    client.force_login(appointment.user)
    with time_machine.travel(NOW + SECOND, tick=False):
        page = client.get("/mocks/").content.decode()

    assert f"/appointments/{appointment.public_id}/" in page
    assert "/mocks/start/" not in page


def test_mock_started_elsewhere_meanwhile_goes_on_with_its_own_clock(appointment: Appointment) -> None:
    running = attempts.start_mock(user=appointment.user, now=NOW + SECOND)

    attempt = accepted(appointment, now=NOW + timedelta(minutes=5))

    assert attempt == running
    assert attempt.seconds_left(NOW + timedelta(minutes=5)) < 166 * 60


# --- The doors ----------------------------------------------------------------------------------------------------

DOORS = [
    ("", "get", {}),
    ("save/", "post", {"item": 1, "base": 0, "op_id": str(uuid.uuid4()), "chosen": 1}),
    ("heartbeat/", "post", {}),
    ("agreement/", "post", {}),
    ("accept/", "post", {}),
    ("decline/", "post", {}),
]


def knock(client: Client, appointment: Appointment, path: str, method: str = "get", data: Any = None) -> Any:
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        return getattr(client, method)(f"/appointments/{appointment.public_id}/{path}", data or {})


@pytest.mark.parametrize(("path", "method", "data"), DOORS)
def test_appointment_exists_for_nobody_else(
    appointment: Appointment, client: Client, path: str, method: str, data: dict[str, Any]
) -> None:
    client.force_login(make_user("bob"))

    assert knock(client, appointment, path, method, data).status_code == 404
    appointment.refresh_from_db()
    assert (appointment.block, appointment.practice) == (Block.TUTORIAL, {})


@pytest.mark.parametrize(("path", "method", "data"), DOORS)
def test_appointment_asks_strangers_to_sign_in(
    appointment: Appointment, client: Client, path: str, method: str, data: dict[str, Any]
) -> None:
    assert knock(client, appointment, path, method, data).status_code in (302, 401)


def test_tutorial_saves_as_the_exam_does(appointment: Appointment, client: Client) -> None:
    client.force_login(appointment.user)
    first = {"item": 1, "base": 0, "op_id": str(uuid.uuid4()), "chosen": 2, "struck": "3", "note": "mine"}

    saved = knock(client, appointment, "save/", "post", first).json()
    retried = knock(client, appointment, "save/", "post", first).json()
    stale = knock(client, appointment, "save/", "post", first | {"op_id": str(uuid.uuid4()), "chosen": 4})

    assert (saved["result"], saved["revision"], saved["chosen"]) == ("saved", 1, 2)
    assert retried["revision"] == 1
    assert (stale.status_code, stale.json()["chosen"]) == (409, 2)


def test_tutorial_shows_after_a_reload_what_was_saved(appointment: Appointment, client: Client) -> None:
    client.force_login(appointment.user)
    knock(client, appointment, "save/", "post", {"item": 2, "base": 0, "op_id": str(uuid.uuid4()), "note": "look here"})

    assert b"look here" in knock(client, appointment, "").content


def test_tutorial_has_no_item_of_a_form(appointment: Appointment, client: Client) -> None:
    client.force_login(appointment.user)

    page = knock(client, appointment, "").content.decode()

    assert page.count("Stem of ") == 3
    assert page.count("-0901:") == 3


@pytest.mark.parametrize(("item", "chosen"), [(4, 1), (1, 5)])
def test_tutorial_refuses_what_it_does_not_have(
    appointment: Appointment, client: Client, item: int, chosen: int
) -> None:
    client.force_login(appointment.user)
    data = {"item": item, "base": 0, "op_id": str(uuid.uuid4()), "chosen": chosen}

    assert knock(client, appointment, "save/", "post", data).status_code == 400


def test_tutorial_that_is_over_closes_the_page(appointment: Appointment, client: Client) -> None:
    client.force_login(appointment.user)
    knock(client, appointment, "agreement/", "post")

    beat = knock(client, appointment, "heartbeat/", "post")

    assert (beat.status_code, beat.json()["result"]) == (410, "closed")
    assert beat.json()["report_url"] == f"/appointments/{appointment.public_id}/"


def test_report_waits_for_the_survey(appointment: Appointment, client: Client) -> None:
    attempt = accepted(appointment)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(minutes=30))
    client.force_login(appointment.user)
    with time_machine.travel(NOW + timedelta(minutes=31), tick=False):
        before = client.get(f"/attempts/{attempt.public_id}/report/")
        page = client.get(before["Location"])
        sent = client.post(before["Location"], {"ready": "4", "time": "short", "comment": "More exhibits."})
        after = client.get(f"/attempts/{attempt.public_id}/report/")

    assert b"How was it?" in page.content
    assert sent.status_code == 302
    assert after.status_code == 200
    survey = Survey.objects.get()
    assert (survey.ready, survey.clear, survey.time, survey.comment) == (4, None, "short", "More exhibits.")


def test_survey_can_be_skipped_and_ends_by_itself(appointment: Appointment, client: Client) -> None:
    attempt = accepted(appointment)
    end = NOW + timedelta(minutes=30)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=end)
    client.force_login(appointment.user)
    with time_machine.travel(end + SURVEY, tick=False):
        by_itself = client.get(f"/attempts/{attempt.public_id}/report/")

    assert by_itself.status_code == 200
    with pytest.raises(NotNow):
        appointments.answer_survey(
            user=appointment.user, public_id=appointment.public_id, answers=Survey(ready=1), now=end + SURVEY
        )
    assert not Survey.objects.exists()


def test_skipping_stores_nothing(appointment: Appointment, client: Client) -> None:
    attempt = accepted(appointment)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(seconds=30))
    client.force_login(appointment.user)

    response = knock(client, appointment, "", "post", {"skip": "1", "ready": "9"})

    assert response.status_code == 302
    assert not Survey.objects.exists()


def test_bad_answer_of_the_survey_is_told(appointment: Appointment, client: Client) -> None:
    attempt = accepted(appointment)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(seconds=30))
    client.force_login(appointment.user)

    response = knock(client, appointment, "", "post", {"ready": "9"})

    assert b"is not one of the available choices" in response.content
    assert not Survey.objects.exists()


def test_stranger_cannot_reach_the_writer(appointment: Appointment) -> None:
    with pytest.raises(ObjectDoesNotExist):
        appointments.decline(user=make_user("bob"), public_id=appointment.public_id, now=NOW)


def test_declining_leads_to_the_mocks_and_says_so(appointment: Appointment, client: Client) -> None:
    client.force_login(appointment.user)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        page = client.post(f"/appointments/{appointment.public_id}/decline/", follow=True)

    assert b"No form was used up" in page.content
    assert b"Start the exam now" in page.content
