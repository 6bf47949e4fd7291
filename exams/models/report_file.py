"""A report as a file that somebody asked for; it is kept for a day."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from exams.models.attempt import Attempt

KEPT = timedelta(days=1)
# Longer than the longest that making one may take (exams.report_pdf).
PATIENCE = timedelta(minutes=2)


class ReportFileQuerySet(models.QuerySet["ReportFile"]):
    def stale(self, now: datetime) -> "ReportFileQuerySet":
        return self.filter(asked_at__lt=now - KEPT)


class ReportFile(models.Model):
    """Under way until `ended_at`; then with `content`, or without it when it could not be made."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="report_file")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    content = models.BinaryField(null=True, blank=True)

    objects = ReportFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(content__isnull=True) | Q(ended_at__isnull=False), name="report_file_has_content_at_its_end"
            )
        ]

    def __str__(self) -> str:
        return f"PDF of {self.attempt_id}"

    @property
    def is_ready(self) -> bool:
        return self.content is not None

    def is_awaited(self, now: datetime) -> bool:
        """Whether it may still come: a task that was lost is not waited for."""
        return self.ended_at is None and now - self.asked_at < PATIENCE
