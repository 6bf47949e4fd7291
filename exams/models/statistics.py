"""What finished mocks add up to, by item version: written by exams.answer_counts alone, everything else derives."""

from django.db import models
from django.db.models import Q

from questions.models import ItemVersion


class AnswerCount(models.Model):
    """How many persons gave one answer to one version at one scored total; pilots' and scored places apart.

    `answer` is the option's own position in the version, not the place where it was shown.
    """

    OMITTED, NOT_REACHED = 0, 99

    version = models.ForeignKey(ItemVersion, on_delete=models.CASCADE, related_name="answer_counts", db_index=False)
    is_scored = models.BooleanField()
    scored_count = models.PositiveSmallIntegerField(help_text="Scored items of the form, the total's maximum.")
    answer = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField()

    class Meta:
        ordering = ["version", "answer", "total"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "is_scored", "scored_count", "answer", "total"], name="answer_count_cell_unique"
            ),
            models.CheckConstraint(
                condition=Q(answer__lte=8) | Q(answer=99), name="answer_count_is_an_option_omitted_or_not_reached"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.answer} at {self.total}: {self.n}"


class TimeCount(models.Model):
    """How many persons had one version on screen for so long, in steps of five seconds; the last step is open."""

    STEP_SECONDS, LAST_STEP = 5, 60

    version = models.ForeignKey(ItemVersion, on_delete=models.CASCADE, related_name="time_counts", db_index=False)
    step = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField()

    class Meta:
        ordering = ["version", "step"]
        constraints = [
            models.UniqueConstraint(fields=["version", "step"], name="time_count_step_unique"),
            models.CheckConstraint(condition=Q(step__lte=60), name="time_count_step_known"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.step * self.STEP_SECONDS} s: {self.n}"
