"""Sitting a form with a group, talking about it, and keeping that in order."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Share, StudyGroup, User
from exams import attempts, scoring
from exams.attempts import NotNow
from exams.groups import discussion, shared_forms
from exams.models import (
    Attempt,
    ExamForm,
    FormItem,
    GivenUpForm,
    GroupExam,
)
from tests.factories import NOW, answer_all, join_group, make_bank, make_group, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def exam() -> GroupExam:
    """Form A of a group from November 1 to 8; alice owns it, bob, charlie and dora are in it."""
    make_bank(forms=3, canary="canary")
    form = publish_form_a()
    publish_form_a()
    group = make_group(make_user("alice"))
    for name in ("bob", "charlie", "dora"):
        join_group(group, make_user(name), share=Share.SCORES)
    return share(group, form)


def share(group: StudyGroup, form: ExamForm, *, first: int = 1, last: int = 8) -> GroupExam:
    return shared_forms.share(
        group=group, exam_form=form, first=date(2026, 11, first), last=date(2026, 11, last), by=group.owner
    )


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@example.org")


def sit(exam: GroupExam, user: User, *, right: int = 12) -> Attempt:
    attempt = shared_forms.start(exam=exam, user=user, now=NOW)
    answer_all(attempt, right=right)
    attempt = attempts.submit(user=user, public_id=attempt.public_id, now=LATER)
    scoring.ensure_scored(attempt=attempt, now=LATER)
    return attempt


def page(client: Client, exam: GroupExam, path: str = "") -> str:
    answer = client.get(f"/groups/{exam.group.public_id}/forms/1/{path}")
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


# --- Sitting --------------------------------------------------------------------------------------------------------


def test_window_is_of_whole_days_where_the_author_lives(exam: GroupExam) -> None:
    alice = exam.group.owner
    alice.time_zone = "America/New_York"

    other = shared_forms.share(
        group=exam.group, exam_form=ExamForm.objects.get(published_number=2), first=date(2026, 11, 2),
        last=date(2026, 11, 2), by=alice,
    )  # fmt: skip

    assert (other.opens_at.isoformat(), other.closes_at.isoformat()) == (
        "2026-11-02T00:00:00-05:00", "2026-11-03T00:00:00-05:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (timedelta(days=-2), "not open to the group yet"),
        (timedelta(), ""),
        (timedelta(days=6, hours=8, minutes=59), ""),
        (timedelta(days=6, hours=9), "are over"),
    ],
)
def test_form_is_started_within_its_days_alone(exam: GroupExam, at: timedelta, says: str) -> None:
    bob, now = person("bob"), NOW + at
    if says:
        with pytest.raises(NotNow, match=says):
            shared_forms.start(exam=exam, user=bob, now=now)
        assert not Attempt.objects.exists()
    else:
        attempt = shared_forms.start(exam=exam, user=bob, now=now)
        assert (attempt.exam_form, attempt.started_at, attempt.responses.count()) == (exam.exam_form, now, 30)


def test_form_that_is_not_the_next_one_is_started_from_the_group(exam: GroupExam, client: Client) -> None:
    form_b = ExamForm.objects.get(published_number=2)
    share(exam.group, form_b)
    client.force_login(person("bob"))
    path = f"/groups/{exam.group.public_id}/forms/2/start/"

    first, second = client.post(path), client.post(path)

    attempt = Attempt.objects.get()
    assert attempt.exam_form == form_b
    assert first.headers["Location"] == second.headers["Location"] == f"/attempts/{attempt.public_id}/"


@pytest.mark.parametrize("how", ["sat", "abandoned", "given up", "other open"])
def test_form_that_cannot_be_met_afresh_is_refused_with_words(exam: GroupExam, client: Client, how: str) -> None:
    bob = person("bob")
    form_b = ExamForm.objects.get(published_number=2)
    if how == "given up":
        GivenUpForm.objects.create(user=bob, exam_form=exam.exam_form, at=NOW)
    elif how == "other open":
        attempts.start_mock(user=bob, exam_form=form_b, now=NOW)
    else:
        begun = start(bob)
        end = attempts.submit if how == "sat" else attempts.abandon
        end(user=bob, public_id=begun.public_id, now=LATER)
    before = Attempt.objects.count()
    client.force_login(bob)

    answer = client.post(f"/groups/{exam.group.public_id}/forms/1/start/", follow=True)

    said = [str(message) for message in answer.context["messages"]]
    expected = (
        "Form B is open. Finish it or give it up first." if how == "other open" else "You have sat Form A already"
    )
    assert [expected in one for one in said] == [True]
    assert Attempt.objects.count() == before


def test_overdue_mock_does_not_stand_in_the_way(exam: GroupExam) -> None:
    bob = person("bob")
    attempts.start_mock(user=bob, exam_form=ExamForm.objects.get(published_number=2), now=NOW)

    attempt = shared_forms.start(exam=exam, user=bob, now=NOW + timedelta(days=1))

    assert attempt.exam_form == exam.exam_form


def test_only_published_forms_are_offered_and_each_once(exam: GroupExam, client: Client) -> None:
    start(make_user("eve"))
    client.force_login(exam.group.owner)
    path = f"/groups/{exam.group.public_id}/forms/"
    days = {"first": "2026-11-02", "last": "2026-11-09"}

    assert [form.published_number for form in shared_forms.shareable(exam.group)] == [2]
    assert client.post(path, {"number": 1, **days}).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupExam.objects.create(group=exam.group, exam_form=exam.exam_form, opens_at=NOW, closes_at=LATER)


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("2026-11-02", "2026-11-01", "This day is past"),
        ("2026-11-09", "2026-11-08", "before the first day"),
        ("2026-11-02", "2027-11-08", "more than 180 days"),
        ("soon", "2026-11-08", "Enter a valid date"),
    ],
)
def test_bad_days_are_refused_with_words(exam: GroupExam, client: Client, first: str, last: str, says: str) -> None:
    client.force_login(exam.group.owner)

    for path, sent in (("", {"number": 2}), ("1/days/", {})):
        answer = client.post(f"/groups/{exam.group.public_id}/forms/{path}", {"first": first, "last": last, **sent})
        assert (answer.status_code, says in answer.content.decode()) == (422, True)

    assert GroupExam.objects.get().closes_at == exam.closes_at


def test_number_of_those_who_finished_leaves_out_who_shows_nothing(exam: GroupExam, client: Client) -> None:
    for name, what in (("bob", Share.NOTHING), ("charlie", Share.PRACTICE)):
        exam.group.memberships.filter(user=person(name)).update(share=what)
        sit(exam, person(name))
    client.force_login(person("dora"))

    assert "finished by 1" in page(client, exam)


# --- Before and after -----------------------------------------------------------------------------------------------


def test_nothing_of_the_items_is_shown_before_one_has_finished(exam: GroupExam, client: Client) -> None:
    for name in ("alice", "bob"):
        sit(exam, person(name))
    discussion.write(exam=exam, form_item=None, author=person("alice"), text="A secret", now=LATER)
    charlie = person("charlie")
    client.force_login(charlie)

    for step in ("not begun", "begun", "given up"):
        if step == "begun":
            shared_forms.start(exam=exam, user=charlie, now=LATER)
        if step == "given up":
            attempts.abandon(user=charlie, public_id=Attempt.objects.get(user=charlie).public_id, now=LATER)
        whole = page(client, exam)
        assert (step, [word for word in ("Stem of", "canary", "A secret", "Reason") if word in whole]) == (step, [])
        assert (step, page(client, exam, "items/1/")) == (step, "404")

    client.force_login(person("bob"))
    assert "A secret" in page(client, exam)
    assert "Reason 1 canary" in page(client, exam, "items/1/")


def test_item_that_is_being_asked_stays_hidden_until_that_exam_has_ended(exam: GroupExam, client: Client) -> None:
    """A personal form drawn from a small bank holds items of Form A again."""
    for name in ("alice", "bob", "charlie", "dora"):
        sit(exam, person(name), right=0)
    eve = make_user("eve")
    join_group(exam.group, eve, share=Share.DOMAINS)
    sit(exam, eve, right=0)
    exam.group.memberships.update(share=Share.DOMAINS)
    item = FormItem.objects.filter(exam_form=exam.exam_form, is_scored=True).order_by("position")[0]
    comment = discussion.write(exam=exam, form_item=item, author=person("alice"), text="A hint", now=LATER)
    client.force_login(eve)
    shown = page(client, exam)
    assert item.version.stem in shown
    own = exam.group.memberships.select_related("group", "user").get(user=eve)

    second = attempts.start_mock(user=eve, now=LATER)
    FormItem.objects.filter(exam_form=second.exam_form, item=item.item).delete()
    other = FormItem.objects.filter(exam_form=second.exam_form)[0]
    FormItem.objects.create(
        exam_form=second.exam_form, position=99, item=item.item, version=item.version, is_scored=True,
        option_order=other.option_order,
    )  # fmt: skip

    assert item.version.stem not in page(client, exam)
    assert "1 item is in an exam that you have open" in page(client, exam)
    assert page(client, exam, f"items/{item.position}/") == "404"
    assert discussion.readable(own, comment.pk) is None
    write = f"/groups/{exam.group.public_id}/forms/1/comments/"
    assert client.post(write, {"text": "More", "position": item.position}).status_code == 404
    attempts.submit(user=eve, public_id=second.public_id, now=LATER)
    assert "A hint" in page(client, exam, f"items/{item.position}/")


def test_session_leads_from_the_hardest_item_to_the_next(exam: GroupExam, client: Client) -> None:
    join_group(exam.group, make_user("eve"), share=Share.DOMAINS)
    exam.group.memberships.update(share=Share.DOMAINS)
    for name in ("alice", "bob", "charlie", "dora", "eve"):
        sit(exam, person(name), right=17)
    scored = FormItem.objects.filter(exam_form=exam.exam_form, is_scored=True).order_by("position")
    hardest = [item.position for item in scored][17:]
    client.force_login(person("bob"))

    whole = page(client, exam)
    first, last = page(client, exam, f"items/{hardest[0]}/"), page(client, exam, f"items/{hardest[-1]}/")

    assert [f"/forms/1/items/{position}/" in whole for position in hardest] == [True] * 3
    assert whole.count("5 of 5 missed it") == 3
    assert "1 of the 3 hardest" in first
    assert f"/forms/1/items/{hardest[1]}/" in first
    assert first.count("chosen by 5") == 1
    assert first.count("chosen by 0") == 3
    assert "Next hardest" not in last
