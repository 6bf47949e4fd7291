"""Reminders: in the morning of the person's own day, once, and only when there is something to say."""

import smtplib
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts import groups, mailing
from accounts.models import MailKind, SentMail, User
from exams import planning, reminders
from exams.models import GroupExam, PlanTask, ReviewCard
from exams.practice import review
from exams.tasks import remind_people
from questions.models import Item
from tests.factories import join_group, make_bank, make_group, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db
# A Monday, eight in the morning in UTC, two in Chicago, nine in the evening in Auckland.
MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def person(name: str = "alice", *, zone: str = "UTC", kinds: tuple[MailKind, ...] = reminders.REMINDERS) -> User:
    user = make_user(name)
    User.objects.filter(pk=user.pk).update(time_zone=zone)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    mailing.choose(user=user, kinds=kinds, now=MONDAY)
    return User.objects.get(pk=user.pk)


def remember(user: User, count: int, *, now: datetime = MONDAY - timedelta(days=30)) -> None:
    for item in Item.objects.all()[:count]:
        option = item.published_version.options.get(is_key=True) if item.published_version else None
        assert option
        review.rate(user=user, item=item, key_text=option.text, is_right=True, confidence=None, now=now)


def run(now: datetime) -> list[str]:
    """What goes out at that hour."""
    before = len(mail.outbox)
    with time_machine.travel(now, tick=False):
        remind_people()
    return [str(message.subject) for message in mail.outbox[before:]]


@pytest.fixture(autouse=True)
def bank() -> None:
    make_bank()


def test_person_without_anything_to_do_hears_nothing() -> None:
    person()

    assert run(MONDAY) == []
    assert SentMail.objects.count() == 0


def test_what_is_due_is_told_once_a_day() -> None:
    alice = person()
    remember(alice, 3)

    hours = [run(MONDAY + timedelta(hours=hour)) for hour in range(4)]

    assert hours == [["3 items due for review"], [], [], []]
    assert "/practice/?source=due" in mail.outbox[0].body
    assert run(MONDAY + timedelta(days=1)) == ["3 items due for review"]


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    zone=st.sampled_from(["UTC", "America/Chicago", "Pacific/Auckland", "Asia/Kolkata", "Pacific/Apia", "nonsense"]),
    minutes=st.integers(0, 366 * 24 * 60),
)
def test_in_every_zone_it_is_morning_once_a_day(zone: str, minutes: int) -> None:
    """Over two days of hourly runs each person is asked for on each of their mornings, and at no other time."""
    start = MONDAY + timedelta(minutes=minutes)
    User.objects.all().delete()
    alice = person(zone=zone, kinds=(MailKind.REVIEW_DUE,))

    found = [
        (now.astimezone(alice.zone), reminder.period)
        for now in (start + timedelta(hours=hour) for hour in range(48))
        for reminder in reminders.waiting(now=now)
    ]

    assert {local.hour for local, _ in found} <= {7, 8, 9, 10, 11}
    assert all(local.date().isoformat() == period for local, period in found)
    # Two days hold one whole morning at least, and touch three at most.
    assert 1 <= len({period for _, period in found}) <= 3


def test_night_is_kept_quiet() -> None:
    remember(person(zone="America/Chicago"), 1)

    assert run(MONDAY) == []
    assert run(MONDAY + timedelta(hours=6)) == ["1 item due for review"]


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        # The clocks of Chicago go back on November 1 and forward on March 14, at two in the night.
        ("America/Chicago", datetime(2026, 10, 31, tzinfo=UTC), 12),
        ("America/Chicago", datetime(2026, 11, 1, tzinfo=UTC), 13),
        ("America/Chicago", datetime(2027, 3, 13, tzinfo=UTC), 13),
        ("America/Chicago", datetime(2027, 3, 14, tzinfo=UTC), 12),
        ("Asia/Kolkata", datetime(2026, 11, 1, tzinfo=UTC), 2),
    ],
)
def test_seven_is_seven_when_the_clocks_change(zone: str, day: datetime, hour: int) -> None:
    remember(person(zone=zone, kinds=(MailKind.REVIEW_DUE,)), 1, now=day - timedelta(days=30))

    told = [at for at in range(24) if run(day + timedelta(hours=at))]

    assert told == [hour]


def test_who_has_reviewed_this_morning_is_not_reminded() -> None:
    alice = person(zone="America/Chicago", kinds=(MailKind.REVIEW_DUE,))
    remember(alice, 3)
    seven = MONDAY + timedelta(hours=5)
    early = timedelta(hours=2)
    remember(alice, 1, now=seven - early)

    assert review.due(user=alice, now=seven).count() == 2
    assert run(seven) == []
    # Yesterday, by the clock of Chicago, though today by the one of UTC.
    ReviewCard.objects.filter(rated_at=seven - early).update(rated_at=MONDAY - timedelta(hours=3))
    assert run(seven + timedelta(hours=1)) == ["2 items due for review"]


