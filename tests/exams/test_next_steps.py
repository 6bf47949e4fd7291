"""Home asks one question: what next? The first thing that applies is the one button."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams import attempts, next_steps, scoring, triage
from exams.models import Attempt
from exams.next_steps import Step
from exams.practice import sessions
from exams.practice.choosing import Wish
from exams.practice.sessions import Plan
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    make_bank(forms=3)
    publish_form_a()
    return make_user()


def step(user: User, *, days: int = 0) -> Step:
    return next_steps.home_of(user, now=NOW + timedelta(days=days)).step


def finish_mock(user: User, *, right: int) -> Attempt:
    attempt = start(user)
    answer_all(attempt, right=right)
    attempts.submit(user=user, public_id=attempt.public_id, now=NOW)
    attempt = Attempt.objects.get(pk=attempt.pk)
    scoring.ensure_scored(attempt=attempt, now=NOW)
    return attempt


def drill(user: User) -> None:
    session = sessions.start(user=user, plan=Plan("Drill", "tutor", Wish(2)), now=NOW)
    for position in (1, 2):
        sessions.answer(session=session, position=position, chosen=None, confidence=None, now=NOW)
    sessions.finish(session=session, now=NOW)


def test_each_step_gives_way_to_the_next(alice: User) -> None:
    assert step(alice) == Step.FIRST_MOCK
    attempt = start(alice)
    assert step(alice) == Step.EXAM
    attempts.abandon(user=alice, public_id=attempt.public_id, now=NOW)
    assert step(alice) == Step.FIRST_MOCK

    attempt = finish_mock(alice, right=18)
    assert step(alice) == Step.TRIAGE
    for miss in triage.sorting_of(attempt).misses:
        position = miss.item.position
        triage.tell(user=alice, public_id=attempt.public_id, position=position, reason="time", now=NOW)
    assert step(alice) == Step.PRACTICE
    assert step(alice, days=1) == Step.REVIEW

    sessions.start(user=alice, plan=Plan("Drill", "tutor", Wish(2)), now=NOW)
    assert step(alice) == Step.GO_ON


def test_review_comes_before_a_first_mock_for_who_has_practised(alice: User) -> None:
    drill(alice)

    assert step(alice, days=1) == Step.REVIEW


def test_a_perfect_mock_leaves_nothing_to_sort(alice: User) -> None:
    finish_mock(alice, right=20)

    assert step(alice) == Step.PRACTICE


@pytest.mark.parametrize(
    ("right", "says"), [(20, "at or above this site's practice cut"), (3, "14 would be this site's practice cut")]
)
def test_home_says_in_one_sentence_where_one_stands(client: Client, alice: User, right: int, says: str) -> None:
    finish_mock(alice, right=right)
    client.force_login(alice)

    with time_machine.travel(NOW, tick=False):
        page = client.get(reverse("home")).content.decode()

    assert f"{right} of 20 right in Form A" in page
    assert says in page
    assert page.count('class="btn btn-primary"') == 1
