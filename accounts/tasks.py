"""Celery's doors: ids in, one call each, safe to run twice, late or inline."""

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation

logger = logging.getLogger(__name__)


# After so many seconds a mail is tried again that the mail server did not take: about eight minutes in all, which
# outlasts a restart and most greylisting. Each wait is shorter than the broker's visibility timeout, after which the
# waiting task would be handed to a second worker.
RETRY_SECONDS = (10, 20, 40, 80, 80, 80, 80, 80)


@shared_task(bind=True, max_retries=len(RETRY_SECONDS))
def send_invitation(self: Any, invitation_id: int, site: str) -> None:
    invitation = Invitation.objects.filter(pk=invitation_id).select_related("group", "made_by").first()
    if invitation is None:
        logger.warning("Invitation %s is gone, nothing to send.", invitation_id)
        return
    try:
        invitations.deliver(invitation=invitation, site=site, now=timezone.now())
    # What smtplib raises is one of these.
    except OSError as error:
        # Without a broker the task runs within the page, which must not wait for a mail server again and again.
        if self.request.is_eager or self.request.retries >= len(RETRY_SECONDS):
            raise
        raise self.retry(exc=error, countdown=RETRY_SECONDS[self.request.retries]) from error