def test_plan_comes_on_mondays_with_the_days_of_the_week() -> None:
    alice = person(kinds=(MailKind.PLAN_OF_THE_WEEK,))
    planning.make(user=alice, exam_on=MONDAY.date() + timedelta(days=30), hours_per_week=6, now=MONDAY)

    days = [run(MONDAY + timedelta(days=day)) for day in range(8)]

    assert days == [["Your plan of the week"], *[[]] * 6, ["Your plan of the week"]]
    listed = [line for line in mail.outbox[0].body.splitlines() if line.startswith("- ")]
    tasks = PlanTask.objects.filter(on__gte=MONDAY.date(), on__lt=MONDAY.date() + timedelta(days=7))
    assert len(listed) == tasks.count() > 3
    assert any(task.title in listed[0] for task in tasks)
    assert f"{settings.SITE_URL}/plan/" in mail.outbox[0].body


def test_exam_is_told_on_the_morning_before_and_never_else() -> None:
    alice = person(kinds=(MailKind.EXAM_TOMORROW,))
    planning.make(user=alice, exam_on=MONDAY.date() + timedelta(days=10), hours_per_week=6, now=MONDAY)

    told = [day for day in range(14) if run(MONDAY + timedelta(days=day))]

    assert told == [9]
    assert "Tomorrow, Thursday, November 12" in mail.outbox[0].body


def test_task_that_lay_in_the_queue_for_a_day_sends_nothing() -> None:
    alice = person(kinds=(MailKind.REVIEW_DUE,))
    remember(alice, 1)
    [old] = reminders.waiting(now=MONDAY)

    assert not reminders.send(reminder=old, now=MONDAY + timedelta(days=1))
    assert mail.outbox == []


def test_who_left_in_between_hears_nothing() -> None:
    alice = person(kinds=(MailKind.REVIEW_DUE,))
    remember(alice, 1)
    [waiting] = reminders.waiting(now=MONDAY)
    User.objects.update(is_active=False)

    assert list(reminders.waiting(now=MONDAY)) == []
    assert not reminders.send(reminder=waiting, now=MONDAY)
    alice.delete()
    assert not reminders.send(reminder=waiting, now=MONDAY)


def test_command_does_what_beat_does_and_one_dead_address_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("alice", "bob"):
        remember(person(name, kinds=(MailKind.REVIEW_DUE,)), 1)
    deliver = EmailMessage.send

    def send(self: EmailMessage, fail_silently: bool = False) -> int:
        if self.to == ["alice@example.org"]:
            raise smtplib.SMTPRecipientsRefused({})
        return deliver(self)

    monkeypatch.setattr(EmailMessage, "send", send)
    out, err = StringIO(), StringIO()
    with time_machine.travel(MONDAY, tick=False):
        call_command("remind_people", stdout=out, stderr=err)

    assert [message.to for message in mail.outbox] == [["bob@example.org"]]
    assert out.getvalue() == "1 sent\n"
    assert "review_due" in err.getvalue()
    assert "alice" not in err.getvalue()


def test_form_of_a_group_is_told_to_members_who_want_it_and_have_not_begun() -> None:
    form = publish_form_a(now=MONDAY - timedelta(days=1))
    kinds = (MailKind.GROUP_FORM_OPENS,)
    alice, bob, charlie, dora = (person(name, kinds=kinds) for name in ("alice", "bob", "charlie", "dora"))
    emma = person("emma", kinds=())
    group = make_group(alice)
    for member in (bob, charlie, emma):
        join_group(group, member)
    join_group(group, dora, asked=True)
    start(bob, now=MONDAY - timedelta(hours=1))
    hours = timedelta(hours=1)
    GroupExam.objects.create(group=group, exam_form=form, opens_at=MONDAY + hours, closes_at=MONDAY + 100 * hours)

    assert run(MONDAY) == []
    [gone] = [one for one in reminders.waiting(now=MONDAY + hours) if one.user_id == charlie.pk]
    groups.leave(group=group, user=charlie)

    assert run(MONDAY + hours) == ["Evening group: Form A is open"]
    assert mail.outbox[0].to == ["alice@example.org"]
    assert f"{settings.SITE_URL}/groups/{group.public_id}/" in mail.outbox[0].body
    assert run(MONDAY + 2 * hours) == []
    assert not reminders.send(reminder=gone, now=MONDAY + 2 * hours)
