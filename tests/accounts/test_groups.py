"""Study groups: who may do what to whom, and that no group is ever without an owner."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts import groups, invitations
from accounts.groups import NotPossible
from accounts.models import AuditEntry, Invitation, Membership, Role, Share, StudyGroup, User, Verb
from tests.factories import NOW, join_group, make_group, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def group() -> StudyGroup:
    return make_group(make_user("alice"))


def own(group: StudyGroup, user: User) -> Membership:
    return Membership.objects.select_related("group", "user").get(group=group, user=user)


def owners(group: StudyGroup) -> list[str]:
    return [found.user.name for found in group.memberships.select_related("user", "group") if found.is_owner]


def test_whoever_makes_a_group_owns_it_and_shares_that_they_practise(group: StudyGroup) -> None:
    found = own(group, group.owner)

    assert (found.role, found.share, found.leads, found.has_joined) == (Role.OWNER, Share.PRACTICE, True, True)


def test_owner_cannot_leave_before_somebody_else_owns_the_group(group: StudyGroup) -> None:
    alice, bob = group.owner, make_user("bob")
    join_group(group, bob)
    with pytest.raises(NotPossible, match="Hand it over or close it"):
        groups.leave(group=group, user=alice)

    groups.hand_over(group=group, to=own(group, bob), by=alice)
    groups.leave(group=group, user=alice)

    group.refresh_from_db()
    assert owners(group) == ["Bob"]
    assert group.memberships.count() == 1


def test_who_handed_over_stays_as_an_instructor_and_cannot_do_it_again(group: StudyGroup) -> None:
    alice, bob, charlie = group.owner, make_user("bob"), make_user("charlie")
    join_group(group, bob)
    join_group(group, charlie)
    groups.hand_over(group=group, to=own(group, bob), by=alice)

    with pytest.raises(NotPossible, match="Only the owner"):
        groups.hand_over(group=group, to=own(group, charlie), by=alice)

    assert [own(group, who).role for who in (alice, bob, charlie)] == [Role.INSTRUCTOR, Role.OWNER, Role.MEMBER]


def test_change_of_a_role_is_recorded_without_names(group: StudyGroup) -> None:
    alice, bob = group.owner, make_user("bob")
    join_group(group, bob)

    for role in (Role.INSTRUCTOR, Role.MEMBER):
        groups.change_role(group=group, of=own(group, bob), role=role, by=alice)
    groups.hand_over(group=group, to=own(group, bob), by=alice)

    entries = AuditEntry.objects.order_by("pk").values_list("verb", "actor", "subject", "target", "detail")
    about = (Verb.ROLES_CHANGED, alice.pk, bob.pk, f"group {group.public_id}")
    assert list(entries) == [(*about, {"role": role}) for role in ("instructor", "member", "owner")]


def test_group_goes_to_nobody_who_waits_or_was_switched_off(group: StudyGroup) -> None:
    join_group(group, make_user("bob"), asked=True)
    gone = make_user("charlie")
    join_group(group, gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    for other in group.memberships.exclude(user=group.owner).select_related("group"):
        with pytest.raises(NotPossible, match="Only somebody who is in the group"):
            groups.hand_over(group=group, to=other, by=group.owner)


def test_owner_is_neither_removed_nor_demoted(group: StudyGroup) -> None:
    bob = make_user("bob")
    join_group(group, bob, instructor=True)
    alice = own(group, group.owner)

    with pytest.raises(NotPossible, match="cannot be removed"):
        groups.remove(group=group, member=alice, by=bob, ends_links=False, now=NOW)
    with pytest.raises(NotPossible, match="handing the group over"):
        groups.change_role(group=group, of=alice, role=Role.MEMBER, by=group.owner)

    assert owners(group) == ["Alice"]


def test_instructor_removes_members_and_no_instructor(group: StudyGroup) -> None:
    bob, charlie, dora = make_user("bob"), make_user("charlie"), make_user("dora")
    join_group(group, bob, instructor=True)
    join_group(group, charlie, instructor=True)
    join_group(group, dora)

    with pytest.raises(NotPossible, match="Only the owner"):
        groups.remove(group=group, member=own(group, charlie), by=bob, ends_links=False, now=NOW)
    groups.remove(group=group, member=own(group, dora), by=bob, ends_links=False, now=NOW)

    assert {found.user for found in group.memberships.all()} == {group.owner, bob, charlie}


@pytest.mark.parametrize("ends_links", [True, False])
def test_removing_somebody_can_end_the_links_they_know(group: StudyGroup, ends_links: bool) -> None:
    bob = make_user("bob")
    join_group(group, bob)
    token = invitations.make_link(group=group, by=group.owner, days=7, uses=5, now=NOW)

    groups.remove(group=group, member=own(group, bob), by=group.owner, ends_links=ends_links, now=NOW)

    assert (invitations.open_at(token, now=NOW) is None) == ends_links


def test_who_was_removed_cannot_come_back_by_an_invitation_to_their_address(group: StudyGroup) -> None:
    """They came by a link, and the mail was never used."""
    bob, dora = make_user("bob"), make_user("dora")
    mailed = [
        invitations.invite(group=group, by=group.owner, email=email, now=NOW) for email in (bob.email, dora.email)
    ]
    join_group(group, bob)

    groups.remove(group=group, member=own(group, bob), by=group.owner, ends_links=False, now=NOW)

    with pytest.raises(NotPossible, match="no longer open"):
        invitations.accept(invitation=mailed[0], user=bob, share=Share.NOTHING, now=NOW)
    assert invitations.accept(invitation=mailed[1], user=dora, share=Share.NOTHING, now=NOW).has_joined


@pytest.mark.parametrize("way", ["demoted", "removed", "gone"])
def test_what_somebody_handed_out_opens_nothing_once_they_may_not_invite(group: StudyGroup, way: str) -> None:
    bob = make_user("bob")
    join_group(group, bob, instructor=True)
    token = invitations.make_link(group=group, by=bob, days=7, uses=5, now=NOW)

    ways: dict[str, Callable[[], None]] = {
        "demoted": lambda: groups.change_role(group=group, of=own(group, bob), role=Role.MEMBER, by=group.owner),
        "removed": lambda: groups.remove(
            group=group, member=own(group, bob), by=group.owner, ends_links=False, now=NOW
        ),
        "gone": lambda: groups.leave(group=group, user=bob),
    }
    ways[way]()

    assert invitations.open_at(token, now=NOW) is None


def test_account_that_owns_a_group_is_not_deleted_by_accident(group: StudyGroup) -> None:
    with pytest.raises(ProtectedError):
        group.owner.delete()


def test_released_person_leaves_every_group_with_an_owner(group: StudyGroup) -> None:
    alice, bob, charlie = group.owner, make_user("bob"), make_user("charlie")
    alone = make_group(alice, name="Alone")
    join_group(group, bob)
    join_group(group, charlie, instructor=True, now=NOW + timedelta(days=1))

    groups.release(user=alice)
    alice.delete()

    group.refresh_from_db()
    assert owners(group) == ["Charlie"]
    assert not StudyGroup.objects.filter(pk=alone.pk).exists()


def test_nobody_is_in_more_than_twenty_groups() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    made = [make_group(alice, name=f"Group {n}") for n in range(groups.MOST_GROUPS)]

    with pytest.raises(NotPossible, match="20 groups"):
        make_group(alice, name="One more")
    for group in made:
        join_group(group, bob)
    more = make_group(make_user("charlie"))
    token = invitations.make_link(group=more, by=more.owner, days=7, uses=5, now=NOW)
    invitation = invitations.open_at(token, now=NOW)
    assert invitation
    with pytest.raises(NotPossible, match="20 groups"):
        invitations.accept(invitation=invitation, user=bob, share=Share.PRACTICE, now=NOW)

    assert Invitation.objects.get().uses == 0


def test_full_group_lets_nobody_in(group: StudyGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_MEMBERS", 2)
    join_group(group, make_user("bob"))
    asking = join_group(group, make_user("charlie"), asked=True)

    with pytest.raises(NotPossible, match="is full"):
        groups.admit(group=group, asking=asking, now=NOW)

    assert group.memberships.filter(asked_at=None).count() == 2


def test_database_knows_one_place_a_person_and_no_unknown_share(group: StudyGroup) -> None:
    for values in ({"user": group.owner}, {"user": make_user("bob"), "share": "all"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.create(group=group, joined_at=NOW, **values)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hand over", "leave", "remove", "role", "ask", "admit", "release"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=12,
)


@given(steps=STEPS)
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_a_group_has_one_owner_who_is_in_it(db: None, steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        people = [make_user(f"person-{n}") for n in range(4)]
        group = make_group(people[0])
        for step, by, other in steps:
            _try(group, step, people[by], people[other])
            there = StudyGroup.objects.filter(pk=group.pk)
            assert [len(owners(one)) for one in there] == [1 for _ in there]
        transaction.set_rollback(True)


def _try(group: StudyGroup, step: str, by: User, other: User) -> None:
    member = Membership.objects.filter(group=group, user=other).select_related("group", "user").first()
    try:
        if step == "ask" and member is None and StudyGroup.objects.filter(pk=group.pk).exists():
            join_group(group, other, asked=True)
        elif step == "leave":
            groups.leave(group=group, user=by)
        elif step == "release":
            groups.release(user=by)
        elif member and step == "hand over":
            groups.hand_over(group=group, to=member, by=by)
        elif member and step == "remove":
            groups.remove(group=group, member=member, by=by, ends_links=True, now=NOW)
        elif member and step == "role":
            groups.change_role(group=group, of=member, role=Role.INSTRUCTOR, by=by)
        elif member and step == "admit":
            groups.admit(group=group, asking=member, now=NOW)
    except NotPossible:
        pass
