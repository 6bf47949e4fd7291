from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from exams import attempts, reports, scoring
from exams.charts import IntervalChart
from exams.intervals import Z_95, Interval, wilson
from exams.models import Attempt
from exams.reports import Standing, standing
from questions.models import FaultReport
from tests.factories import NOW, answer_all, make_bank, make_user, start


@given(st.integers(1, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_ends_are_where_the_score_test_stops_rejecting(answers: tuple[int, int]) -> None:
    """The interval's ends solve (share − p)² = z² p (1 − p) / n."""
    right, total = answers
    share, interval = right / total, wilson(right, total)

    for end in (interval.low, interval.high):
        assert (share - end) ** 2 == pytest.approx(Z_95**2 * end * (1 - end) / total, abs=1e-9)
    assert 0 <= interval.low <= share + 1e-9
    assert share - 1e-9 <= interval.high <= 1


def test_wilson_of_nothing_leaves_everything_plausible() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("right", "total"), [(3, 2), (-1, 2)])
def test_wilson_of_nonsense_is_refused(right: int, total: int) -> None:
    with pytest.raises(ValueError, match="is not a proportion"):
        wilson(right, total)


@pytest.mark.parametrize(("low", "high", "where"), [(0.7, 0.8, "above"), (0.6, 0.8, "near"), (0.5, 0.69, "below")])
def test_standing_says_where_the_range_lies(low: float, high: float, where: str) -> None:
    assert standing(Interval(low, high), 0.7) == Standing(where)


def test_chart_spans_the_line_from_nothing_to_all() -> None:
    assert IntervalChart.of(0.5, Interval(0.0, 1.0), 0.7) == IntervalChart(110.0, 8.0, 212.0, 150.8)


@pytest.fixture
def finished(db: None, client: Client) -> Attempt:
    make_bank()
    alice = make_user()
    client.force_login(alice)
    attempt = start(alice)
    answer_all(attempt, right=15)
    return attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(hours=1))


def build(attempt: Attempt) -> reports.Report:
    score = scoring.ensure_scored(attempt=attempt, now=NOW)
    assert score
    return reports.build(attempt, score)


def test_report_lists_every_item_once_with_own_answer_and_key(finished: Attempt) -> None:
    report = build(finished)

    assert (len(report.scored_items), len(report.pilot_items)) == (20, 10)
    assert sum(item.is_right for item in report.scored_items) == 15
    assert all((item.chosen == item.key) == item.is_right for item in report.scored_items + report.pilot_items)
    assert {option.rationale != "" for item in report.scored_items for option in item.shown.options.values()} == {True}


def test_report_gives_no_verdict_on_any_domain_of_one_mock(finished: Attempt) -> None:
    lines = build(finished).domains

    assert [line.has_verdict for line in lines] == [False] * 10
    assert sum(line.right for line in lines) == 15


def test_report_page_scores_what_no_worker_has_scored(client: Client, finished: Attempt) -> None:
    page = client.get(reverse("exams:report", args=[finished.public_id])).content.decode()

    assert "15 of 20 right, 14 needed" in " ".join(page.split())
    assert page.count("✓ key") == 30
    assert "Not scored" in page


def test_report_of_an_abandoned_mock_shows_no_item(client: Client, db: None) -> None:
    make_bank()
    alice = make_user()
    client.force_login(alice)
    attempt = attempts.abandon(user=alice, public_id=start(alice).public_id, now=NOW)

    page = client.get(reverse("exams:report", args=[attempt.public_id])).content.decode()

    assert "was not scored" in page
    assert "Stem of" not in page


def send_fault(client: Client, attempt: Attempt, message: str, **headers: str) -> str:
    url = reverse("exams:fault", args=[attempt.public_id, 3])
    return client.post(url, {"message": message}, headers=headers or None, follow=True).content.decode()


def test_fault_lands_at_the_version_that_was_served(client: Client, finished: Attempt) -> None:
    page = send_fault(client, finished, "Option B is right as well.")

    fault = FaultReport.objects.get()
    served = finished.exam_form.form_items.get(position=3).version
    assert (fault.version, fault.reporter, fault.message) == (served, finished.user, "Option B is right as well.")
    assert "Thank you" in page


def test_fault_by_htmx_answers_with_a_fragment(client: Client, finished: Attempt) -> None:
    refused = send_fault(client, finished, "short", **{"HX-Request": "true"})
    accepted = send_fault(client, finished, "Option B is right as well.", **{"HX-Request": "true"})

    assert ("at least 10 characters" in refused, "<html" in refused) == (True, False)
    assert ("Thank you" in accepted, "<html" in accepted) == (True, False)
    assert FaultReport.objects.count() == 1


def test_report_shows_the_note_to_whom_it_belongs(finished: Attempt, client: Client) -> None:
    finished.responses.filter(position=2).update(note="Look this up <again>")

    page = client.get(reverse("exams:report", args=[finished.public_id])).content.decode()

    assert page.count("Your note") == 1
    assert "Look this up &lt;again&gt;" in page
