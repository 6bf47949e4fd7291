"""What the site lets go of by itself: nothing unless it was told to, and never without a warning."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import pytest_django
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client

from accounts import mailing, roles
from accounts.models import User
from exams import attempts, receipts, scoring
from exams.models import AttemptEvent, DomainScore, PersonalExport, PracticeSession, Score
from exams.privacy import erasing, exports, retention
from exams.tasks import export_person, score_attempt
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def place(settings: pytest_django.Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def twelve_months(settings: pytest_django.Settings) -> None:
    settings.RETAIN_INACTIVE_MONTHS = 12


def person(name: str = "alice", *, seen: timedelta = 2 * YEAR) -> User:
    user = make_user(name)
    User.objects.filter(pk=user.pk).update(date_joined=NOW - 3 * YEAR, last_login=NOW - seen)
    return user


def test_nothing_is_let_go_unless_it_was_asked_for() -> None:
    person()
    make_bank()
    publish_form_a()
    bob = make_user("bob")
    attempts.submit(user=bob, public_id=start(bob).public_id, now=NOW)

    done = retention.retain(now=NOW + 10 * YEAR)

    assert done == retention.Retained(ledger_entries=0, files=0, warned=0, erased=0)
    assert (User.objects.count(), AttemptEvent.objects.count() > 0) == (2, True)


# --- The ledger -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "is_kept"), [(29, True), (31, False)])
def test_ledger_goes_whole_when_its_time_is_over(settings: pytest_django.Settings, days: int, is_kept: bool) -> None:
    settings.RETAIN_LEDGER_DAYS = 30
    make_bank()
    publish_form_a()
    alice, bob = make_user("alice"), make_user("bob")
    attempt, running = start(alice), start(bob)
    answer_all(attempt, right=15)
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=60))
    stored = attempt.events.count()

    retention.retain(now=NOW + timedelta(days=days))

    assert attempt.events.count() == (stored if is_kept else 0)
    assert running.events.count() == 1


def test_score_is_the_same_without_the_ledger(settings: pytest_django.Settings) -> None:
    settings.RETAIN_LEDGER_DAYS = 30
    make_bank()
    publish_form_a()
    alice = make_user("alice")
    attempt = start(alice)
    answer_all(attempt, right=12)
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=60))
    score_attempt(attempt.pk)
    before = figures()

    assert retention.retain(now=NOW + YEAR).ledger_entries > 0
    Score.objects.all().delete()
    attempt.refresh_from_db()
    scoring.ensure_scored(attempt=attempt, now=NOW + YEAR)

    assert figures() == before


def figures() -> list[list[tuple[object, ...]]]:
    """All that a score says."""
    return [
        list(
            Score.objects.values_list("raw", "scored_count", "scaled", "answered_count", "pilot_right", "pilot_count")
        ),
        sorted(DomainScore.objects.values_list("domain__code", "right", "total")),
    ]


def test_report_and_receipt_say_that_the_ledger_is_gone(settings: pytest_django.Settings, client: Client) -> None:
    settings.RETAIN_LEDGER_DAYS = 30
    make_bank()
    publish_form_a()
    alice = make_user("alice")
    attempt = start(alice)
    answer_all(attempt, right=15)
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=60))
    attempt.refresh_from_db()
    receipt = receipts.signed(attempt)
    client.force_login(alice)
    path = f"/attempts/{attempt.public_id}/report/"
    assert "You changed no answer" in client.get(path).content.decode()

    retention.retain(now=NOW + YEAR)
    # A year later the session is over as well.
    client.force_login(alice)

    page = client.get(path).content.decode()
    assert "Which answers you changed is no longer known" in page
    assert "single clicks no longer kept" in page
    assert "nothing saved" not in page
    assert receipts.verify(json.dumps(receipt)).still_holds is None


# --- People who do not come any more ----------------------------------------------------------------------------
def test_person_is_warned_once_and_erased_a_month_later(twelve_months: None) -> None:
    person()

    first = retention.retain(now=NOW)
    assert (first.warned, first.erased) == (1, 0)
    assert [message.to for message in mail.outbox] == [["alice@example.org"]]
    assert "December 2, 2026" in mail.outbox[0].body
    second = retention.retain(now=NOW + timedelta(days=29))
    assert (second.warned, second.erased, User.objects.count()) == (0, 0, 1)

    third = retention.retain(now=NOW + timedelta(days=30))

    assert (third.erased, User.objects.count(), len(mail.outbox)) == (1, 0, 1)


def test_one_who_cannot_be_erased_keeps_nothing_else(twelve_months: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, _ = person("alice"), person("bob")
    retention.retain(now=NOW)
    asked, _ = exports.ask(user=stuck, now=NOW)
    export_person(asked.pk)
    PersonalExport.objects.update(expires_at=NOW)
    erase = erasing.erase

    def fail_once(*, user: User, now: datetime) -> None:
        if user == stuck:
            raise DatabaseError
        erase(user=user, now=now)

    monkeypatch.setattr(erasing, "erase", fail_once)

    done = retention.retain(now=NOW + timedelta(days=30))

    assert (done.erased, PersonalExport.objects.count()) == (1, 0)
    assert [user.email for user in User.objects.all()] == ["alice@example.org"]


def test_who_comes_back_stays_and_is_warned_anew_the_next_time(twelve_months: None) -> None:
    person()
    retention.retain(now=NOW)
    User.objects.update(last_login=NOW + timedelta(days=10))

    retention.retain(now=NOW + timedelta(days=60))
    assert User.objects.count() == 1

    again = retention.retain(now=NOW + 2 * YEAR)
    assert (again.warned, again.erased, len(mail.outbox)) == (1, 0, 2)


def test_who_comes_back_while_others_are_written_to_stays(twelve_months: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails may take minutes, and whoever is to go was found before."""
    person("alice", seen=YEAR / 2)
    bob = person("bob")
    retention.retain(now=NOW)
    later = NOW + YEAR

    def send(self: EmailMessage, fail_silently: bool = False) -> int:
        User.objects.filter(pk=bob.pk).update(last_login=later)
        return 1

    monkeypatch.setattr(EmailMessage, "send", send)
    retained = retention.retain(now=later)

    assert (retained.warned, retained.erased) == (1, 0)
    assert User.objects.filter(pk=bob.pk).exists()


