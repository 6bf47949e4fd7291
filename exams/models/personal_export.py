"""A person's copy of everything about them: written by exams.privacy.exports alone."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

# A build that said nothing for so long is taken for dead.
PATIENCE = timedelta(minutes=10)


class ExportState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class PersonalExportQuerySet(models.QuerySet["PersonalExport"]):
    def expired(self, now: datetime) -> "PersonalExportQuerySet":
        """See also PersonalExport.is_ready."""
        return self.filter(expires_at__lte=now)


class PersonalExport(models.Model):
    """One a person: asking anew replaces it. The file lies under VAR_DIR/exports by a random name."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personal_export")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=ExportState.choices, default=ExportState.WAITING)
    heard_at = models.DateTimeField(help_text="When the build last said how far it is.")
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=1)
    file_name = models.CharField(max_length=60, unique=True)
    size = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = PersonalExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ExportState.values), name="personal_export_state_known"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="personal_export_done_within_total"),
            models.CheckConstraint(
                condition=Q(state="ready", expires_at__isnull=False) | (~Q(state="ready") & Q(expires_at=None)),
                name="personal_export_ready_until",
            ),
        ]

    def __str__(self) -> str:
        return f"Export for {self.user}"

    def is_under_way(self, now: datetime) -> bool:
        waits = self.state in (ExportState.WAITING, ExportState.RUNNING)
        return waits and now - self.heard_at < PATIENCE

    def is_ready(self, now: datetime) -> bool:
        """See also PersonalExportQuerySet.expired."""
        return self.state == ExportState.READY and self.expires_at is not None and now < self.expires_at
