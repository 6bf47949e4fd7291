"""What happens to a study group: the only writer of groups and memberships.

The group's row is the mutex of everything about its people; who also counts a person's groups locks that person before
the group. Raises NotPossible, with words for people, where the group's state does not allow what was asked.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import Invitation, Membership, Role, Share, StudyGroup, User, Verb

MOST_MEMBERS = 200
MOST_GROUPS = 20


class NotPossible(Exception):
    """The group's state does not allow this; the message says why and what to do, and nothing changed."""


@transaction.atomic
def create(
    *,
    by: User,
    name: str,
    now: datetime,
    description: str = "",
    exam_on: date | None = None,
    asks_for_approval: bool = False,
) -> StudyGroup:
    """Whoever makes a group owns it and is its first member."""
    refuse_too_many_groups(lock_person(by))
    group = StudyGroup.objects.create(
        name=name,
        description=description,
        exam_on=exam_on,
        asks_for_approval=asks_for_approval,
        owner=by,
        made_at=now,
    )
    Membership.objects.create(group=group, user=by, is_instructor=True, joined_at=now)
    return group


def change(*, group: StudyGroup, values: Mapping[str, Any], by: User) -> None:
    """Name, description, exam date, approval."""
    with transaction.atomic():
        _lock_as_owner(group, by)
        StudyGroup.objects.filter(pk=group.pk).update(**values)


def close(*, group: StudyGroup, by: User) -> None:
    """End the group for good: with it go memberships, invitations and discussions; nobody's answers."""
    with transaction.atomic():
        _lock_as_owner(group, by)
        StudyGroup.objects.filter(pk=group.pk).delete()


@transaction.atomic
def hand_over(*, group: StudyGroup, to: Membership, by: User) -> None:
    """Make somebody else of the group its owner; who was it stays as an instructor.

    Of two that happen at once the later one finds that its author owns the group no longer.
    """
    locked = _lock_as_owner(group, by)
    found = _locked_member(locked, to)
    if found.user_id == by.pk:
        raise NotPossible("You own this group already.")
    if not found.has_joined or not found.user.is_active:
        raise NotPossible("Only somebody who is in the group can own it.")
    Membership.objects.filter(pk=found.pk).update(is_instructor=True)
    StudyGroup.objects.filter(pk=group.pk).update(owner=found.user)
    _record(locked, Role.OWNER, of=found, by=by)


@transaction.atomic
def change_role(*, group: StudyGroup, of: Membership, role: Role, by: User) -> None:
    """Instructor or member. Who is an instructor no longer has made the last of their invitations."""
    locked = _lock_as_owner(group, by)
    found = _locked_member(locked, of)
    if found.is_owner:
        raise NotPossible("The owner's role changes by handing the group over.")
    if not found.has_joined:
        raise NotPossible("Let this person in first.")
    if role == Role.OWNER:
        raise NotPossible("A group gets another owner by handing it over.")
    Membership.objects.filter(pk=found.pk).update(is_instructor=role == Role.INSTRUCTOR)
    _record(locked, role, of=found, by=by)
    if role == Role.MEMBER:
        _end_invitations_of(found)


@transaction.atomic
def admit(*, group: StudyGroup, asking: Membership, now: datetime) -> None:
    """Let somebody in who asked; a second time changes nothing. A full group stays full."""
    lock(group)
    found = _locked_member(group, asking)
    if found.has_joined:
        return
    refuse_full(group)
    Membership.objects.filter(pk=found.pk).update(asked_at=None, joined_at=now)


@transaction.atomic
def remove(*, group: StudyGroup, member: Membership, by: User, ends_links: bool, now: datetime) -> None:
    """Take somebody out, or refuse who asked. An owner cannot be removed, an instructor only by the owner.

    An invitation to their address ends as well. Links that they know would let them in again: `ends_links` revokes all
    that are open.
    """
    locked = lock(group)
    found = _locked_member(locked, member)
    if found.is_owner:
        raise NotPossible("The owner cannot be removed.")
    if found.is_instructor and locked.owner_id != by.pk:
        raise NotPossible("Only the owner can remove an instructor.")
    _go(found)
    opened = group.invitations.open(now)
    opened.filter(email__iexact=found.user.email).update(revoked_at=now)
    if ends_links:
        opened.filter(email="").update(revoked_at=now)


@transaction.atomic
def leave(*, group: StudyGroup, user: User) -> None:
    """Go, or stop asking. The owner hands the group over or closes it first; a second time changes nothing."""
    locked = lock(group)
    found = Membership.objects.filter(group=locked, user=user).select_related("group").first()
    if found is None:
        return
    if found.is_owner:
        raise NotPossible("You own this group. Hand it over or close it before you leave.")
    _go(found)


@transaction.atomic
def release(*, user: User) -> None:
    """Part a person from all groups, before their account goes: none is left without an owner.

    Each group they own goes to whoever has been in it longest, instructors first, and is closed when nobody is left.
    """
    for group in StudyGroup.objects.select_for_update(no_key=True).filter(owner=user).order_by("pk"):
        others = group.memberships.active().exclude(user=user)
        heir = others.order_by("-is_instructor", "joined_at", "pk").first()
        if heir is None:
            group.delete()
        else:
            hand_over(group=group, to=heir, by=user)
    Membership.objects.filter(user=user).delete()
    Invitation.objects.filter(made_by=user).delete()


def share(*, group: StudyGroup, user: User, what: Share) -> None:
    """From the next look on the group sees so much of the person and no more."""
    Membership.objects.filter(group=group, user=user).update(share=what)


def lock(group: StudyGroup) -> StudyGroup:
    """The group as it stands, until the end of the transaction. Raises NotPossible when it was closed meanwhile."""
    found = StudyGroup.objects.select_for_update(no_key=True).filter(pk=group.pk).first()
    if found is None:
        raise NotPossible("This group has been closed.")
    return found


def lock_person(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def refuse_full(group: StudyGroup) -> None:
    """Call it with the group locked."""
    if group.memberships.filter(asked_at=None).count() >= MOST_MEMBERS:
        raise NotPossible(f"This group has {MOST_MEMBERS} members and is full.")


def refuse_too_many_groups(user: User) -> None:
    """Call it with the person locked; asking to be let in counts."""
    if Membership.objects.filter(user=user).count() >= MOST_GROUPS:
        raise NotPossible(f"You are in {MOST_GROUPS} groups, which is the most. Leave one first.")


def _lock_as_owner(group: StudyGroup, by: User) -> StudyGroup:
    locked = lock(group)
    if locked.owner_id != by.pk:
        raise NotPossible("Only the owner of the group can do this.")
    return locked


def _locked_member(group: StudyGroup, member: Membership) -> Membership:
    """As it stands under the group's lock. Raises NotPossible for somebody who has gone meanwhile."""
    found = Membership.objects.filter(group=group, pk=member.pk).select_related("group", "user").first()
    if found is None:
        raise NotPossible("This person is not in the group any more.")
    return found


def _record(group: StudyGroup, role: Role, *, of: Membership, by: User) -> None:
    detail = {"role": role.value}
    audit.record(verb=Verb.ROLES_CHANGED, by=by, target=f"group {group.public_id}", subject=of.user, detail=detail)


def _go(member: Membership) -> None:
    _end_invitations_of(member)
    Membership.objects.filter(pk=member.pk).delete()


def _end_invitations_of(member: Membership) -> None:
    """What somebody without the right to invite has handed out opens nothing."""
    Invitation.objects.filter(group=member.group_id, made_by=member.user_id).delete()
