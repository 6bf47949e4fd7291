"""The pages: what they say with nothing, with too little and with enough, and to whom."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import User
from exams import attempts, tasks
from exams.models import Attempt, Forecast, PracticeItem, PracticeMode, Response, Score
from exams.practice import sessions
from exams.practice.choosing import Wish
from exams.practice.sessions import Plan
from exams.readiness import chance_in_words
from questions.models import Outline
from tests.factories import answer_all, make_bank, make_forecast, make_scored_mock, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db
READINESS = "/readiness/"
CALIBRATION = "/readiness/calibration/"


@pytest.fixture
def alice(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def now() -> datetime:
    return timezone.now() - timedelta(hours=6)


def text(client: Client, path: str = READINESS) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", strip_tags(response.content.decode().replace("<", " <")))


def sit(user: User, *, right: int, now: datetime) -> Attempt:
    attempt = start(user, now=now)
    answer_all(attempt, right=right)
    attempts.submit(user=user, public_id=attempt.public_id, now=now + timedelta(hours=1))
    tasks.score_attempt(attempt.pk)
    return attempt


def practise(user: User, domains: set[str], *, now: datetime, size: int) -> None:
    plan = Plan("Drill", PracticeMode.TEST, Wish(size, domains=frozenset(domains)))
    session = sessions.start(user=user, plan=plan, now=now)
    for position in range(1, session.places.count() + 1):
        sessions.answer(session=session, position=position, chosen=1, confidence=3, now=now)
    sessions.finish(session=session, now=now)


def test_before_any_content_the_page_says_so(client: Client, alice: User) -> None:
    assert "no outline and no items have been loaded" in text(client)


def test_too_few_answers_say_how_many_are_missing(client: Client, alice: User, now: datetime) -> None:
    make_bank(scored_count=40, pilot_count=10)
    assert "Not enough yet for a forecast: 0 of 30 answers, 0 of 5 domains." in text(client)

    practise(alice, {"PROC", "PM", "COMM"}, now=now, size=6)

    met = PracticeItem.objects.values("version__task__domain").distinct().count()
    found = text(client)
    assert f"Not enough yet for a forecast: 6 of 30 answers, {met} of 5 domains." in found
    assert "expected" not in found
    assert "Practice items in test mode" in found
    assert "%" not in found.split("The ten domains", maxsplit=1)[0]


def test_forecast_is_told_in_words_of_this_bank(client: Client, alice: User, now: datetime) -> None:
    make_bank(scored_count=40, pilot_count=10)
    sit(alice, right=30, now=now)

    found = text(client)

    stored = Forecast.objects.get()
    assert (
        f"If you sat a fresh 40-item form of this bank today: expected {stored.expected:.0f} right (80 % range "
        f"{stored.low}–{stored.high}); this bank’s practice cut is 28; {chance_in_words(stored.chance)} to reach it."
        in found
    )
    assert "It rests on 40 fresh answers in 10 domains" in found
    assert "Rough: fewer than 30 people" in found
    assert not re.search(r"chance of passing|pass(ing)? the CIIP", found)
    assert "Of the CIIP exam itself it says nothing" in found


def test_domains_are_grey_below_twenty_five_and_estimated_from_there(
    client: Client, alice: User, now: datetime
) -> None:
    make_bank(scored_count=130, pilot_count=10, forms=2)
    sit(alice, right=100, now=now)

    found = text(client)

    assert "not enough yet: 24 of 25" in found
    assert re.findall(r"estimate \d", found) == []

    practise(alice, {"IM"}, now=now, size=10)
    found = text(client)

    assert len(re.findall(r"estimate \d", found)) == 1
    assert "your overall level" in found


def test_stored_forecasts_are_listed_newest_first(client: Client, alice: User, now: datetime) -> None:
    make_bank(scored_count=40, pilot_count=10)
    for days, chance in ((3, 0.2), (2, 0.4), (1, 0.97)):
        make_forecast(alice, at=now - timedelta(days=days), chance=chance)
    make_forecast(alice, at=now, n=12)

    found = text(client).split("Forecasts so far", maxsplit=1)[1]

    assert re.findall(r"(?:about \d+ %|.gt;95 %)", found) == ["&gt;95 %", "about 40 %", "about 20 %"]


def test_nobody_sees_anything_of_others(client: Client, alice: User, now: datetime) -> None:
    make_bank(scored_count=40, pilot_count=10, forms=2)
    alone = text(client)
    bob = make_user("bob")
    sit(bob, right=40, now=now)
    make_forecast(bob, at=now)

    assert text(client) == alone
    client.force_login(bob)
    assert "It rests on 40 fresh answers" in text(client)


@pytest.mark.parametrize("path", [READINESS, CALIBRATION])
def test_pages_are_for_those_signed_in(client: Client, path: str) -> None:
    response = client.get(path)

    assert (response.status_code, response["Location"]) == (302, f"{reverse('account_login')}?next={path}")


def test_calibration_says_how_many_people_are_missing(client: Client, alice: User, now: datetime) -> None:
    make_bank(scored_count=40, pilot_count=10)
    publish_form_a()
    assert "Not enough yet: 0 of 10 people" in text(client, CALIBRATION)
    for number in range(9):
        user = make_user(f"person-{number}")
        make_forecast(user, at=now - timedelta(days=2))
        make_scored_mock(user, raw=30, now=now - timedelta(days=1))

    found = text(client, CALIBRATION)

    assert "Not enough yet: 9 of 10 people" in found
    assert "Brier" not in found

    make_forecast(alice, at=now - timedelta(days=2))
    make_scored_mock(alice, raw=20, now=now - timedelta(days=1))
    found = text(client, CALIBRATION)

    assert "10 mocks by 10 people" in found
    assert "9 (90 %)" in found
    assert "Brier score 0.250" in found


def statements(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def many_mocks(attempt: Attempt, count: int) -> None:
    """Copies of a finished mock of 170 items, with scores and forecasts, in bulk."""
    score, forecast = Score.objects.get(attempt=attempt), Forecast.objects.get(attempt=attempt)
    domains = list(score.domain_scores.all())
    responses = list(attempt.responses.all())
    for _ in range(count):
        twin = Attempt.objects.get(pk=attempt.pk)
        twin.pk, twin.public_id = None, Attempt._meta.get_field("public_id").get_default()
        twin.save(force_insert=True)
        score.pk, score.attempt = None, twin
        score.save(force_insert=True)
        for rows, name, owner in ((domains, "score", score), (responses, "attempt", twin)):
            for row in rows:
                row.pk = None
                setattr(row, name, owner)
        type(domains[0]).objects.bulk_create(domains)
        Response.objects.bulk_create(responses)
        forecast.pk, forecast.attempt = None, twin
        forecast.save(force_insert=True)


@pytest.mark.parametrize(("path", "expected"), [(READINESS, 14), (CALIBRATION, 5)])
def test_pages_take_the_same_statements_for_one_mock_and_for_fifty(
    client: Client, alice: User, now: datetime, path: str, expected: int
) -> None:
    make_bank(scored_count=130, pilot_count=40)
    attempt = sit(alice, right=90, now=now)
    make_forecast(alice, at=now - timedelta(days=1))
    before = statements(client, path)

    many_mocks(attempt, 49)

    assert (Attempt.objects.count(), Response.objects.count()) == (50, 8500)
    assert (before, statements(client, path)) == (expected, expected)


def test_past_forecast_keeps_the_cut_it_was_made_for(client: Client, alice: User, now: datetime) -> None:
    make_bank(scored_count=40, pilot_count=10)
    make_forecast(alice, at=now)
    Outline.objects.update(practice_cut=33)

    found = text(client).split("Forecasts so far", maxsplit=1)[1]

    assert "28 of 40 22–34 28 about 50 %, rough" in found
