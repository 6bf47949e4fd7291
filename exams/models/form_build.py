"""Parallel forms that somebody asked for: the wish, how far the search is, and what it found."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from exams.models.exam_form import BankSnapshot


class BuildState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    PROPOSED = "proposed"
    FROZEN = "frozen"
    INFEASIBLE = "infeasible"
    FAILED = "failed"


UNDER_WAY = (BuildState.WAITING, BuildState.RUNNING)


class FormBuildQuerySet(models.QuerySet["FormBuild"]):
    def silent_since(self, moment: datetime) -> "FormBuildQuerySet":
        """Under way and not heard of since: its task was lost, or whoever ran it died."""
        return self.filter(state__in=UNDER_WAY, heard_at__lt=moment)


class FormBuild(models.Model):
    """One wish for parallel forms. A proposal holds seeds and item codes until somebody freezes it.

    The states go one way: waiting → running → proposed → frozen, or from running to infeasible or failed. The seeds in
    `result` are as secret as those of forms.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    wish = models.JSONField(help_text="exams.form_problem.Wish")
    state = models.CharField(max_length=12, choices=BuildState.choices, default=BuildState.WAITING)
    heard_at = models.DateTimeField(help_text="When the search last said how far it is.")
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=1)
    message = models.TextField(blank=True, help_text="What is being done, or what came of it.")
    snapshot = models.ForeignKey(BankSnapshot, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    result = models.JSONField(null=True, blank=True, help_text="Forms as {seed, codes}, or what stands in the way.")
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    append_only: ClassVar = ("asked_at", "wish")

    objects = FormBuildQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BuildState.values), name="form_build_state_known"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="form_build_done_within_total"),
            models.CheckConstraint(
                condition=~Q(state__in=(BuildState.PROPOSED, BuildState.FROZEN))
                | Q(snapshot__isnull=False, result__isnull=False),
                name="form_build_proposal_has_forms",
            ),
            models.CheckConstraint(
                condition=Q(state=BuildState.FROZEN, frozen_at__isnull=False)
                | ~Q(state=BuildState.FROZEN) & Q(frozen_at__isnull=True),
                name="form_build_frozen_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Build {self.pk}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY
