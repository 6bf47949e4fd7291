"""Practice: sessions of single items outside of exams, and the cards that bring items back for review."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from exams.models.exam_form import ExamForm
from questions.models import Item, ItemVersion


class PracticeMode(models.TextChoices):
    TUTOR = "tutor", "tutor: see the reasons after each answer"
    TEST = "test", "test: see them at the end"


class PracticeSource(models.TextChoices):
    UNSEEN = "unseen", "items you have not seen"
    MISSED = "missed", "items you missed last time"
    FLAGGED = "flagged", "items you flagged"
    DUE = "due", "items due for review"
    ALL = "all", "all items, the unseen first"


class Confidence(models.IntegerChoices):
    GUESS = 1, "Guessing"
    UNSURE = 2, "Unsure"
    SURE = 3, "Sure"


class PracticeSessionQuerySet(models.QuerySet["PracticeSession"]):
    def of(self, user: User) -> "PracticeSessionQuerySet":
        return self.filter(user=user)

    def open(self) -> "PracticeSessionQuerySet":
        return self.filter(finished_at=None)

    def overdue(self, now: datetime) -> "PracticeSessionQuerySet":
        """See also PracticeSession.is_overdue."""
        return self.open().filter(deadline_at__lte=now)


class PracticeSession(models.Model):
    """Items in a fixed order; untimed ones wait as long as the person likes."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="practice_sessions")
    title = models.CharField(max_length=200)
    mode = models.CharField(max_length=8, choices=PracticeMode.choices)
    source = models.CharField(max_length=8, choices=PracticeSource.choices)
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = PracticeSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deadline_at__isnull=True) | Q(deadline_at__gt=F("started_at")),
                name="practice_deadline_after_start",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True)
                | Q(deadline_at__isnull=True)
                | Q(finished_at__lte=F("deadline_at")),
                name="practice_finished_by_deadline",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.finished_at is None

    @property
    def is_tutor(self) -> bool:
        return self.mode == PracticeMode.TUTOR

    def is_overdue(self, now: datetime) -> bool:
        return self.is_open and self.deadline_at is not None and now >= self.deadline_at


class PracticeItem(models.Model):
    """One place of a session. Once revealed it never changes."""

    session = models.ForeignKey(PracticeSession, on_delete=models.CASCADE, related_name="places")
    position = models.PositiveSmallIntegerField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="+")
    option_order = models.CharField(max_length=8, help_text="Option positions in displayed order, such as 3142.")
    shown_at = models.DateTimeField(null=True, blank=True, help_text="When the person first saw it here.")
    chosen = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Displayed place of the option, from 1.")
    confidence = models.PositiveSmallIntegerField(null=True, blank=True, choices=Confidence.choices)
    flagged = models.BooleanField(default=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    revealed_at = models.DateTimeField(null=True, blank=True)

    append_only: ClassVar = ("session", "position", "item", "version", "option_order")

    class Meta:
        ordering = ["session", "position"]
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="practice_item_position_unique"),
            models.UniqueConstraint(fields=["session", "item"], name="practice_item_item_unique"),
            models.CheckConstraint(
                condition=Q(chosen__isnull=True) | Q(chosen__gte=1, chosen__lte=8), name="practice_item_chosen_1_to_8"
            ),
            models.CheckConstraint(
                condition=Q(shown_at__isnull=False) | Q(chosen__isnull=True, revealed_at__isnull=True),
                name="practice_item_shown_before_answered",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__in=Confidence.values),
                name="practice_item_confidence_known",
            ),
            models.CheckConstraint(
                condition=Q(chosen__isnull=True, answered_at__isnull=True)
                | Q(chosen__isnull=False, answered_at__isnull=False),
                name="practice_item_answered_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session} item {self.position}"


class GivenUpForm(models.Model):
    """A published form whose items a person would rather practise than meet in a mock."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="given_up_forms")
    exam_form = models.ForeignKey(ExamForm, on_delete=models.CASCADE, related_name="given_up_by")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "exam_form"], name="given_up_form_once")]

    def __str__(self) -> str:
        return f"{self.exam_form} given up by {self.user}"


class ReviewCard(models.Model):
    """When a person should meet an item again (FSRS). `key_text` is the right answer that the memory is of."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_cards")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    state = models.JSONField(help_text="fsrs.Card.to_dict()")
    key_text = models.TextField()
    rated_at = models.DateTimeField()

    class Meta:
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["user", "item"], name="review_card_once")]
        indexes = [models.Index(fields=["user", "due_at"], name="review_card_due")]

    def __str__(self) -> str:
        return f"{self.item} for {self.user}"