def test_practice_counts_as_being_here(twelve_months: None) -> None:
    alice = person()
    PracticeSession.objects.create(
        user=alice, title="Drill", mode="test", source="unseen", started_at=NOW - timedelta(days=10)
    )

    assert retention.retain(now=NOW).warned == 0


@pytest.mark.parametrize("who", ["recent", "instructor", "superuser"])
def test_who_is_not_meant_is_left_alone(twelve_months: None, who: str) -> None:
    alice = person(seen=timedelta(days=300) if who == "recent" else 2 * YEAR)
    if who == "instructor":
        roles.make_instructor(user=alice, roles=["author"])
    if who == "superuser":
        User.objects.update(is_superuser=True)

    assert retention.retain(now=NOW).warned == 0


def test_nobody_goes_whom_no_warning_could_reach(twelve_months: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: EmailMessage, fail_silently: bool = False) -> int:
        raise ConnectionRefusedError

    person()
    monkeypatch.setattr(EmailMessage, "send", refuse)

    done = [retention.retain(now=NOW + timedelta(days=days)) for days in (0, 40, 80)]

    assert {(one.warned, one.erased) for one in done} == {(0, 0)}
    assert User.objects.count() == 1


def test_warning_comes_even_to_who_refused_all_mails(twelve_months: None) -> None:
    alice = person()
    mailing.choose(user=alice, kinds=[], now=NOW)

    assert retention.retain(now=NOW).warned == 1


def test_command_says_what_it_did(twelve_months: None) -> None:
    person()
    out = StringIO()

    call_command("retain", stdout=out)

    assert out.getvalue() == "0 ledger entries and 0 export files deleted, 1 people warned, 0 erased\n"
