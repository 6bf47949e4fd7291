"""What was forecast, kept as it was said: written by exams.forecasts alone."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from exams.models.attempt import Attempt
from exams.models.practice import PracticeSession


class ForecastQuerySet(models.QuerySet["Forecast"]):
    def of(self, user: User) -> "ForecastQuerySet":
        return self.filter(user=user)

    def with_enough(self, *, answers: int, domains: int) -> "ForecastQuerySet":
        return self.filter(n__gte=answers, domain_count__gte=domains)


class Forecast(models.Model):
    """What a person's fresh answers said of a fresh form at one moment: after a mock, or after a session in test mode.

    Also stored while there are too few answers to show it, so that the sweep knows what was looked at.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forecasts")
    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, null=True, related_name="forecast")
    session = models.OneToOneField(PracticeSession, on_delete=models.CASCADE, null=True, related_name="forecast")
    at = models.DateTimeField()
    algorithm = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField(help_text="Fresh answers that counted.")
    domain_count = models.PositiveSmallIntegerField()
    weight = models.FloatField(help_text="What they weigh together, the newest 1 each.")
    newest_at = models.DateTimeField(null=True)
    oldest_at = models.DateTimeField(null=True)
    expected = models.FloatField(help_text="Scored items right.")
    low = models.PositiveSmallIntegerField(help_text="Of the 80 % range.")
    high = models.PositiveSmallIntegerField()
    chance = models.FloatField(help_text="Of reaching the practice cut, unrounded.")
    cut = models.PositiveSmallIntegerField()
    scored_count = models.PositiveSmallIntegerField()
    prior_a = models.FloatField()
    prior_b = models.FloatField()
    is_rough = models.BooleanField(help_text="The prior is the fixed one: the site had too few full forms.")
    rapid_items = models.JSONField(default=list, help_text="Ids of items left out because the answer came too quickly.")

    append_only: ClassVar = (
        "user", "attempt", "session", "at", "algorithm", "n", "domain_count", "weight", "newest_at", "oldest_at",
        "expected", "low", "high", "chance", "cut", "scored_count", "prior_a", "prior_b", "is_rough", "rapid_items",
    )  # fmt: skip

    objects = ForecastQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        # The page and the calibration ask for a person's forecasts by time.
        indexes = [models.Index(fields=["user", "at"], name="forecast_of_user_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(attempt__isnull=False, session__isnull=True)
                | Q(attempt__isnull=True, session__isnull=False),
                name="forecast_after_a_mock_or_a_session",
            ),
            models.CheckConstraint(
                condition=Q(low__lte=F("expected"), expected__lte=F("high"), high__lte=F("scored_count")),
                name="forecast_range_contains_expected",
            ),
            models.CheckConstraint(
                condition=Q(chance__gte=0, chance__lte=1, cut__gte=1, cut__lt=F("scored_count")),
                name="forecast_chance_is_one",
            ),
            models.CheckConstraint(condition=Q(prior_a__gt=0, prior_b__gt=0), name="forecast_prior_is_proper"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.at}: {self.expected:.0f} of {self.scored_count}"
