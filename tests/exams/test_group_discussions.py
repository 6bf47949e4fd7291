"""What members of a group write about a form and its items: reporting, hiding, removing, limits."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Share, User
from exams import attempts, scoring
from exams.groups import discussion, shared_forms
from exams.models import Attempt, CommentReport, ExamForm, GroupComment, GroupExam
from questions.exhibits import prose
from tests.factories import NOW, answer_all, join_group, make_bank, make_group, make_user, publish_form_a

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def exam() -> GroupExam:
    """Form A of a group: alice owns it, bob, charlie and dora are in it."""
    make_bank()
    group = make_group(make_user("alice"))
    for name in ("bob", "charlie", "dora"):
        join_group(group, make_user(name), share=Share.SCORES)
    return shared_forms.share(
        group=group, exam_form=publish_form_a(), first=date(2026, 11, 1), last=date(2026, 11, 8), by=group.owner
    )


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@example.org")


def sit(exam: GroupExam, user: User) -> None:
    attempt = shared_forms.start(exam=exam, user=user, now=NOW)
    answer_all(attempt, right=12)
    attempt = attempts.submit(user=user, public_id=attempt.public_id, now=LATER)
    scoring.ensure_scored(attempt=attempt, now=LATER)


def page(client: Client, exam: GroupExam) -> str:
    return client.get(f"/groups/{exam.group.public_id}/forms/1/").content.decode()


@pytest.fixture
def comment(exam: GroupExam) -> GroupComment:
    """Of bob, where alice, bob and charlie have finished the form."""
    for name in ("alice", "bob", "charlie"):
        sit(exam, person(name))
    return discussion.write(exam=exam, form_item=None, author=person("bob"), text="You are all wrong", now=LATER)


def at(comment: GroupComment, what: str) -> str:
    return f"/groups/{comment.exam.group.public_id}/comments/{comment.pk}/{what}/"


def test_reported_comment_is_hidden_and_its_author_is_told_why(
    exam: GroupExam, comment: GroupComment, client: Client
) -> None:
    alice, bob, charlie = (person(name) for name in ("alice", "bob", "charlie"))
    client.force_login(charlie)
    for reason in ("Rude", "Very rude"):
        client.post(at(comment, "report"), {"reason": reason})
    assert list(CommentReport.objects.values_list("reason", flat=True)) == ["Very rude"]
    client.force_login(alice)
    assert "1 comment was reported" in client.get(f"/groups/{exam.group.public_id}/").content.decode()
    assert "Reported: Very rude" in client.get(f"/groups/{exam.group.public_id}/comments/").content.decode()

    client.post(at(comment, "hide"), {"reason": "We stay kind"})

    seen = {}
    for user in (alice, bob, charlie):
        client.force_login(user)
        whole = page(client, exam)
        seen[user.name] = ("You are all wrong" in whole, "Why: We stay kind" in whole, "Hidden " in whole)
    assert seen == {"Alice": (True, False, True), "Bob": (True, True, True), "Charlie": (False, False, True)}
    assert not CommentReport.objects.exists()
    client.force_login(alice)
    client.post(at(comment, "show"))
    client.force_login(charlie)
    assert "You are all wrong" in page(client, exam)


def test_author_deletes_their_own_and_nobody_elses(exam: GroupExam, comment: GroupComment, client: Client) -> None:
    client.force_login(person("charlie"))
    assert client.post(at(comment, "delete")).status_code == 404
    client.force_login(person("bob"))

    assert client.post(at(comment, "delete")).headers["Location"].endswith("/forms/1/#discussion")
    assert not GroupComment.objects.exists()


def test_nobody_reports_their_own_comment_or_a_hidden_one(comment: GroupComment, client: Client) -> None:
    client.force_login(person("bob"))
    assert client.get(at(comment, "report")).status_code == 404
    discussion.hide(comment=comment, reason="Rude", now=LATER)
    client.force_login(person("charlie"))
    assert client.get(at(comment, "report")).status_code == 404


def test_who_leads_can_take_out_unread_what_they_may_not_read(
    exam: GroupExam, comment: GroupComment, client: Client
) -> None:
    dora = person("dora")
    exam.group.memberships.filter(user=dora).update(is_instructor=True)
    discussion.report(comment=comment, by=person("charlie"), reason="It gives the key away", now=LATER)
    client.force_login(dora)

    waiting = client.get(f"/groups/{exam.group.public_id}/comments/").content.decode()
    assert "You are all wrong" not in waiting
    assert "It gives the key away" not in waiting
    assert "unread" in waiting
    client.post(at(comment, "delete"))

    assert not GroupComment.objects.exists()


@pytest.mark.parametrize("takes_along", [True, False])
def test_who_leaves_leaves_their_words_without_a_name_or_takes_them(
    exam: GroupExam, comment: GroupComment, client: Client, takes_along: bool
) -> None:
    client.force_login(person("bob"))
    client.post(f"/groups/{exam.group.public_id}/leave/", {"deletes_comments": "on"} if takes_along else {})
    client.force_login(person("charlie"))

    whole = page(client, exam)

    assert "Bob" not in whole
    assert ("You are all wrong" in whole, "Somebody who left" in whole) == (not takes_along, not takes_along)


def test_comments_are_limited_in_size_and_number(exam: GroupExam, comment: GroupComment, client: Client) -> None:
    client.force_login(person("charlie"))
    path = f"/groups/{exam.group.public_id}/forms/1/comments/"

    for text, says in (("", "This field is required"), ("x" * 2001, "at most 2000 characters")):
        answer = client.post(path, {"text": text})
        assert (answer.status_code, says in answer.content.decode()) == (422, True)
    for n in range(discussion.MOST_AN_HOUR):
        assert client.post(path, {"text": f"Comment {n}"}).status_code == 302
    answer = client.post(path, {"text": "One more"})
    assert (answer.status_code, "30 comments within an hour" in answer.content.decode()) == (422, True)
    assert "One more" in answer.content.decode()

    assert GroupComment.objects.filter(author=person("charlie")).count() == 30


@pytest.mark.parametrize("position", ["0", "-1", "999", "999.0", "x", "1e3"])
def test_comment_on_no_item_of_the_form_is_nowhere(
    exam: GroupExam, comment: GroupComment, client: Client, position: str
) -> None:
    client.force_login(person("charlie"))
    path = f"/groups/{exam.group.public_id}/forms/1/comments/"

    assert client.post(path, {"text": "Hello", "position": position}).status_code == 404


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("*so* **far**", "<p><em>so</em> <strong>far</strong></p>\n"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[here](javascript:alert(1))", "<p>[here](javascript:alert(1))</p>\n"),
        ("[here](https://example.org/)", "<p>here</p>\n"),
        ("![a](https://example.org/a.png)", "<p></p>\n"),
        ("# Heading", "Heading\n"),
        ('<b onclick="x()">b</b>', '<p>&lt;b onclick="x()"&gt;b&lt;/b&gt;</p>\n'),
    ],
)
def test_comment_is_safe_markup_without_links_and_pictures(text: str, markup: str) -> None:
    assert prose(text) == (markup if markup.startswith(("<", "H")) else f"<p>{markup}</p>\n")


def test_group_that_is_closed_takes_its_words_and_nobodys_answers(exam: GroupExam, comment: GroupComment) -> None:
    exam.group.delete()

    assert not GroupComment.objects.exists()
    assert Attempt.objects.count() == 3
    assert ExamForm.objects.filter(pk=exam.exam_form_id).exists()
