from django.db import models
from django.db.models import Q

from exams.models.attempt import Response


class MissReason(models.TextChoices):
    UNKNOWN = "unknown", "Did not know it"
    MISREAD = "misread", "Misread it"
    REASONING = "reasoning", "Reasoned wrongly"
    TIME = "time", "Ran out of time"
    GUESS = "guess", "Guessed"


class Triage(models.Model):
    """Why somebody missed an item, in their own judgement; told once, changed as often as they like."""

    response = models.OneToOneField(Response, on_delete=models.CASCADE, related_name="triage")
    reason = models.CharField(max_length=9, choices=MissReason.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=MissReason.values), name="triage_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.response}: {self.reason}"
