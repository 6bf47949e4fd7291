"""The life of a progress link: made, opened, counted, revoked. What it shows is up to exams.progress_pages."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import DatabaseError
from django.db.models import F

from accounts import tokens
from accounts.models import ProgressLink, User

logger = logging.getLogger(__name__)

DEFAULT_DAYS, MOST_DAYS = 30, 365
# More than anybody can keep an eye on.
MOST_OPEN = 20


class TooManyLinks(Exception):
    """The person has as many open links as anybody may have."""


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link with its token, which is nowhere else and never again."""

    link: ProgressLink
    token: str


def make(*, user: User, shows: dict[str, bool], days: int, passphrase: str, now: datetime) -> MadeLink:
    """Make a link that ends after so many days. Raises TooManyLinks, and ValueError for more than a year."""
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"A link lasts 1 to {MOST_DAYS} days, not {days}.")
    if ProgressLink.objects.of(user).open(now).count() >= MOST_OPEN:
        raise TooManyLinks
    token = tokens.new()
    link = ProgressLink.objects.create(
        user=user,
        digest=tokens.digest_of(token),
        passphrase=make_password(passphrase) if passphrase else "",
        created_at=now,
        expires_at=now + timedelta(days=days),
        **shows,
    )
    return MadeLink(link, token)


def open_at(token: str, *, now: datetime) -> ProgressLink | None:
    """The open link of a token. One statement, whether the token is unknown, malformed, expired, revoked or right."""
    return ProgressLink.objects.open(now).filter(digest=tokens.digest_of(token)).select_related("user").first()


def opens(link: ProgressLink, passphrase: str) -> bool:
    return not link.passphrase or check_password(passphrase, link.passphrase)


def count_use(link: ProgressLink, *, now: datetime) -> None:
    """Note that somebody looked. A page must not fail because that could not be written."""
    try:
        ProgressLink.objects.filter(pk=link.pk).update(use_count=F("use_count") + 1, last_used_at=now)
    except DatabaseError:
        logger.warning("A use of progress link %s could not be counted.", link.pk, exc_info=True)


def revoke(*, user: User, pk: int, now: datetime) -> ProgressLink | None:
    """End a person's link at once; a second time changes nothing. None when they have no such link."""
    links = ProgressLink.objects.of(user).filter(pk=pk)
    links.filter(revoked_at=None).update(revoked_at=now)
    return links.first()
