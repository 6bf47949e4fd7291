"""Pacing, changed answers, confidence and how others chose: arithmetic on stored data, hidden below its minimum."""

import contextlib
import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from exams import answer_counts, attempts, report_pdf, reports, scoring
from exams.answer_changes import Changes, changes_of
from exams.confidence import calibration_of
from exams.models import Attempt, Score
from exams.pacing import pacing_of
from tests.factories import NOW, answer_all, key_place, make_bank, make_user, publish_form_a, save, start


@dataclass
class Item:
    position: int
    visible_seconds: int = 30
    chosen: str = "A"
    is_right: bool = True


def items(seconds: Sequence[int]) -> list[Item]:
    return [Item(position, shown) for position, shown in enumerate(seconds, start=1)]


def test_quarters_follow_the_order_of_the_form() -> None:
    pacing = pacing_of(items([10, 20, 30, 40, 50, 60, 70, 80]))

    assert [(quarter.first, quarter.last, quarter.seconds) for quarter in pacing.quarters] == [
        (1, 2, 30), (3, 4, 70), (5, 6, 110), (7, 8, 150),
    ]  # fmt: skip


@given(st.lists(st.integers(0, 900), max_size=200))
def test_quarters_leave_no_item_out(seconds: list[int]) -> None:
    pacing = pacing_of(items(seconds))

    assert sum(quarter.count for quarter in pacing.quarters) == len(seconds)
    assert sum(quarter.seconds for quarter in pacing.quarters) == sum(seconds)
    assert len(pacing.quarters) <= 4
    assert len(pacing.sinks) <= 5
    assert all(spent >= 120 for _, spent in pacing.sinks)


def test_sinks_took_two_minutes_and_twice_the_usual() -> None:
    assert pacing_of(items([60, 60, 60, 60, 121, 300])).sinks == [(6, 300), (5, 121)]
    assert pacing_of(items([200, 200, 200, 390, 400])).sinks == [(5, 400)]


def test_fast_answers_are_those_below_ten_seconds_that_were_measured() -> None:
    some = [Item(1, 3), Item(2, 9, is_right=False), Item(3, 10), Item(4, 0), Item(5, 2, chosen="")]

    pacing = pacing_of(some)

    assert (pacing.fast, pacing.fast_right) == (2, 1)


def test_first_choice_against_last() -> None:
    saves = [
        (1, 2),
        (1, 1),
        (2, 1),
        (2, 3),
        (3, 2),
        (3, 4),
        (4, 1),
        (4, 2),
        (4, 1),
        (5, None),
        (5, 1),
        (6, 1),
        (6, None),
    ]

    assert changes_of(saves, dict.fromkeys(range(1, 7), 1)) == Changes(
        wrong_to_right=1, right_to_wrong=2, wrong_to_wrong=1
    )


def test_items_whose_key_may_not_be_told_are_not_counted() -> None:
    assert changes_of([(1, 2), (1, 1)], {}).count == 0


def test_calibration_is_hidden_below_thirty_and_says_where_words_and_facts_differ() -> None:
    assert not calibration_of([(3, True)] * 29).is_shown
    found = calibration_of([(3, place % 2 == 0) for place in range(60)] + [(1, True)] * 20)

    sure, unsure, guess = found.levels
    assert (sure.n, sure.right, sure.verdict) == (60, 30, "surer than right")
    assert (unsure.n, unsure.verdict) == (0, "")
    assert guess.verdict == "more right than sure"
    assert found.brier == pytest.approx((30 * 0.1**2 + 30 * 0.9**2 + 20 * 0.75**2) / 80)


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.booleans()), min_size=1, max_size=60))
def test_brier_lies_between_nothing_and_the_worst(ratings: list[tuple[int, bool]]) -> None:
    found = calibration_of(ratings)

    assert found.brier is not None
    assert 0 <= found.brier <= 0.81 + 1e-9
    assert sum(level.n for level in found.levels) == len(ratings)


