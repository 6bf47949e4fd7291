"""The Test Content Outline as data: size, time, weights, cut and tasks are never constants in code."""

from django.db import models
from django.db.models import F, Q


class OutlineQuerySet(models.QuerySet["Outline"]):
    def current(self) -> "OutlineQuerySet":
        return self.filter(is_current=True)


class Outline(models.Model):
    """One version of the exam's content outline; at most one is current."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    scored_count = models.PositiveSmallIntegerField()
    pilot_count = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()
    practice_cut = models.PositiveSmallIntegerField(help_text="Scored items right to pass; ours, not the exam's.")
    approved_on = models.DateField(null=True, blank=True)
    effective_on = models.DateField()
    source = models.TextField(help_text="Where the figures come from and how sure they are.")
    checked_on = models.DateField()
    is_current = models.BooleanField(default=False)

    objects = OutlineQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on"]
        constraints = [
            models.UniqueConstraint(fields=["is_current"], condition=Q(is_current=True), name="outline_one_current"),
            models.CheckConstraint(
                condition=Q(practice_cut__gte=1, practice_cut__lt=F("scored_count"), minutes__gte=1),
                name="outline_cut_below_scored_count",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def item_count(self) -> int:
        return self.scored_count + self.pilot_count


class Domain(models.Model):
    """One content domain of an outline with its published weight in whole percent."""

    outline = models.ForeignKey(Outline, on_delete=models.CASCADE, related_name="domains")
    number = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=8)
    name = models.CharField(max_length=100)
    weight = models.PositiveSmallIntegerField(help_text="As published; the ten need not sum to 100.")
    typical_tasks = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["outline", "number"]
        constraints = [
            models.UniqueConstraint(fields=["outline", "number"], name="domain_number_unique_in_outline"),
            models.UniqueConstraint(fields=["outline", "code"], name="domain_code_unique_in_outline"),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=100), name="domain_weight_1_to_100"),
        ]

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """One task of a domain. `basis` says where its heading comes from: the official list is not public."""

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="tasks")
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    basis = models.CharField(max_length=100)

    class Meta:
        ordering = ["domain", "code"]
        constraints = [models.UniqueConstraint(fields=["domain", "code"], name="task_code_unique_in_domain")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
