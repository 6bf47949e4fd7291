"""Celery's doors: ids in, one call each, safe to run twice, late or inline."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation

logger = logging.getLogger(__name__)


@shared_task
def send_invitation(invitation_id: int, site: str) -> None:
    invitation = Invitation.objects.filter(pk=invitation_id).select_related("group", "made_by").first()
    if invitation is None:
        logger.warning("Invitation %s is gone, nothing to send.", invitation_id)
        return
    invitations.deliver(invitation=invitation, site=site, now=timezone.now())