def finished(name: str, *, right: int) -> Attempt:
    attempt = start(make_user(name))
    answer_all(attempt, right=right)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)
    return Attempt.objects.get(pk=attempt.pk)


def report_of(attempt: Attempt) -> reports.Report:
    score = scoring.ensure_scored(attempt=attempt, now=NOW)
    assert isinstance(score, Score)
    return reports.build(attempt, score)


@pytest.mark.django_db
def test_how_others_chose_is_told_from_thirty_people_on() -> None:
    make_bank()
    publish_form_a()
    people = [finished(f"p{n}", right=20 if n % 2 else 0) for n in range(29)]
    for attempt in people:
        scoring.ensure_scored(attempt=attempt, now=NOW)
        answer_counts.count(attempt=attempt)
    alice = finished("alice", right=20)

    assert report_of(alice).scored_items[0].others == []
    answer_counts.count(attempt=alice)

    item = report_of(alice).scored_items[0]
    shares = dict(item.others)
    assert item.others_count == 30
    assert shares[item.key] == 50
    assert 99 <= sum(shares.values()) <= 101


@pytest.mark.django_db
def test_report_tells_changes_and_earlier_mocks(client: Client) -> None:
    make_bank(forms=2)
    publish_form_a()
    alice = make_user()
    attempt = start(alice)
    response = attempt.responses.select_related("form_item").get(position=1)
    save(attempt, 1, chosen=key_place(response) % 4 + 1)
    save(attempt, 1, base=1, chosen=key_place(response))
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW)
    report_of(Attempt.objects.get(pk=attempt.pk))
    second = start(alice)
    attempts.submit(user=alice, public_id=second.public_id, now=NOW)
    client.force_login(alice)

    first_page = client.get(reverse("exams:report", args=[attempt.public_id])).content.decode()
    second_page = client.get(reverse("exams:report", args=[second.public_id])).content.decode()

    assert "1 from wrong to right" in first_page
    assert "Changing helped you." in first_page
    assert "Your mocks so far" in second_page
    assert "Personal form" in second_page
    assert "Not enough yet: 0 of 30 rated answers" in second_page


def page_count(pdf: bytes) -> int:
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            parts.append(zlib.decompress(stream))
    return sum(len(re.findall(rb"/Type ?/Page\b(?!s)", part)) for part in parts)


@pytest.mark.django_db
def test_report_as_a_pdf_is_two_tagged_pages_and_asks_for_nothing_outside(client: Client) -> None:
    make_bank()
    publish_form_a()
    attempt = finished("alice", right=12)
    client.force_login(attempt.user)
    page = client.get(reverse("exams:report", args=[attempt.public_id])).content.decode()
    assert reverse("exams:report_pdf", args=[attempt.public_id]) in page

    url = reverse("exams:report_pdf", args=[attempt.public_id])
    assert "Make the PDF" in client.get(url).content.decode()

    client.post(url)
    ready = client.get(url).content.decode()
    answer = client.get(reverse("exams:report_file", args=[attempt.public_id]))

    assert "Download the PDF" in ready
    assert answer.content.startswith(b"%PDF")
    assert 1 <= page_count(answer.content) <= 2
    # It ran elsewhere: in this process it would loosen what guards uploads.
    assert "weasyprint" not in sys.modules
    assert answer["Content-Type"] == "application/pdf"
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.django_db
def test_where_no_pdf_can_be_made_none_is_offered(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_pdf, "is_available", lambda: False)
    make_bank()
    publish_form_a()
    attempt = finished("alice", right=12)
    client.force_login(attempt.user)

    page = client.get(reverse("exams:report", args=[attempt.public_id])).content.decode()
    assert reverse("exams:report_pdf", args=[attempt.public_id]) not in page
    assert client.get(reverse("exams:report_pdf", args=[attempt.public_id])).status_code == 404
