"""The calendar feed: its secret address, what calendars read there, and that nobody else learns anything."""

import hashlib
import io
import logging
import re
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from icalendar import Calendar

from accounts.models import User
from ciip_site.log_filters import WithoutTokens
from exams import plan_calendar, planning
from exams.models import PlanTask, StudyPlan
from questions.models import Domain
from tests.answers import headers_of
from tests.factories import NOW, make_outline, make_user

pytestmark = pytest.mark.django_db
EXAM = NOW.date() + timedelta(days=42)
SHARE, END = "/plan/calendar/", "/plan/calendar/end/"


@pytest.fixture
def alice() -> User:
    make_outline()
    alice = make_user()
    planning.make(user=alice, exam_on=EXAM, hours_per_week=6, now=NOW)
    return alice


@pytest.fixture
def token(alice: User) -> str:
    token = plan_calendar.new_token(alice)
    assert token
    return token


def feed(token: str) -> str:
    return f"/calendar/{token}.ics"


def events(client: Client, token: str) -> dict[str, dict[str, object]]:
    """What a foreign reader makes of the feed: each event's properties by UID."""
    calendar = Calendar.from_ical(client.get(feed(token)).content)
    return {
        str(event["UID"]): {
            "start": event.decoded("DTSTART"), "end": event.decoded("DTEND"), "summary": str(event["SUMMARY"]),
            "sequence": event.decoded("SEQUENCE"), "stamp": event.decoded("DTSTAMP"),
        }
        for event in calendar.walk("VEVENT")
    }  # fmt: skip


def test_feed_holds_every_task_and_the_exam_as_whole_days(client: Client, alice: User, token: str) -> None:
    found = events(client, token)

    expected = {
        f"{task.uid}@ciip-practice": {
            "start": task.on, "end": task.on + timedelta(days=1), "summary": task.title, "sequence": 0, "stamp": NOW,
        }
        for task in PlanTask.objects.select_related("domain")
    }  # fmt: skip
    exam = {
        "start": EXAM, "end": EXAM + timedelta(days=1), "summary": "Exam day", "sequence": 0, "stamp": NOW,
    }  # fmt: skip
    assert found == {**expected, f"{alice.study_plan.uid}@ciip-practice": exam}


def test_feed_is_as_the_standard_wants_it(client: Client, alice: User, token: str) -> None:
    Domain.objects.filter(code="IM").update(name="Imágenes, archives; \\and/ “more” " + "ü" * 40)

    answer = client.get(feed(token))

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    # Folding cuts no character in two.
    assert all(line.decode() is not None for line in lines)
    text = re.sub("\r\n ", "", answer.content.decode())
    assert "SUMMARY:Read the guide to Imágenes\\, archives\\; \\\\and/ “more” " + "ü" * 40 in text
    assert "\r\nDTSTART;VALUE=DATE:20261214\r\n" in text
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert {"VERSION:2.0", "X-WR-TIMEZONE:UTC", "REFRESH-INTERVAL;VALUE=DURATION:PT1H"} <= set(text.split("\r\n"))
    assert text.count("DTSTAMP:") == text.count("\r\nUID:") == text.count("BEGIN:VEVENT")
    im = Domain.objects.get(code="IM")
    assert f"Read the guide to {im}" in {event["summary"] for event in events(client, token).values()}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t"), min_size=1, max_size=100))
@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_of_a_domain_comes_out_as_it_went_in(alice: User, name: str) -> None:
    Domain.objects.filter(code="IM").update(name=name)
    body = plan_calendar.ics(StudyPlan.objects.get(), page="https://exam.example.org/plan/")

    summaries = {str(event["SUMMARY"]) for event in Calendar.from_ical(body).walk("VEVENT")}

    assert max(map(len, body.split(b"\r\n"))) <= 75
    assert f"Read the guide to {name}" in summaries


def test_moved_task_keeps_its_uid_and_counts_its_moves(client: Client, alice: User, token: str) -> None:
    before = events(client, token)
    later = NOW + timedelta(days=8)
    planning.catch_up(user=alice, now=later)

    after = events(client, token)

    assert after.keys() == before.keys()
    moved = {uid for uid in after if after[uid] != before[uid]}
    assert moved
    assert {(after[uid]["sequence"], after[uid]["stamp"]) for uid in moved} == {(1, later)}
    assert all(isinstance(after[uid]["start"], date) and after[uid]["start"] >= later.date() for uid in moved)  # type: ignore[operator]


def test_another_exam_day_moves_its_event(client: Client, alice: User, token: str) -> None:
    uid = f"{alice.study_plan.uid}@ciip-practice"
    planning.make(user=alice, exam_on=date(2028, 2, 29), hours_per_week=6, now=datetime(2028, 1, 2, tzinfo=NOW.tzinfo))

    event = events(client, token)[uid]

    assert (event["start"], event["end"], event["sequence"]) == (date(2028, 2, 29), date(2028, 3, 1), 1)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "Mars/Olympus"])
def test_whole_days_are_the_same_dates_in_every_zone(client: Client, alice: User, token: str, zone: str) -> None:
    before = events(client, token)
    User.objects.update(time_zone=zone)

    assert events(client, token) == before


# --- The address ----------------------------------------------------------------------------------------------------


