"""Sorting misses: the sure ones first, one click each, and they come back tomorrow."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from exams import attempts, triage
from exams.models import Attempt, ReviewCard, Triage
from exams.practice import review
from tests.factories import NOW, key_place, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt() -> Attempt:
    """Of the scored items the first is wrong and flagged, the second wrong, the third right, the others left out."""
    make_bank()
    publish_form_a()
    attempt = start(make_user())
    scored = [r for r in attempt.responses.select_related("form_item").order_by("position") if r.form_item.is_scored]
    for response, step, flagged in zip(scored[:3], (1, 1, 0), (True, False, False), strict=True):
        place = (key_place(response) + step - 1) % 4 + 1
        save(attempt, response.position, chosen=place, flagged=flagged)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)
    return Attempt.objects.get(pk=attempt.pk)


def test_sure_and_wrong_come_first_then_flagged_then_left_out(attempt: Attempt) -> None:
    misses = triage.sorting_of(attempt).misses

    scored = sorted(attempt.responses.filter(form_item__is_scored=True).values_list("position", flat=True))
    assert [miss.item.position for miss in misses] == [scored[1], scored[0], *scored[3:]]
    assert [miss.is_sure for miss in misses[:3]] == [True, False, False]


def test_one_click_sorts_and_brings_the_item_back_tomorrow(client: Client, attempt: Attempt) -> None:
    client.force_login(attempt.user)
    first, *others = triage.sorting_of(attempt).misses

    with time_machine.travel(NOW, tick=False):
        position = first.item.position
        page = client.post(
            reverse("exams:tell_miss", args=[attempt.public_id, position]), {"reason": "misread"}, follow=True
        )

    assert f"1 of {1 + len(others)} sorted" in page.content.decode()
    assert Triage.objects.get().reason == "misread"
    assert review.due(user=attempt.user, now=NOW).count() == 0
    assert review.due(user=attempt.user, now=NOW + timedelta(days=1)).count() == 1


def test_second_thought_changes_the_reason_and_not_the_memory(attempt: Attempt) -> None:
    position = triage.sorting_of(attempt).misses[0].item.position
    for reason in ("guess", "time"):
        triage.tell(
            user=attempt.user, public_id=attempt.public_id, position=position, reason=reason,
            now=NOW + timedelta(hours=len(reason)),
        )  # fmt: skip

    assert Triage.objects.get().reason == "time"
    assert ReviewCard.objects.get().rated_at == NOW + timedelta(hours=5)


def test_when_all_are_sorted_the_page_says_what_they_had_in_common(client: Client, attempt: Attempt) -> None:
    client.force_login(attempt.user)
    for miss in triage.sorting_of(attempt).misses:
        client.post(reverse("exams:tell_miss", args=[attempt.public_id, miss.item.position]), {"reason": "time"})

    page = client.get(reverse("exams:triage", args=[attempt.public_id])).content.decode()

    assert "All 19 sorted." in page
    assert "Ran out of time: 19." in page


def test_what_was_right_or_is_a_pilot_cannot_be_sorted(client: Client, attempt: Attempt) -> None:
    client.force_login(attempt.user)
    missed = {miss.item.position for miss in triage.sorting_of(attempt).misses}

    for position in set(range(1, 40)) - missed:
        answer = client.post(reverse("exams:tell_miss", args=[attempt.public_id, position]), {"reason": "time"})
        assert answer.status_code == 404
    assert not Triage.objects.exists()
