"""The study plan: one a person, with dated tasks up to the day before the exam."""

import uuid
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from questions.models import Domain

MOST_HOURS = 40


class PlanTaskKind(models.TextChoices):
    READ = "read", "Read"
    DRILL = "drill", "Drill"
    REVIEW = "review", "Review"
    MOCK = "mock", "Mock"


class StudyPlan(models.Model):
    """What a person wants to do by when. Only the digest of the calendar's address is kept."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="study_plan")
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    exam_on = models.DateField()
    hours_per_week = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    revision = models.PositiveSmallIntegerField(default=0, help_text="How often it was made anew.")
    emphasis = models.JSONField(default=dict, help_text="exams.study_plan.emphasis: domain code to factor above 1.")
    calendar_digest = models.CharField(
        max_length=64, null=True, blank=True, unique=True, editable=False, help_text="SHA-256 of the address's token."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(hours_per_week__gte=1, hours_per_week__lte=MOST_HOURS), name="study_plan_hours_of_a_week"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, exam on {self.exam_on:%Y-%m-%d}"


class PlanTaskQuerySet(models.QuerySet["PlanTask"]):
    def of(self, user: User) -> "PlanTaskQuerySet":
        return self.filter(plan__user=user)

    def undone(self) -> "PlanTaskQuerySet":
        return self.filter(done_at=None)

    def before(self, day: date) -> "PlanTaskQuerySet":
        return self.filter(on__lt=day)


class PlanTask(models.Model):
    """One thing to do on one day. `revision` counts its moves, for calendars that have fetched it before.

    A drill without a domain is of all domains in the exam's proportions.
    """

    plan = models.ForeignKey(StudyPlan, on_delete=models.CASCADE, related_name="tasks")
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    on = models.DateField()
    position = models.PositiveSmallIntegerField(help_text="Its place in the plan as it was made.")
    kind = models.CharField(max_length=6, choices=PlanTaskKind.choices)
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    minutes = models.PositiveSmallIntegerField()
    item_count = models.PositiveSmallIntegerField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveSmallIntegerField(default=0)
    revised_at = models.DateTimeField()

    objects = PlanTaskQuerySet.as_manager()

    class Meta:
        ordering = ["on", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1), name="plan_task_takes_time"),
            models.CheckConstraint(
                condition=Q(kind="read", domain__isnull=False, item_count__isnull=True)
                | Q(kind="drill", item_count__isnull=False, item_count__gte=1)
                | Q(kind__in=["review", "mock"], domain__isnull=True, item_count__isnull=True),
                name="plan_task_kind_known_and_complete",
            ),
        ]
        indexes = [models.Index(fields=["plan", "on"], name="plan_task_by_day")]

    def __str__(self) -> str:
        return f"{self.title}, {self.on:%Y-%m-%d}"

    @property
    def title(self) -> str:
        """What to do, in words for people."""
        match PlanTaskKind(self.kind):
            case PlanTaskKind.READ:
                return f"Read the guide to {self.domain}"
            case PlanTaskKind.DRILL:
                subject = str(self.domain) if self.domain else "all domains, in exam proportions"
                return f"Drill {self.item_count} items of {subject}"
            case PlanTaskKind.REVIEW:
                return "Review the items that are due"
            case PlanTaskKind.MOCK:
                return "Sit a full mock exam"
