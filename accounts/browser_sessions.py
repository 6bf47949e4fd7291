"""Where people are signed in."""

from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts import audit
from accounts.models import User, Verb


@transaction.atomic
def end_all(*, user: User, by: User) -> None:
    """Sign somebody else out of every browser, as when a device is lost."""
    sessions = UserSession.objects.filter(user=user)
    detail = {"sessions": len(sessions)}
    for session in sessions:
        session.end()
    audit.record(verb=Verb.SIGNED_OUT, by=by, target="account", subject=user, detail=detail)
