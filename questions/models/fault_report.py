from django.conf import settings
from django.db import models

from questions.models.item import ItemVersion


class FaultReport(models.Model):
    """A candidate's word that a reviewed item is wrong, until an instructor has dealt with it."""

    version = models.ForeignKey(ItemVersion, on_delete=models.CASCADE, related_name="fault_reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    message = models.TextField(max_length=2000)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.TextField(blank=True, max_length=2000)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.version}: {self.message[:60]}"
