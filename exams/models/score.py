"""What an attempt came to: written once by exams.scoring, recomputable from responses and keys."""

from django.db import models
from django.db.models import F, Q

from exams.models.attempt import Attempt
from questions.models import Domain


class Score(models.Model):
    """The result of one finished attempt under one version of the scoring algorithm."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="score")
    algorithm = models.PositiveSmallIntegerField()
    raw = models.PositiveSmallIntegerField(help_text="Scored items right.")
    scored_count = models.PositiveSmallIntegerField()
    practice_cut = models.PositiveSmallIntegerField()
    scaled = models.PositiveSmallIntegerField(help_text="1 to 99 on the ARRT-style line, 75 at the practice cut.")
    answered_count = models.PositiveSmallIntegerField(help_text="Of all items, pilots included.")
    pilot_right = models.PositiveSmallIntegerField()
    pilot_count = models.PositiveSmallIntegerField()
    computed_at = models.DateTimeField()
    is_counted = models.BooleanField(
        null=True, help_text="In the item statistics; None until exams.answer_counts has looked."
    )

    class Meta:
        indexes = [models.Index(fields=["is_counted"], condition=Q(is_counted=None), name="score_uncounted")]
        constraints = [
            models.CheckConstraint(condition=Q(raw__lte=F("scored_count")), name="score_raw_within_count"),
            models.CheckConstraint(condition=Q(scaled__gte=1, scaled__lte=99), name="score_scaled_1_to_99"),
            models.CheckConstraint(
                condition=Q(scaled__gte=75, raw__gte=F("practice_cut")) | Q(scaled__lt=75, raw__lt=F("practice_cut")),
                name="score_scaled_75_is_the_cut",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt}: {self.raw} of {self.scored_count}"

    @property
    def passed(self) -> bool:
        return self.raw >= self.practice_cut


class DomainScore(models.Model):
    """Scored items right and presented in one domain of one attempt."""

    score = models.ForeignKey(Score, on_delete=models.CASCADE, related_name="domain_scores")
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="+")
    right = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["score", "domain__number"]
        constraints = [
            models.UniqueConstraint(fields=["score", "domain"], name="domain_score_unique"),
            models.CheckConstraint(condition=Q(right__lte=F("total")), name="domain_score_right_within_total"),
        ]

    def __str__(self) -> str:
        return f"{self.domain}: {self.right} of {self.total}"
