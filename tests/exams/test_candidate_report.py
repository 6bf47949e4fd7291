"""One finished mock as the instructor of its candidate's cohort sees it: how it came out, and nothing private."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import AuditEntry, Share, User, Verb
from exams import attempts, scoring
from exams.models import Attempt, Cohort, PracticeItem, PracticeSession, Response
from questions.models import Item, ItemVersion
from tests.factories import NOW, answer_all, join_group, make_bank, make_group, make_user, publish_form_a, start

RIGHT = 12
NOISE = re.compile(r'(csrfmiddlewaretoken" value="|x-csrftoken": ")\w+')


@pytest.fixture
def ivy(db: None) -> User:
    return make_invigilator("ivy")


@pytest.fixture
def cohort(ivy: User) -> Cohort:
    """Alice has finished Form A, and so has zoe, who belongs to nobody."""
    make_bank(forms=3)
    publish_form_a()
    cohort = Cohort.objects.create(name="Spring class")
    cohort.instructors.add(ivy)
    cohort.members.add(make_user("alice"))
    for user in (User.objects.get(email="alice@example.org"), make_user("zoe")):
        finish(start(user))
    return cohort


def make_invigilator(name: str) -> User:
    user = make_user(name)
    roles.make_instructor(user=user, roles=["invigilator"])
    return User.objects.get(pk=user.pk)


def finish(attempt: Attempt) -> None:
    answer_all(attempt, right=RIGHT)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)
    assert scoring.ensure_scored(attempt=attempt, now=NOW)


def of(name: str) -> Attempt:
    """The person's first."""
    return Attempt.objects.finished().filter(user__email=f"{name}@example.org").earliest("started_at")


def url(cohort: Cohort, public_id: uuid.UUID) -> str:
    return reverse("exams:candidate_report", args=[cohort.pk, public_id])


def views_kept() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(verb=Verb.RESULT_VIEWED)


def page(client: Client, cohort: Cohort) -> str:
    answer = client.get(url(cohort, of("alice").public_id))
    assert answer.status_code == 200
    return NOISE.sub("", answer.content.decode())


def test_page_shows_score_domains_and_times(client: Client, cohort: Cohort, ivy: User) -> None:
    Response.objects.filter(attempt=of("alice")).update(visible_ms=30_000)
    client.force_login(ivy)

    html = page(client, cohort)

    assert "Alice, Form A" in html
    assert "12 of 20 right, 14 needed: below the practice cut" in html
    assert "Submitted 2 Nov 2026" in html
    assert "1 to 8" in html
    assert html.count('class="picture"') == 10
    assert html.count("<td>30 s</td>") == 4


def test_no_item_and_no_answer_is_on_it(client: Client, cohort: Cohort, ivy: User) -> None:
    roles.make_instructor(user=ivy, roles=["author"])
    client.force_login(ivy)

    html = page(client, cohort)

    versions = ItemVersion.objects.select_related("item")
    assert not [version for version in versions if version.item.code in html or version.stem in html]
    assert "No times were measured" in html


def test_what_is_private_changes_nothing_on_the_page(client: Client, cohort: Cohort, ivy: User) -> None:
    """Notes, marks, ratings in practice, groups, another mock: the page stays the same, letter by letter."""
    alice = User.objects.get(email="alice@example.org")
    client.force_login(ivy)
    before = page(client, cohort)

    Response.objects.filter(attempt=of("alice")).update(
        note="my-private-note", highlights=[["stem", 0, 4]], flagged=True, struck="24"
    )
    item = Item.objects.all()[0]
    session = PracticeSession.objects.create(user=alice, title="Drill", mode="tutor", source="unseen", started_at=NOW)
    PracticeItem.objects.create(
        session=session, position=1, item=item, version=item.versions.get(), option_order="1234", chosen=1,
        shown_at=NOW, answered_at=NOW, revealed_at=NOW, confidence=3,
    )  # fmt: skip
    group = make_group(alice)
    for name in ("bob", "carl", "dana", "eve", "fred"):
        friend = make_user(name)
        join_group(group, friend, share=Share.PRACTICE)
        finish(start(friend))
    second = start(alice, now=NOW + timedelta(days=1))
    attempts.submit(user=alice, public_id=second.public_id, now=NOW + timedelta(days=1))
    scoring.ensure_scored(attempt=second, now=NOW + timedelta(days=1))
    after = page(client, cohort)

    assert "my-private-note" not in after
    assert after == before


def test_nothing_acts_for_the_candidate(client: Client, cohort: Cohort, ivy: User) -> None:
    client.force_login(ivy)

    html = page(client, cohort)

    assert f"/attempts/{of('alice').public_id}" not in html


def test_looking_is_recorded_once_a_day_and_not_of_oneself(client: Client, cohort: Cohort, ivy: User) -> None:
    cohort.members.add(ivy)
    finish(start(ivy))
    with time_machine.travel(NOW, tick=False) as clock:
        client.force_login(ivy)
        for _ in range(2):
            page(client, cohort)
            assert client.get(url(cohort, of("ivy").public_id)).status_code == 200
        clock.shift(timedelta(days=1))
        page(client, cohort)

    said = [(entry.actor, entry.subject, entry.target) for entry in views_kept()]
    alice = of("alice")
    assert said == [(ivy, alice.user, f"attempt {alice.public_id}")] * 2


def test_results_lead_to_it(client: Client, cohort: Cohort, ivy: User) -> None:
    client.force_login(ivy)

    html = client.get(reverse("exams:cohort_results", args=[cohort.pk])).content.decode()

    assert f'<a href="{url(cohort, of("alice").public_id)}">Alice</a>' in html


@pytest.mark.parametrize("who", ["alice", "other instructor", "author"])
def test_others_find_nothing(client: Client, cohort: Cohort, who: str) -> None:
    user = User.objects.get(email="alice@example.org")
    if who != "alice":
        user = make_user("omar")
        roles.make_instructor(user=user, roles=["author" if who == "author" else "invigilator"])
    client.force_login(user)

    assert client.get(url(cohort, of("alice").public_id)).status_code == 404
    assert not views_kept().exists()


def test_stranger_is_asked_to_sign_in(client: Client, cohort: Cohort) -> None:
    path = url(cohort, of("alice").public_id)

    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{reverse('account_login')}?next={path}")


def test_instructor_finds_finished_mocks_of_the_cohort_alone(client: Client, cohort: Cohort, ivy: User) -> None:
    running = start(make_user("bob"))
    given_up = start(make_user("carl"))
    attempts.abandon(user=given_up.user, public_id=given_up.public_id, now=NOW)
    unscored = start(make_user("dana"))
    attempts.submit(user=unscored.user, public_id=unscored.public_id, now=NOW)
    cohort.members.add(running.user, given_up.user, unscored.user)
    # Of another cohort of the same instructor.
    other = Cohort.objects.create(name="Autumn class")
    other.instructors.add(ivy)
    client.force_login(ivy)

    for attempt in (running, given_up, unscored, of("zoe")):
        assert client.get(url(cohort, attempt.public_id)).status_code == 404
    assert client.get(url(cohort, uuid.uuid4())).status_code == 404
    assert client.get(url(other, of("alice").public_id)).status_code == 404
    assert client.post(url(cohort, of("alice").public_id)).status_code == 405
    assert not views_kept().exists()
