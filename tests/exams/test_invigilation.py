"""The invigilator's view: where people are and how much time is left, never an answer, and only of one's own cohort."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import roles
from accounts.models import User
from exams import attempts, invigilation, presence
from exams.models import Attempt, Cohort, Extension
from tests.factories import NOW, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=30)


@pytest.fixture
def ivy() -> User:
    user = make_user("ivy")
    roles.make_instructor(user=user, roles=["invigilator"])
    return User.objects.get(pk=user.pk)


@pytest.fixture
def cohort(ivy: User) -> Cohort:
    """Alice sits, bob has not begun, charlie has finished; dora sits and belongs to nobody."""
    make_bank()
    publish_form_a()
    cohort = Cohort.objects.create(name="Spring class")
    cohort.instructors.add(ivy)
    alice, bob, charlie = (make_user(name) for name in ("alice", "bob", "charlie"))
    cohort.members.add(alice, bob, charlie)
    attempt = start(alice)
    save(attempt, 3, chosen=2, note="canary", now=NOW + timedelta(minutes=28))
    presence.record_seen(attempt=attempt, visible_ms={7: 100}, position=7, now=NOW + timedelta(minutes=29))
    attempts.submit(user=charlie, public_id=start(charlie).public_id, now=NOW + timedelta(minutes=5))
    start(make_user("dora"))
    return cohort


def seats(cohort: Cohort) -> dict[str, invigilation.Seat]:
    return {str(seat.person): seat for seat in invigilation.seats_of(cohort, now=LATER)}


def attempt_of(name: str) -> Attempt:
    return Attempt.objects.get(user__email=f"{name}@example.org")


def test_each_member_has_a_seat_with_place_and_time(cohort: Cohort) -> None:
    alice, bob, charlie = seats(cohort).values()

    assert (alice.state, alice.position, alice.item_count, alice.answered) == ("sitting", 7, 30, 1)
    assert (alice.saved_ago, alice.beat_ago, alice.seconds_left) == (120, 60, 140 * 60)
    assert (bob.state, bob.attempt, bob.is_sitting) == ("no exam yet", None, False)
    assert (charlie.state, charlie.position, charlie.is_sitting) == ("finished", None, False)


def test_break_and_time_that_is_up_are_told(cohort: Cohort) -> None:
    attempt = attempt_of("alice")
    attempt.break_seconds = 600
    attempt.save()
    attempts.begin_break(user=attempt.user, public_id=attempt.public_id, now=LATER - timedelta(minutes=1))
    assert seats(cohort)["Alice"].state == "on a break"

    Attempt.objects.update(break_ends_at=None, granted_deadline_at=LATER, deadline_at=LATER)
    assert (seats(cohort)["Alice"].state, seats(cohort)["Alice"].is_sitting) == ("time is up", False)


def test_statements_do_not_grow_with_the_cohort(cohort: Cohort) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            invigilation.seats_of(cohort, now=LATER)
        return len(queries)

    before = count()
    for n in range(5):
        person = make_user(f"p{n}")
        cohort.members.add(person)
        start(person)
    assert count() == before == 2


# --- Pages --------------------------------------------------------------------------------------------------------


def watch(client: Client, cohort: Cohort, **headers: str) -> str:
    with time_machine.travel(LATER, tick=False):
        text: str = client.get(reverse("exams:watch", args=[cohort.pk]), headers=headers).content.decode()
    return " ".join(text.split())


def grant(client: Client, cohort: Cohort, *, follow: bool = True, **fields: object) -> str:
    path = reverse("exams:extend", args=[cohort.pk])
    with time_machine.travel(LATER, tick=False):
        text: str = client.post(path, {"minutes": 10, "reason": "alarm", **fields}, follow=follow).content.decode()
    return text


def test_page_shows_places_and_no_answer(client: Client, cohort: Cohort, ivy: User) -> None:
    client.force_login(ivy)

    text = watch(client, cohort)

    assert "<td>7 of 30</td> <td>1 of 30</td> <td>2 min ago</td> <td>1 min ago</td> <td>2 h 20 min</td>" in text
    assert "Dora" not in text
    assert not any(word in text for word in ("canary", "Stem of", "Value "))


def test_page_asked_by_htmx_answers_with_the_table_alone(client: Client, cohort: Cohort, ivy: User) -> None:
    client.force_login(ivy)

    assert watch(client, cohort, hx_request="true").startswith('<div id="seats"')


def test_minutes_for_one_reach_that_one_alone(client: Client, cohort: Cohort, ivy: User) -> None:
    other = make_user("bella")
    cohort.members.add(other)
    start(other)
    client.force_login(ivy)

    text = grant(client, cohort, attempt=attempt_of("bella").public_id)

    assert "10 minutes granted to Bella." in text
    row = Extension.objects.get()
    assert (row.attempt.user, row.by, row.reason, row.seconds) == (other, ivy, "alarm", 600)


def test_minutes_for_everybody_reach_who_sits(client: Client, cohort: Cohort, ivy: User) -> None:
    client.force_login(ivy)

    assert "10 minutes granted to Alice." in grant(client, cohort)
    assert attempt_of("alice").deadline_at == NOW + timedelta(minutes=180)
    assert Extension.objects.count() == 1


@pytest.mark.parametrize("fields", [{"minutes": 0}, {"minutes": 241}, {"minutes": ""}, {"reason": ""}])
def test_bad_grant_is_shown_with_what_is_wrong(
    client: Client, cohort: Cohort, ivy: User, fields: dict[str, object]
) -> None:
    client.force_login(ivy)

    assert "errorlist" in grant(client, cohort, follow=False, **fields)
    assert not Extension.objects.exists()


@pytest.mark.parametrize("whose", ["dora", "charlie", "nobody"])
def test_attempt_of_a_stranger_or_one_that_ended_is_not_offered(
    client: Client, cohort: Cohort, ivy: User, whose: str
) -> None:
    client.force_login(ivy)
    public_id = uuid4() if whose == "nobody" else attempt_of(whose).public_id

    grant(client, cohort, follow=False, attempt=public_id)

    assert not Extension.objects.exists()


def test_grant_when_nobody_sits_says_so(client: Client, cohort: Cohort, ivy: User) -> None:
    attempts.submit(user=attempt_of("alice").user, public_id=attempt_of("alice").public_id, now=LATER)
    client.force_login(ivy)

    assert "Nobody is sitting now" in grant(client, cohort)


@pytest.mark.parametrize("who", ["other invigilator", "author", "member", "instructor without the right"])
def test_to_everybody_else_the_cohort_does_not_exist(client: Client, cohort: Cohort, who: str) -> None:
    user = attempt_of("alice").user if who == "member" else make_user("eve")
    if who == "other invigilator":
        roles.make_instructor(user=user, roles=["invigilator"])
    elif who == "author":
        roles.make_instructor(user=user, roles=["author"])
        user.user_permissions.set(Permission.objects.filter(codename="view_cohort"))
    elif who == "instructor without the right":
        cohort.instructors.add(user)
    client.force_login(user)

    assert client.get(reverse("exams:watch", args=[cohort.pk])).status_code == 404
    path = reverse("exams:extend", args=[cohort.pk])
    assert client.post(path, {"minutes": 10, "reason": "x"}).status_code == 404
    assert not Extension.objects.exists()


def test_anonymous_is_sent_to_sign_in(client: Client, cohort: Cohort) -> None:
    for name in ("watch", "extend"):
        answer = client.post(reverse(f"exams:{name}", args=[cohort.pk]))
        assert answer.status_code in (302, 405)
    assert client.get(reverse("exams:cohorts")).status_code == 302


def test_list_names_ones_own_cohorts(client: Client, cohort: Cohort, ivy: User) -> None:
    Cohort.objects.create(name="Somebody else's")
    client.force_login(ivy)

    text = client.get(reverse("exams:cohorts")).content.decode()

    assert "Spring class" in text
    assert "Somebody else" not in text


def test_admin_shows_and_makes_ones_own_cohorts(client: Client, cohort: Cohort, ivy: User) -> None:
    foreign = Cohort.objects.create(name="Foreign")
    client.force_login(ivy)
    listed = client.get(reverse("admin:exams_cohort_changelist")).content.decode()

    assert "Spring class" in listed
    assert "Foreign" not in listed
    assert client.get(reverse("admin:exams_cohort_change", args=[foreign.pk])).status_code == 302
    client.post(reverse("admin:exams_cohort_add"), {"name": "New", "instructors": [ivy.pk], "members": []})
    assert list(Cohort.objects.get(name="New").instructors.all()) == [ivy]


def test_heartbeat_tells_the_invigilator_where_the_page_is(client: Client, cohort: Cohort) -> None:
    attempt = attempt_of("alice")
    client.force_login(attempt.user)

    with time_machine.travel(LATER, tick=False):
        client.post(reverse("exams:heartbeat", args=[attempt.public_id]), {"position": 12})

    assert (seats(cohort)["Alice"].position, seats(cohort)["Alice"].beat_ago) == (12, 0)
