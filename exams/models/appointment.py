"""The full appointment around an exam: tutorial, agreement, exam, survey, each against the server's own clock."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from exams.models.attempt import Attempt


class Block(models.TextChoices):
    TUTORIAL = "tutorial"
    AGREEMENT = "agreement"
    EXAM = "exam"
    SURVEY = "survey"
    OVER = "over"


class Appointment(models.Model):
    """One person's appointment. Without an accepted agreement it ends with no attempt, and no form is used up."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="appointments")
    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, null=True, related_name="appointment")
    block = models.CharField(max_length=9, choices=Block.choices, default=Block.TUTORIAL)
    block_ends_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    practice = models.JSONField(default=dict, help_text="exams.tutorial: what was tried out, by position.")

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(block__in=["tutorial", "agreement"]), name="appointment_one_before_exam"
            ),
            models.CheckConstraint(
                condition=Q(block__in=["tutorial", "agreement", "survey"], block_ends_at__isnull=False)
                | Q(block__in=["exam", "over"], block_ends_at__isnull=True),
                name="appointment_timed_block_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(block__in=["tutorial", "agreement"], attempt__isnull=True)
                | Q(block__in=["exam", "survey"], attempt__isnull=False)
                | Q(block="over"),
                name="appointment_attempt_from_the_agreement_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.block}"


class Survey(models.Model):
    """What a candidate said after the exam; every answer may be left out."""

    class Time(models.TextChoices):
        SHORT = "short", "Too short"
        RIGHT = "right", "About right"
        LONG = "long", "More than I needed"

    class Agreement(models.IntegerChoices):
        NOT_AT_ALL = 1, "Not at all"
        HARDLY = 2, "Hardly"
        PARTLY = 3, "Partly"
        MOSTLY = 4, "Mostly"
        FULLY = 5, "Fully"

    appointment = models.OneToOneField(Appointment, on_delete=models.CASCADE, related_name="survey")
    ready = models.PositiveSmallIntegerField("I felt ready before the first item", choices=Agreement, null=True)
    clear = models.PositiveSmallIntegerField("The items were clear", choices=Agreement, null=True)
    time = models.CharField("The time was", max_length=5, choices=Time, blank=True)
    comment = models.TextField("What should be better?", max_length=2000, blank=True)
    at = models.DateTimeField()

    append_only: ClassVar = ("appointment", "ready", "clear", "time", "comment", "at")

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"Survey of {self.at:%Y-%m-%d}"
