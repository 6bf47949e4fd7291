"""Mails to people: who gets one, once, and how they get no more of its kind.

Quiet by default: a person gets what they asked for in the settings, an address without an account nothing but
invitations. Each mail that can be refused carries a signed address that switches its kind off without signing in, for
people and for mail programs alike (RFC 8058).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.models import MailChoice, MailKind, MailRefusal, SentMail, User
from accounts.models.mail import NOTICES, WELCOME

OFF_SALT = "accounts.mailing.off"
DIGEST_SALT = "accounts.mailing.address"
# What a person decides on in the settings.
OPTIONAL = tuple(kind for kind in MailKind if kind not in NOTICES)


def send(
    *,
    kind: MailKind,
    address: str,
    subject: str,
    template: str,
    context: Mapping[str, Any],
    now: datetime,
    user: User | None = None,
    period: str = "",
) -> bool:
    """Send a mail of plain text, unless it is unwelcome or was sent; says whether it went out. Call it from a task.

    1. Whoever it is for must be there, active and reached by this address at this moment, and want the kind.
    2. With a period the mail is noted before it is sent: of two workers one sends it. When the mail server refuses,
       the note is taken back and the error raised, for a later try; a worker that dies in between sends nothing more.
    3. What nobody may miss is noted when it has gone out: a worker that dies in between rather sends it twice.
    """
    if not _may_reach(address, user) or not _is_welcome(kind, address, user):
        return False
    message = _message(kind, address, subject, template, context)
    if user is None or not period:
        message.send()
        return True
    notes = SentMail.objects.filter(user=user, kind=kind, period=period)
    if kind in NOTICES and notes.exists():
        return False
    if kind in NOTICES:
        message.send()
        SentMail.objects.get_or_create(user=user, kind=kind, period=period, defaults={"at": now})
        return True
    sent, is_first = SentMail.objects.get_or_create(user=user, kind=kind, period=period, defaults={"at": now})
    if not is_first:
        return False
    try:
        message.send()
    except Exception:
        sent.delete()
        raise
    return True


def _may_reach(address: str, user: User | None) -> bool:
    """Nobody inactive is written to, nor an address that its person has given up."""
    if user is not None:
        return User.objects.filter(pk=user.pk, email__iexact=address, is_active=True).exists()
    return not User.objects.filter(email__iexact=address, is_active=False).exists()


def _is_welcome(kind: MailKind, address: str, user: User | None) -> bool:
    if kind in NOTICES:
        return True
    if is_refused(kind=kind, address=address):
        return False
    if kind in WELCOME:
        return True
    return (
        user is not None and MailChoice.objects.filter(user=user, kind=kind).exists() and is_confirmed(user)
    )  # fmt: skip


def is_confirmed(user: User) -> bool:
    """Whether the address is proved to be the person's own, where the site asks for that at all.

    Otherwise anybody could have reminders sent to a stranger.
    """
    if settings.ACCOUNT_EMAIL_VERIFICATION == "none":
        return True
    return bool(EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists())


# --- What people want -------------------------------------------------------------------------------------------
def wanted_by(user: User) -> set[MailKind]:
    """The kinds that a person gets, as far as it is for them to say."""
    refused = set(MailRefusal.objects.filter(digest__in=digests_of(user.email)).values_list("kind", flat=True))
    chosen = set(MailChoice.objects.filter(user=user).values_list("kind", flat=True))
    return {kind for kind in OPTIONAL if kind not in refused and (kind in WELCOME or kind in chosen)}


@transaction.atomic
def choose(*, user: User, kinds: Iterable[MailKind], now: datetime) -> None:
    """From now on exactly these; what was refused before by its address is welcome again where it is among them."""
    wanted = set(kinds)
    MailChoice.objects.filter(user=user).exclude(kind__in=wanted).delete()
    MailChoice.objects.bulk_create(
        (MailChoice(user=user, kind=kind) for kind in wanted if kind not in WELCOME), ignore_conflicts=True
    )
    MailRefusal.objects.filter(digest__in=digests_of(user.email), kind__in=wanted).delete()
    for kind in WELCOME:
        if kind not in wanted:
            refuse(kind=kind, digest=digests_of(user.email)[0], now=now)


@transaction.atomic
def move_refusals(*, old: str, new: str) -> None:
    """Who moves to another address has still refused, and since when, what they refused at the one before."""
    for refusal in MailRefusal.objects.filter(digest__in=digests_of(old)):
        refuse(kind=MailKind(refusal.kind), digest=digests_of(new)[0], now=refusal.at)


def follow_person(*, from_email_address: EmailAddress | None, to_email_address: EmailAddress, **_: Any) -> None:
    """Told by allauth that somebody's address has changed."""
    if from_email_address:
        move_refusals(old=from_email_address.email, new=to_email_address.email)


# --- Switching off without signing in ---------------------------------------------------------------------------
def off_address(*, kind: MailKind, address: str) -> str:
    """Where mails of this kind to this address are switched off."""
    token = signing.dumps([kind, digests_of(address)[0]], salt=OFF_SALT)
    return settings.SITE_URL + reverse("accounts:mail_off", args=[token])


def read_off_token(token: str) -> tuple[MailKind, str] | None:
    """The kind and the digest of the address; None for what this site has not signed. It never expires."""
    try:
        kind, digest = signing.loads(token, salt=OFF_SALT)
    except signing.BadSignature:
        return None
    return MailKind(kind), digest


def refuse(*, kind: MailKind, digest: str, now: datetime) -> None:
    MailRefusal.objects.get_or_create(digest=digest, kind=kind, defaults={"at": now})


def welcome(*, kind: MailKind, digest: str) -> None:
    """Take a refusal back."""
    MailRefusal.objects.filter(digest=digest, kind=kind).delete()


def is_off(*, kind: MailKind, digest: str) -> bool:
    return MailRefusal.objects.filter(digest=digest, kind=kind).exists()


def is_refused(*, kind: MailKind, address: str) -> bool:
    return MailRefusal.objects.filter(digest__in=digests_of(address), kind=kind).exists()


def digests_of(address: str) -> list[str]:
    """An address as refusals know it: under today's key, then under former ones that are still accepted."""
    text = address.strip().lower()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(DIGEST_SALT, text, secret=key, algorithm="sha256").hexdigest() for key in keys]


def _message(kind: MailKind, address: str, subject: str, template: str, context: Mapping[str, Any]) -> EmailMessage:
    headers = {"Auto-Submitted": "auto-generated"}
    off = ""
    if kind not in NOTICES:
        off = off_address(kind=kind, address=address)
        headers |= {"List-Unsubscribe": f"<{off}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    body = render_to_string(template, {**context, "site": settings.SITE_URL, "off": off})
    return EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[address], headers=headers)
