"""Stranger, owner, other candidate, instructor and site admin at every URL of progress links in every state."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts import progress_links, roles
from accounts.models import ProgressLink, User
from accounts.progress_links import MadeLink
from exams.urls import urlpatterns
from tests.factories import NOW, make_progress_link, make_user

pytestmark = pytest.mark.django_db
WHO = ("stranger", "owner", "other candidate", "instructor", "site admin")
STATES = ("open", "with a passphrase", "expired", "revoked", "of somebody inactive")
# Whoever has the address: who they are is not asked.
PUBLIC = {
    "progress": (200, 200, 404, 404, 404),
    "progress_card": (200, 200, 404, 404, 404),
}
# By the number of the link, for those in WHO: signing in first, done, or no such link.
OWN = {"progress_links": (302, 200, 200, 200, 200), "revoke_progress_link": (302, 302, 404, 404, 404)}


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def alice() -> User:
    return make_user()


def signed_in(who: str, alice: User) -> Client:
    client = Client()
    if who == "stranger":
        return client
    user = alice if who == "owner" else make_user(who.replace(" ", "-"))
    if who == "instructor":
        roles.make_instructor(user=user, roles=roles.ROLES)
    if who == "site admin":
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


def link_of(state: str, alice: User) -> MadeLink:
    match state:
        case "with a passphrase":
            return make_progress_link(alice, passphrase="open sesame")
        case "expired":
            return make_progress_link(alice, days=1, now=NOW - timedelta(days=1))
        case "revoked":
            made = make_progress_link(alice)
            progress_links.revoke(user=alice, pk=made.link.pk, now=NOW)
            return made
        case "of somebody inactive":
            bob = make_user("bob")
            made = make_progress_link(bob)
            User.objects.filter(pk=bob.pk).update(is_active=False)
            return made
        case _:
            return make_progress_link(alice)


def test_table_names_every_url_of_progress_links() -> None:
    named = {pattern.name for pattern in urlpatterns if pattern.name and "progress" in pattern.name}

    assert named == PUBLIC.keys() | OWN.keys()


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("who", WHO)
def test_address_opens_for_everybody_or_for_nobody(alice: User, who: str, state: str, name: str) -> None:
    made = link_of(state, alice)
    path = f"/p/{made.token}" + ("/card.png" if name == "progress_card" else "")

    assert signed_in(who, alice).get(path).status_code == PUBLIC[name][STATES.index(state)]


@pytest.mark.parametrize("who", WHO)
def test_links_are_listed_to_their_owner_alone(alice: User, who: str) -> None:
    make_progress_link(alice, "domains")

    answer = signed_in(who, alice).get("/progress-links/")

    assert answer.status_code == OWN["progress_links"][WHO.index(who)]
    assert ("Not opened yet." in answer.content.decode()) == (who == "owner")


@pytest.mark.parametrize("who", WHO)
def test_link_is_revoked_by_its_owner_alone(alice: User, who: str) -> None:
    made = make_progress_link(alice)
    client = signed_in(who, alice)
    path = f"/progress-links/{made.link.pk}/revoke/"

    assert client.get(path).status_code == (302 if who == "stranger" else 405)
    assert client.post(path).status_code == OWN["revoke_progress_link"][WHO.index(who)]
    assert (ProgressLink.objects.get().revoked_at is not None) == (who == "owner")


def test_nobody_makes_a_link_in_anothers_name(alice: User) -> None:
    bob = make_user("bob")
    client = Client()
    client.force_login(bob)

    client.post("/progress-links/", {"shows_streak": "on", "days": "30", "user": alice.pk, "digest": "0" * 64})

    link = ProgressLink.objects.get()
    assert link.user == bob
    assert link.digest != "0" * 64
