"""Simultaneous doors of study groups: threads with connections of their own, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from functools import partial

import pytest

from accounts import groups, invitations
from accounts.groups import NotPossible
from accounts.models import Invitation, Membership, Share, StudyGroup, User
from tests.exams.test_races import at_once
from tests.factories import NOW, join_group, make_group, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def tried(call: Callable[[], object]) -> Callable[[], str]:
    def run() -> str:
        try:
            call()
        except NotPossible as error:
            return str(error)
        return "done"

    return run


def own(group: StudyGroup, user: User) -> Membership:
    return Membership.objects.select_related("group", "user").get(group=group, user=user)


@pytest.mark.parametrize("run", range(10))
def test_group_handed_to_somebody_who_leaves_at_that_moment_keeps_an_owner_who_is_in_it(run: int) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    group = make_group(alice)
    place = join_group(group, bob)
    calls = [
        tried(lambda: groups.hand_over(group=group, to=place, by=alice)),
        tried(lambda: groups.leave(group=group, user=bob)),
        tried(lambda: groups.leave(group=group, user=alice)),
    ]

    said = at_once(*calls[run % 3 :], *calls[: run % 3])

    group.refresh_from_db()
    assert [found.user_id for found in group.memberships.select_related("group") if found.is_owner] == [group.owner_id]
    assert said.count("done") >= 1


@pytest.mark.parametrize("run", range(5))
def test_of_two_hand_overs_at_once_one_counts(run: int) -> None:
    alice, bob, charlie = make_user("alice"), make_user("bob"), make_user("charlie")
    group = make_group(alice)
    places = [join_group(group, bob), join_group(group, charlie)]

    said = at_once(*[tried(partial(groups.hand_over, group=group, to=to, by=alice)) for to in places])

    assert sorted(said) == ["Only the owner of the group can do this.", "done"]
    group.refresh_from_db()
    assert group.owner in (bob, charlie)


def test_last_use_of_an_invitation_goes_to_one_of_six() -> None:
    group = make_group(make_user("alice"))
    token = invitations.make_link(group=group, by=group.owner, days=7, uses=1, now=NOW)
    found = invitations.open_at(token, now=NOW)
    assert found
    people = [make_user(f"person-{n}") for n in range(6)]

    def come_in(user: User) -> Callable[[], str]:
        return tried(lambda: invitations.accept(invitation=found, user=user, share=Share.PRACTICE, now=NOW))

    said = at_once(*[come_in(user) for user in people])

    assert said.count("done") == 1
    assert (Invitation.objects.get().uses, group.memberships.count()) == (1, 2)


def test_somebody_who_opens_an_invitation_twice_at_once_spends_one_use() -> None:
    group = make_group(make_user("alice"))
    token = invitations.make_link(group=group, by=group.owner, days=7, uses=5, now=NOW)
    found = invitations.open_at(token, now=NOW)
    assert found
    bob = make_user("bob")

    at_once(*[tried(lambda: invitations.accept(invitation=found, user=bob, share=Share.SCORES, now=NOW))] * 4)

    assert (Invitation.objects.get().uses, group.memberships.count()) == (1, 2)


def test_last_place_of_a_group_goes_to_one_of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_MEMBERS", 2)
    group = make_group(make_user("alice"))
    waiting = [join_group(group, make_user(f"person-{n}"), asked=True) for n in range(4)]

    at_once(*[tried(partial(groups.admit, group=group, asking=one, now=NOW)) for one in waiting])

    assert group.memberships.filter(asked_at=None).count() == 2
