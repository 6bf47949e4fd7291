"""Keys that turned out wrong: which version was mended by which, and what that did to every score."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from exams.models.attempt import Attempt
from questions.models import ItemVersion


class Regrade(models.Model):
    """From now on answers to `version` are marked by the key of `mended`, a later version with the same options."""

    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="regrades")
    mended = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    append_only: ClassVar = ("version", "mended", "reason", "at")
    append_only_people: ClassVar = ("by",)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["version", "mended"], name="regrade_once_by_a_version"),
            models.CheckConstraint(condition=~Q(reason=""), name="regrade_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.version} by {self.mended}"


class RegradedScore(models.Model):
    """One score before and after one regrade."""

    regrade = models.ForeignKey(Regrade, on_delete=models.CASCADE, related_name="scores")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="regraded_scores")
    raw_before = models.PositiveSmallIntegerField()
    raw_after = models.PositiveSmallIntegerField()
    scaled_before = models.PositiveSmallIntegerField()
    scaled_after = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    append_only: ClassVar = (
        "regrade", "attempt", "raw_before", "raw_after", "scaled_before", "scaled_after", "at",
    )  # fmt: skip

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["regrade", "attempt"], name="regraded_score_once")]

    def __str__(self) -> str:
        return f"{self.attempt}: {self.raw_before} → {self.raw_after}"
