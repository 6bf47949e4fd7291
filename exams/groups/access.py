"""Who may open what of a study group: its members, and of some pages those who lead it. To others it does not exist.

Staff of the site are no exception: a group shows its members what each of them chose, and nobody else anything.
"""

import uuid

from django.db.models import QuerySet
from django.http import Http404

from accounts.models import Membership, User


def membership_of(user: User, public_id: uuid.UUID) -> Membership:
    """The person's own place in the group; 404 for strangers, for who asks to be let in and for who has left."""
    return _own(user, public_id, Membership.objects.active())


def leading(user: User, public_id: uuid.UUID) -> Membership:
    found = membership_of(user, public_id)
    if not found.leads:
        raise Http404
    return found


def owning(user: User, public_id: uuid.UUID) -> Membership:
    found = membership_of(user, public_id)
    if not found.is_owner:
        raise Http404
    return found


def at_the_door(user: User, public_id: uuid.UUID) -> Membership:
    """Also for who still waits to be let in: they may take it back."""
    return _own(user, public_id, Membership.objects.all())


def _own(user: User, public_id: uuid.UUID, memberships: QuerySet[Membership]) -> Membership:
    found = memberships.filter(user=user, group__public_id=public_id).select_related("group", "user").first()
    if found is None:
        raise Http404
    return found
