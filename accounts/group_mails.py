"""What study groups write: an invitation to an address, and to members that a form opens."""

from datetime import date, datetime

from accounts import mailing
from accounts.models import MailKind, User


def invite(*, email: str, group: str, inviter: str, address: str, expires_at: datetime, now: datetime) -> bool:
    """To somebody who may have no account. `address` is secret, so call this from the task that has made it."""
    return mailing.send(
        kind=MailKind.INVITATION,
        address=email,
        subject=f"Invitation to the study group {group}",
        template="mail/invitation.txt",
        context={"group": group, "inviter": inviter, "address": address, "expires_at": expires_at},
        now=now,
    )


def form_opens(
    *, member: User, group: str, form_title: str, until: date, address: str, period: str, now: datetime
) -> bool:
    """To one who is a member at this moment; `period` names the shared form, so that nobody hears of it twice."""
    return mailing.send(
        kind=MailKind.GROUP_FORM_OPENS,
        address=member.email,
        user=member,
        subject=f"{group}: {form_title} is open",
        template="mail/group_form_opens.txt",
        context={"user": member, "group": group, "form_title": form_title, "until": until, "address": address},
        period=period,
        now=now,
    )
