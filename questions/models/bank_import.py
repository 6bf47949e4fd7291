from django.conf import settings
from django.db import models
from django.db.models import Q


class ImportState(models.TextChoices):
    WAITING = "waiting"
    CHECKED = "checked"
    REFUSED = "refused"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"


class BankImport(models.Model):
    """A file that a person brings: kept until it is applied, with the fate of every question in it.

    `report` is a list of {place, code, fate, message, notes}; what is applied is what it says, or nothing.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=10)
    task = models.CharField(max_length=20, blank=True)
    cognitive = models.CharField(max_length=12)
    content = models.BinaryField()
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.WAITING)
    report = models.JSONField(default=list)
    message = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="bank_import_state_known"),
            models.CheckConstraint(
                condition=~Q(state="applied") | Q(finished_at__isnull=False), name="bank_import_applied_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"
