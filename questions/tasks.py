"""Celery's doors to the bank: ids in, one call each, safe to run twice, late or inline."""

import logging

from celery import shared_task
from django.utils import timezone

from questions.exchange import uploads
from questions.models import BankImport

logger = logging.getLogger(__name__)


@shared_task
def check_import(import_id: int) -> None:
    upload = BankImport.objects.filter(pk=import_id).first()
    if upload is None:
        logger.warning("Import %s is gone, nothing to check.", import_id)
        return
    try:
        uploads.check(upload=upload)
    except BaseException:
        uploads.fail(upload=upload)
        raise


@shared_task
def apply_import(import_id: int) -> None:
    upload = BankImport.objects.filter(pk=import_id).first()
    if upload is None:
        logger.warning("Import %s is gone, nothing to apply.", import_id)
        return
    try:
        uploads.apply(upload=upload, now=timezone.now())
    except BaseException:
        uploads.fail(upload=upload)
        raise
