"""Everybody at every URL of a study group: what it shows, and that to others it does not exist."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts import invitations, roles
from accounts.models import Invitation, Membership, Share, StudyGroup, User
from exams import attempts
from exams.groups import discussion, shared_forms
from exams.models import GroupComment, GroupExam
from exams.urls import urlpatterns
from tests.factories import NOW, join_group, make_bank, make_group, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db

# Who knocks, in the order of the table's statuses.
WHO = (
    "stranger", "other owner", "other instructor", "staff", "asking", "removed",
    "member", "nonsharer", "sharer", "finisher", "instructor", "owner",
)  # fmt: skip
OUT = "404 404 404 404 404 404"
ALL, LEADS, OWNS = "200 200 200 200 200 200", "404 404 404 404 200 200", "404 404 404 404 404 200"
POSTED, LED, OWNED = "302 302 302 302 302 302", "404 404 404 404 302 302", "404 404 404 404 404 302"
DAYS = {"first": "2026-11-02", "last": "2026-11-09"}
# URL name: (method, what is sent, status for each of WHO). Only the finisher, who is a plain member, has finished.
Door = tuple[str, str, dict[str, Any], str]
DOORS: list[Door] = [
    ("group", "get", {}, f"{OUT} {ALL}"),
    ("group_settings", "get", {}, f"{OUT} {OWNS}"),
    ("group_settings", "post", {"name": "Renamed"}, f"{OUT} {OWNED}"),
    ("close_group", "get", {}, f"{OUT} {OWNS}"),
    ("close_group", "post", {}, f"{OUT} {OWNED}"),
    ("group_sharing", "get", {}, f"{OUT} {ALL}"),
    ("group_sharing", "post", {"share": "nothing"}, f"{OUT} {POSTED}"),
    ("leave_group", "get", {}, f"404 404 404 404 200 404 {ALL}"),
    ("leave_group", "post", {}, f"404 404 404 404 302 404 {POSTED}"),
    ("group_members", "get", {}, f"{OUT} {ALL}"),
    ("change_role", "post", {"role": "instructor"}, f"{OUT} {OWNED}"),
    ("admit_member", "post", {}, f"{OUT} {LED}"),
    ("remove_member", "get", {}, f"{OUT} {LEADS}"),
    ("remove_member", "post", {}, f"{OUT} {LED}"),
    ("hand_over", "get", {}, f"{OUT} {OWNS}"),
    ("hand_over", "post", {}, f"{OUT} {OWNED}"),
    ("group_invitations", "get", {}, f"{OUT} {LEADS}"),
    ("group_invitations", "post", {"days": 7, "uses": 2}, f"{OUT} {LEADS}"),
    ("revoke_invitation", "post", {}, f"{OUT} {LED}"),
    ("send_invitation", "post", {}, f"{OUT} {LED}"),
    ("share_form", "get", {}, f"{OUT} {LEADS}"),
    ("share_form", "post", {"number": 2, **DAYS}, f"{OUT} {LED}"),
    ("group_form", "get", {}, f"{OUT} {ALL}"),
    ("start_group_form", "post", {}, f"{OUT} {POSTED}"),
    ("move_group_form", "get", {}, f"{OUT} {LEADS}"),
    ("move_group_form", "post", DAYS, f"{OUT} {LED}"),
    ("withdraw_form", "get", {}, f"{OUT} {LEADS}"),
    ("withdraw_form", "post", {}, f"{OUT} {LED}"),
    ("group_item", "get", {}, f"{OUT} 404 404 404 200 404 404"),
    ("write_comment", "post", {"text": "Why?"}, f"{OUT} 404 404 404 302 404 404"),
    ("write_comment", "post", {"text": "Why?", "position": 1}, f"{OUT} 404 404 404 302 404 404"),
    ("group_comments", "get", {}, f"{OUT} {LEADS}"),
    ("report_comment", "get", {}, f"{OUT} 404 404 404 200 404 404"),
    ("report_comment", "post", {"reason": "Rude"}, f"{OUT} 404 404 404 302 404 404"),
    ("hide_comment", "get", {}, f"{OUT} {LEADS}"),
    ("hide_comment", "post", {"reason": "Rude"}, f"{OUT} {LED}"),
    ("show_comment", "post", {}, f"{OUT} {LED}"),
    ("delete_comment", "post", {}, f"{OUT} {LED}"),
]


class World:
    """A group with one of everything: Form A shared and finished by two, a comment of the one who is not in WHO."""

    def __init__(self) -> None:
        make_bank(forms=2)
        form = publish_form_a()
        publish_form_a()
        self.people = {who: make_user(who.replace(" ", "-")) for who in WHO}
        self.group = make_group(self.people["owner"])
        author = make_user("author")
        self.member = join_group(self.group, author)
        self._fill()
        self.exam = shared_forms.share(
            group=self.group, exam_form=form, first=date(2026, 11, 1), last=date(2026, 11, 8), by=self.group.owner
        )
        for user in (author, self.people["finisher"]):
            attempt = start(user)
            attempts.submit(user=user, public_id=attempt.public_id, now=NOW)
        self.comment = discussion.write(exam=self.exam, form_item=None, author=author, text="Canary", now=NOW)
        self.invitation = invitations.invite(group=self.group, by=self.group.owner, email="new@example.org", now=NOW)

    def _fill(self) -> None:
        shares = {"nonsharer": Share.NOTHING, "sharer": Share.SCORES}
        for who in ("member", "nonsharer", "sharer", "finisher", "instructor"):
            join_group(
                self.group,
                self.people[who],
                share=shares.get(who, Share.PRACTICE),
                instructor=who == "instructor",
            )
        join_group(self.group, self.people["asking"], asked=True)
        join_group(self.group, self.people["removed"]).delete()
        other = make_group(self.people["other owner"], name="Another group")
        join_group(other, self.people["other instructor"], instructor=True)
        roles.make_instructor(user=self.people["staff"], roles=roles.ROLES)
        User.objects.filter(pk=self.people["staff"].pk).update(is_superuser=True)

    def url(self, name: str) -> str:
        pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
        pk = {"revoke_invitation": self.invitation.pk, "send_invitation": self.invitation.pk}.get(name, self.member.pk)
        pk = self.comment.pk if name.endswith("_comment") and name != "write_comment" else pk
        values = {"public_id": self.group.public_id, "number": 1, "position": 1, "pk": pk}
        return reverse(f"exams:{name}", kwargs={key: values[key] for key in pattern.pattern.converters})

    def state(self) -> list[Any]:
        models = (StudyGroup, Membership, Invitation, GroupExam, GroupComment)
        return [list(model._default_manager.order_by("pk").values()) for model in models]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def knock(client: Client, world: World, door: Door) -> HttpResponse:
    name, method, sent, _ = door
    call: Callable[..., HttpResponse] = getattr(client, method)
    return call(world.url(name), sent)


def test_matrix_names_every_url_of_a_group() -> None:
    of_groups = {str(pattern.name) for pattern in urlpatterns if str(pattern.pattern).startswith("groups/<")}

    assert {door[0] for door in DOORS} == of_groups


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door[1]} {door[0]}")
def test_everybody_meets_what_the_table_says(client: Client, world: World, door: Door) -> None:
    expected = dict(zip(WHO, map(int, door[3].split()), strict=True))
    found, before = {}, world.state()

    for who in WHO:
        # What a door changes is taken back, so that the next one meets the same.
        with transaction.atomic():
            client.force_login(world.people[who])
            found[who] = knock(client, world, door).status_code
            assert (who, world.state() == before) == (who, True) or found[who] != 404
            transaction.set_rollback(True)

    assert found == expected


def test_anonymous_is_sent_to_sign_in(client: Client, world: World) -> None:
    before = world.state()

    for door in DOORS:
        assert knock(client, world, door).headers["Location"].startswith("/account/login/?next=/groups/")

    assert world.state() == before


def test_every_change_needs_a_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["owner"])
    doors = [door for door in DOORS if door[1] == "post"]

    assert {door[0]: knock(client, world, door).status_code for door in doors} == {door[0]: 403 for door in doors}


def test_people_of_another_group_are_not_reached_through_ones_own(client: Client, world: World) -> None:
    """Numbers of members, invitations and comments are guessed within a group that one owns."""
    own = StudyGroup.objects.get(name="Another group")
    client.force_login(own.owner)
    before = world.state()
    doors = [door for door in DOORS if "pk" in str(next(p for p in urlpatterns if p.name == door[0]).pattern)]

    for name, method, sent, _ in doors:
        path = world.url(name).replace(str(world.group.public_id), str(own.public_id))
        assert (name, getattr(client, method)(path, sent).status_code) == (name, 404)

    assert world.state() == before


def test_discussion_is_shown_to_nobody_who_has_not_finished(client: Client, world: World) -> None:
    for who in WHO[6:]:
        client.force_login(world.people[who])
        assert (who, b"Canary" in client.get(world.url("group_form")).content) == (who, who == "finisher")


def test_nobody_learns_an_address_of_a_member(client: Client, world: World) -> None:
    User.objects.filter(pk=world.member.user_id).update(name="canary@example.org")
    client.force_login(world.people["finisher"])

    for name in ("group", "group_members", "group_form", "group_item"):
        page = client.get(world.url(name)).content.decode()
        addresses = {user.email for user in world.people.values() if user.email in page} | {
            word for word in ("canary@example.org", "author@example.org") if word in page
        }
        # Without its own in the header there is none: the finisher has a name.
        assert (name, addresses) == (name, set())
