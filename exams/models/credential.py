"""A person's own record of the real credential: exam dates, continuing education and duties. Theirs alone."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

# The earliest exam of which figures are known.
EARLIEST = date(2007, 1, 1)
LEAST_CREDITS, MOST_CREDITS = Decimal("0.01"), Decimal(200)


class ExamResult(models.TextChoices):
    PLANNED = "planned", "Planned"
    PASSED = "passed", "Passed"
    FAILED = "failed", "Not passed"


class CredentialRecord(models.Model):
    """What of a person's credential is not a list."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="credential_record")
    window_began_on = models.DateField(null=True, blank=True, help_text="From when the months for attempts run.")
    renewed_through = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The last year whose renewal is paid."
    )

    def __str__(self) -> str:
        return f"Credential of {self.user}"


class RealAttempt(models.Model):
    """One date of the real exam."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="real_attempts")
    on = models.DateField()
    result = models.CharField(max_length=7, choices=ExamResult.choices)

    class Meta:
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(fields=["user", "on"], name="real_attempt_once_a_day"),
            models.UniqueConstraint(fields=["user"], condition=Q(result="planned"), name="real_attempt_one_planned"),
            models.CheckConstraint(condition=Q(result__in=ExamResult.values), name="real_attempt_result_known"),
            models.CheckConstraint(condition=Q(on__gte=EARLIEST), name="real_attempt_since_2007"),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d}, {self.result}"


class CreditEntry(models.Model):
    """Continuing education of one day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="credit_entries")
    on = models.DateField()
    title = models.CharField(max_length=200)
    credits = models.DecimalField(
        max_digits=5, decimal_places=2, validators=[MinValueValidator(LEAST_CREDITS), MaxValueValidator(MOST_CREDITS)]
    )

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(credits__gte=LEAST_CREDITS, credits__lte=MOST_CREDITS), name="credit_entry_has_credits"
            ),
            models.CheckConstraint(condition=Q(on__gte=EARLIEST), name="credit_entry_since_2007"),
        ]

    def __str__(self) -> str:
        return self.title


class Duty(models.Model):
    """A line of a person's checklist for the ten years, in their own words."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="credential_duties")
    text = models.CharField(max_length=200)
    done_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "text"], name="duty_text_once")]

    def __str__(self) -> str:
        return self.text
