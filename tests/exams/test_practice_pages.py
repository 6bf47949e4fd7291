"""The pages of practice: one's own alone, no reason before its time, words for every refusal."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from exams import attempts
from exams.models import GivenUpForm, PracticeItem, PracticeMode, PracticeSession, ReviewCard
from exams.practice import sessions
from exams.practice.choosing import Wish
from exams.practice.sessions import Plan
from questions.models import FaultReport, Item, Option
from tests.exams.test_leaks import NOISE, unguard
from tests.exams.test_practice_sessions import right_place
from tests.factories import NOW, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db
CANARY = "canary-7391"


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice(client: Client) -> User:
    make_bank(forms=3, canary=CANARY)
    user = make_user()
    client.force_login(user)
    return user


def begin(client: Client, **said: object) -> PracticeSession:
    data = {"source": "unseen", "mode": "tutor", "size": 5} | said
    answer = client.post(reverse("exams:start_practice"), data)
    assert answer.status_code == 302
    return PracticeSession.objects.latest("pk")


def url(name: str, session: PracticeSession, position: int | None = None) -> str:
    return reverse(f"exams:{name}", args=[session.public_id, *([position] if position else [])])


def page(client: Client, session: PracticeSession, position: int = 1) -> str:
    return client.get(url("practice_place", session, position)).content.decode()


def answer(client: Client, session: PracticeSession, position: int, *, right: bool = True, confidence: int = 3) -> str:
    place = session.places.get(position=position)
    chosen = right_place(place) if right else right_place(place) % 4 + 1
    data = {"chosen": chosen, "confidence": confidence}
    return client.post(url("practice_answer", session, position), data, follow=True).content.decode()


def test_tutor_shows_reasons_with_the_answer_and_never_before(client: Client, alice: User) -> None:
    session = begin(client)
    before = page(client, session)
    assert CANARY not in before

    after = answer(client, session, 1, right=False, confidence=1)

    assert "✗ Wrong: the key is" in after
    assert after.count(CANARY) >= 4
    assert "You said: guessing." in after


def test_what_is_not_revealed_looks_the_same_whatever_the_key_is(client: Client, alice: User) -> None:
    """Every key, rationale and status is changed in the database; no byte of the page follows."""
    session = begin(client)
    before = page(client, session)

    unguard(Option)
    Option.objects.update(is_key=False)
    Option.objects.filter(position=4).update(is_key=True)
    Option.objects.update(rationale="Another reason.")
    Item.objects.update(status="pilot")

    assert unchanging(page(client, session)) == unchanging(before)


def unchanging(html: str) -> str:
    return NOISE.sub(b"", html.encode()).decode()


def test_test_mode_shows_no_reason_until_the_end(client: Client, alice: User) -> None:
    session = begin(client, mode="test")
    for position in range(1, 6):
        assert CANARY not in answer(client, session, position, right=position > 2)
    assert client.get(url("practice_results", session)).status_code == 302

    results = client.post(url("finish_practice", session), follow=True).content.decode()

    assert "3 of 5 right." in results
    assert CANARY in results


def test_answer_of_test_mode_can_be_changed_until_the_end(client: Client, alice: User) -> None:
    session = begin(client, mode="test")
    answer(client, session, 1, right=False)
    assert "checked" in page(client, session)
    answer(client, session, 1, right=True)

    assert session.places.get(position=1).chosen == right_place(session.places.get(position=1))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"confidence": 3}, "Choose an option first"),
        ({"chosen": 1}, "Say how sure you are"),
        ({"chosen": "x", "confidence": 3}, "whole number"),
        ({"chosen": 1, "confidence": 9}, "not one of the available"),
    ],
)
def test_incomplete_answer_is_told_and_changes_nothing(
    client: Client, alice: User, data: dict[str, object], says: str
) -> None:
    session = begin(client)

    told = client.post(url("practice_answer", session, 1), data)

    assert told.status_code == 422
    assert says in told.content.decode()
    assert not PracticeItem.objects.filter(revealed_at__isnull=False).exists()


def test_i_do_not_know_shows_the_reasons_and_brings_the_item_back(client: Client, alice: User) -> None:
    session = begin(client)

    told = client.post(url("practice_answer", session, 1), follow=True).content.decode()

    assert "The key is" in told
    assert ReviewCard.objects.get().due_at.date() == (NOW + timedelta(days=1)).date()


def test_session_goes_on_where_it_was_left(client: Client, alice: User) -> None:
    session = begin(client)
    answer(client, session, 1)
    answer(client, session, 2)

    assert client.get(url("practice_session", session)).headers["Location"] == url("practice_place", session, 3)
    home = client.get(reverse("exams:practice")).content.decode()
    assert "2 of 5 answered" in home


def test_one_click_makes_twenty_in_proportion(client: Client, alice: User) -> None:
    client.post(reverse("exams:start_practice"), {"size": 20})

    session = PracticeSession.objects.get()
    assert (session.title, session.places.count(), session.mode) == ("20 in exam proportions", 20, "tutor")


def test_link_fills_the_form_in(client: Client, alice: User) -> None:
    html = client.get(reverse("exams:practice"), {"domain": "IM", "size": "12", "source": "missed"}).content.decode()

    assert re.search(r'value="IM"[^>]*checked', html)
    assert 'value="12"' in html
    assert re.search(r'value="missed"[^>]*checked', html)


@pytest.mark.parametrize(
    "said", [{"size": 0}, {"size": 171}, {"source": "others"}, {"domain": "XX"}, {"task": "IM-99"}, {"mode": "exam"}]
)
def test_wish_that_makes_no_sense_starts_nothing(client: Client, alice: User, said: dict[str, object]) -> None:
    data = {"source": "unseen", "mode": "tutor", "size": 5} | said

    assert client.post(reverse("exams:start_practice"), data).status_code == 422
    assert not PracticeSession.objects.exists()


def test_nothing_to_practise_is_said_in_words(client: Client, alice: User) -> None:
    data = {"source": "flagged", "mode": "tutor", "size": 5}

    assert (
        "You have flagged no item here."
        in client.post(reverse("exams:start_practice"), data, follow=True).content.decode()
    )


def test_flag_is_set_and_taken_off(client: Client, alice: User) -> None:
    session = begin(client)
    for value, stored in (("true", True), ("false", False)):
        client.post(url("practice_flag", session, 1), {"flagged": value})
        assert session.places.get(position=1).flagged is stored


def test_given_up_form_frees_its_items(client: Client, alice: User) -> None:
    form_a = publish_form_a()
    assert "Give up Form A" in client.get(reverse("exams:practice")).content.decode()

    client.post(reverse("exams:give_up_form", args=[1]))
    client.post(reverse("exams:give_up_form", args=[1]))

    assert GivenUpForm.objects.get().exam_form == form_a
    assert client.post(reverse("exams:give_up_form", args=[7])).status_code == 404


def test_revealed_item_is_masked_while_an_exam_asks_it(client: Client, alice: User) -> None:
    session = begin(client, size=90)
    answer(client, session, 1)
    attempt = start(alice)
    attempt_items = set(attempt.responses.values_list("form_item__item_id", flat=True))
    asked = session.places.exclude(position=1).filter(item__in=attempt_items)[0]
    PracticeItem.objects.filter(pk=asked.pk).update(shown_at=NOW, chosen=1, answered_at=NOW, revealed_at=NOW)

    html = page(client, session, asked.position)
    assert "in an exam that you have open" in html
    assert CANARY not in html
    results = client.get(url("practice_results", session)).content.decode()
    assert "1 item of this session is in an exam" in results
    assert asked.item.code not in results

    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=1))
    assert CANARY in page(client, session, asked.position)


def test_fault_of_a_revealed_item_lands_in_the_queue(client: Client, alice: User) -> None:
    session = begin(client)
    assert client.get(url("practice_fault", session, 1)).status_code == 404
    answer(client, session, 1)

    client.post(url("practice_fault", session, 1), {"message": "Option B is right as well, see PS3.4."})

    assert FaultReport.objects.get().version == session.places.get(position=1).version


def test_timed_session_says_what_is_left_and_ends(client: Client, alice: User, clock: time_machine.Traveller) -> None:
    session = begin(client, mode="test", timed="on")
    assert "5 minutes left" in page(client, session)
    answer(client, session, 1)

    clock.shift(timedelta(minutes=5))

    assert "1 of 2 right." in client.get(url("practice_results", session)).content.decode()


@pytest.mark.parametrize("name", ["practice_session", "practice_results", "practice_place", "practice_fault"])
@pytest.mark.parametrize("who", ["bob", "anonymous"])
def test_session_of_somebody_else_does_not_exist(client: Client, alice: User, name: str, who: str) -> None:
    session = begin(client)
    client.logout()
    if who == "bob":
        client.force_login(make_user("bob"))

    answered = client.get(url(name, session, 1 if "place" in name or "fault" in name else None))

    assert answered.status_code == (404 if who == "bob" else 302)


@pytest.mark.parametrize("name", ["practice_answer", "practice_flag", "finish_practice"])
def test_nobody_acts_in_anothers_session(client: Client, alice: User, name: str) -> None:
    session = begin(client)
    client.force_login(make_user("bob"))

    answered = client.post(url(name, session, None if name == "finish_practice" else 1), {"chosen": 1, "confidence": 3})

    assert answered.status_code == 404
    assert PracticeSession.objects.open().count() == 1


def test_place_that_is_not_there_is_not_found(client: Client, alice: User) -> None:
    session = begin(client)

    assert client.get(url("practice_place", session, 6)).status_code == 404
    assert client.post(url("practice_answer", session, 6), {"chosen": 1, "confidence": 3}).status_code == 404


def test_statements_do_not_grow_with_the_session(client: Client, alice: User) -> None:
    counts = []
    for size in (5, 40):
        plan = Plan("Drill", PracticeMode.TEST, Wish(size, "all"))
        session = sessions.start(user=alice, plan=plan, now=NOW)
        for place in session.places.all():
            sessions.show(place=place, now=NOW)
        sessions.finish(session=session, now=NOW)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(url("practice_results", session))
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 16


def test_session_whose_time_ran_out_unseen_is_among_the_finished(
    client: Client, alice: User, clock: time_machine.Traveller
) -> None:
    session = begin(client, mode="test", timed="on")
    answer(client, session, 1)
    clock.shift(timedelta(hours=3))

    html = client.get(reverse("exams:practice")).content.decode()

    assert "Finished sessions" in html
    assert PracticeSession.objects.get().finished_at == session.deadline_at
