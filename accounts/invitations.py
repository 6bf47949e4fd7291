"""Invitations into study groups: by a link for several people, or by e-mail for the one person of an address."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from accounts import groups, mailing, tokens
from accounts.groups import NotPossible
from accounts.models import Invitation, MailKind, Membership, Share, StudyGroup, User

MOST_DAYS = 90
MOST_USES = groups.MOST_MEMBERS
MAIL_DAYS = 14
# One mail an hour to one address.
BETWEEN_MAILS = timedelta(hours=1)
# More than a group needs; a site must not become a sender of mail to strangers.
MOST_OPEN = 50
MOST_MAILS_A_DAY = 20


@transaction.atomic
def make_link(*, group: StudyGroup, by: User, days: int, uses: int, now: datetime) -> str:
    """The token of a new link, told this once and kept nowhere."""
    _refuse_too_many(_lock_as_leading(group, by), now)
    token = tokens.new()
    Invitation.objects.create(
        group=group,
        made_by=by,
        digest=tokens.digest_of(token),
        most_uses=uses,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token


@transaction.atomic
def invite(*, group: StudyGroup, by: User, email: str, now: datetime) -> Invitation:
    """An invitation for one address; the mail is written by `deliver`, which makes its token."""
    groups.lock_person(by)
    _refuse_too_many(_lock_as_leading(group, by), now)
    if group.memberships.filter(asked_at=None, user__email__iexact=email).exists():
        raise NotPossible(f"{email} is in the group already.")
    if group.invitations.open(now).filter(email__iexact=email).exists():
        raise NotPossible(f"{email} has an open invitation. Send that one again, or revoke it first.")
    sent = Invitation.objects.filter(made_by=by, made_at__gt=now - timedelta(days=1)).exclude(email="").count()
    if sent >= MOST_MAILS_A_DAY:
        raise NotPossible(f"You have invited {MOST_MAILS_A_DAY} addresses within a day, which is the most. Use a link.")
    return Invitation.objects.create(
        group=group, made_by=by, email=email.lower(), made_at=now, expires_at=now + timedelta(days=MAIL_DAYS)
    )


def deliver(*, invitation: Invitation, site: str, now: datetime) -> bool:
    """Write the mail of an open invitation; `site` is how people reach this site. False when there is nothing to send.

    1. Each mail has a token of its own, and the one before leads nowhere: a mail that was lost may be sent again. The
       token is stored before it is sent, so that no mail holds one that opens nothing.
    2. That it is mailed is noted before, too: of two workers one sends it. When the mail server refuses, the note is
       taken back and the error raised, for a later try.
    """
    token = tokens.new()
    digest = tokens.digest_of(token)
    is_time = Q(mailed_at=None) | Q(mailed_at__lte=now - BETWEEN_MAILS)
    waiting = Invitation.objects.open(now).filter(is_time, pk=invitation.pk).exclude(email="")
    if not waiting.update(digest=digest, mailed_at=now):
        return False
    try:
        _mail(invitation=invitation, now=now, address=site.rstrip("/") + reverse("exams:invitation", args=[token]))
    except Exception:
        Invitation.objects.filter(pk=invitation.pk, digest=digest).update(mailed_at=None)
        raise
    return True


def may_send_again(invitation: Invitation, now: datetime) -> bool:
    sent = invitation.mailed_at
    return bool(invitation.email) and invitation.is_open(now) and (sent is None or now - sent >= BETWEEN_MAILS)


def revoke(*, group: StudyGroup, pk: int, now: datetime) -> bool:
    """From now on it leads nowhere; False where the group has no such invitation."""
    group.invitations.filter(pk=pk, revoked_at=None).update(revoked_at=now)
    return group.invitations.filter(pk=pk).exists()


def open_at(token: str, *, now: datetime) -> Invitation | None:
    """In one statement, so that what is over takes as long as what never was."""
    found = Invitation.objects.open(now).filter(digest=tokens.digest_of(token))
    return found.select_related("group", "made_by").first()


@transaction.atomic
def accept(*, invitation: Invitation, user: User, share: Share, now: datetime) -> Membership:
    """Join the group, or ask to be let in where a link leads to a group that wants to be asked.

    1. The person is locked, then the group, and the invitation is looked at again.
    2. Who is in the group, or waits at its door, stays as they are, and no use is spent. An invitation by e-mail lets
       in who waits: somebody has chosen them.
    3. A use is spent and the membership written. Of two who want the last use one is refused.
    """
    groups.lock_person(user)
    group = groups.lock(invitation.group)
    current = Invitation.objects.open(now).filter(pk=invitation.pk).first()
    if current is None:
        raise NotPossible("This invitation is no longer open. Ask for another one.")
    if not current.is_for(user):
        raise NotPossible("This invitation was sent to another e-mail address than yours.")
    own = Membership.objects.filter(group=group, user=user).select_related("group", "user").first()
    asks = group.asks_for_approval and not current.email
    if own and (own.has_joined or asks):
        return own
    if own is None:
        groups.refuse_too_many_groups(user)
    groups.refuse_full(group)
    Invitation.objects.filter(pk=current.pk).update(uses=F("uses") + 1)
    times = {"asked_at": now, "joined_at": None} if asks else {"asked_at": None, "joined_at": now}
    joined, _ = Membership.objects.update_or_create(group=group, user=user, defaults={"share": share, **times})
    return joined


def _lock_as_leading(group: StudyGroup, by: User) -> StudyGroup:
    """Whoever was removed or made a member a moment before leaves nothing behind that opens the group."""
    locked = groups.lock(group)
    found = Membership.objects.active().filter(group=locked, user=by).select_related("group").first()
    if found is None or not found.leads:
        raise NotPossible("Only who leads the group can invite.")
    return locked


def _refuse_too_many(group: StudyGroup, now: datetime) -> None:
    if group.invitations.open(now).count() >= MOST_OPEN:
        raise NotPossible(f"This group has {MOST_OPEN} open invitations. Revoke some before you make another.")


def _mail(*, invitation: Invitation, address: str, now: datetime) -> None:
    """To an address that refused invitations nothing goes, and whoever invites is not told that it did."""
    mailing.send(
        kind=MailKind.INVITATION,
        address=invitation.email,
        subject=f"CIIP Practice: an invitation to the study group {invitation.group.name}",
        template="mail/invitation.txt",
        context={"invitation": invitation, "group": invitation.group, "address": address},
        now=now,
    )