def test_address_is_shown_once_and_only_its_digest_is_kept(client: Client, alice: User) -> None:
    client.force_login(alice)

    page = client.post(SHARE).content.decode()

    found = re.search(r'value="http://testserver/calendar/([\w-]{43})\.ics"', page)
    assert found
    token = found[1]
    assert StudyPlan.objects.get().calendar_digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in client.get("/plan/").content.decode()
    assert dump_of_the_database().count(token) == 0
    assert len(events(Client(), token)) > 50


def dump_of_the_database() -> str:
    """Every value of every table, sessions and cache among them."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  (names from the database)
            rows += cursor.fetchall()
    assert len(rows) > 100
    return repr(rows)


def test_tokens_are_thirty_two_random_bytes(alice: User) -> None:
    tokens = {plan_calendar.new_token(alice) for _ in range(20)}

    assert len(tokens) == 20
    assert {len(token or "") for token in tokens} == {43}


def test_renewed_or_ended_address_leads_nowhere_at_once(client: Client, alice: User, token: str) -> None:
    client.force_login(alice)
    assert client.get(feed(token)).status_code == 200

    client.post(SHARE)
    assert client.get(feed(token)).status_code == 404

    newest = plan_calendar.new_token(alice)
    assert newest
    client.post(END)
    assert client.get(feed(newest)).status_code == 404
    assert StudyPlan.objects.get().calendar_digest is None


def test_address_ends_with_the_plan_and_with_the_person(client: Client, alice: User, token: str) -> None:
    alice.delete()

    assert client.get(feed(token)).status_code == 404


def test_nobody_ends_or_renews_anothers_address(client: Client, alice: User, token: str) -> None:
    client.force_login(make_user("bob"))

    assert "There is no plan yet" in client.post(SHARE, follow=True).content.decode()
    client.post(END)

    assert client.get(feed(token)).status_code == 200


def test_unknown_malformed_and_revoked_addresses_are_answered_alike(client: Client, alice: User, token: str) -> None:
    plan_calendar.end(alice)
    tries = [
        token, "A" * 43, "x", "a/b/c", "..", "%00", "é" * 300, "<script>", "a b", "None", "null",
        hashlib.sha256(token.encode()).hexdigest(), "A" * 5000,
    ]  # fmt: skip

    answers = [client.get(feed(tried)) for tried in tries] + [Client().get(feed(token))]

    assert {(answer.status_code, answer.content, repr(sorted(headers_of(answer).items()))) for answer in answers} == {
        (404, b"There is no calendar here.\n", repr(sorted(headers_of(answers[0]).items())))
    }
    assert "Set-Cookie" not in answers[0].headers


def test_digest_in_the_database_opens_nothing(client: Client, alice: User, token: str) -> None:
    assert client.get(feed(StudyPlan.objects.get().calendar_digest or "")).status_code == 404


def test_feed_is_kept_by_nobody_and_found_by_no_search_engine(client: Client, token: str) -> None:
    for answer in (client.get(feed(token)), client.get(feed("unknown"))):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert not answer.cookies


def test_feed_can_only_be_read(client: Client, token: str) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)(feed(token)).status_code == 405
    assert client.head(feed(token)).status_code == 200


def test_feed_takes_the_same_few_statements_whatever_the_length_of_the_plan(
    client: Client, alice: User, token: str
) -> None:
    counts = []
    for weeks in (1, 20):
        planning.make(user=alice, exam_on=NOW.date() + timedelta(weeks=weeks), hours_per_week=9, now=NOW)
        with CaptureQueriesContext(connection) as queries:
            client.get(feed(token))
        counts.append(len(queries))

    assert counts == [2, 2]


# --- Limits and logs ------------------------------------------------------------------------------------------------


def test_calendar_that_asks_hourly_is_always_answered_and_one_that_hammers_is_not(client: Client, token: str) -> None:
    for hour in range(30):
        with time_machine.travel(NOW + timedelta(hours=hour), tick=False):
            assert client.get(feed(token)).status_code == 200

    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        statuses = [client.get(feed(token)).status_code for _ in range(62)]
        answer = client.get(feed(token))
    assert statuses == [200] * 60 + [429] * 2
    assert answer.headers["Retry-After"] == "3600"
    assert answer.headers["Cache-Control"] == "no-store"
    with time_machine.travel(NOW + timedelta(days=3, hours=1), tick=False):
        assert client.get(feed(token)).status_code == 200


@pytest.mark.parametrize("status", [404, 429, 500])
def test_no_token_stands_in_the_log(
    client: Client, alice: User, token: str, caplog: pytest.LogCaptureFixture, status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    client.raise_request_exception = False
    if status == 404:
        plan_calendar.end(alice)
    elif status == 429:
        monkeypatch.setattr(plan_calendar, "MOST_AN_HOUR", 0)
    else:
        monkeypatch.setattr(plan_calendar, "REFRESH", "no time at all")

    assert client.get(feed(token)).status_code == status

    messages = [record.getMessage() for record in caplog.records]
    assert any("/calendar/…" in message for message in messages)
    assert token not in "\n".join([*messages, caplog.text])


def test_filter_leaves_other_paths_as_they_are() -> None:
    out = io.StringIO()
    logger = logging.Logger("try")
    logger.addHandler(logging.StreamHandler(out))
    logger.addFilter(WithoutTokens())

    logger.warning("%s: %s", "Not Found", "/no/such/page/")
    logger.warning("%s of %d", "one", 2)

    assert out.getvalue() == "Not Found: /no/such/page/\none of 2\n"


def test_address_of_the_feed_is_where_the_page_says(alice: User, token: str) -> None:
    assert reverse("exams:calendar", args=[token]) == feed(token)
