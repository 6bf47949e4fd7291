"""Assembled forms: which items, in which order, from which seed and which pool."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from questions.models import Item, ItemVersion, Outline


class BankSnapshot(models.Model):
    """The drawable bank as one draw saw it (versions and enemies), shared by all forms that saw the same."""

    digest = models.CharField(max_length=64, primary_key=True)
    content = models.JSONField(help_text="exams.assembly.Pool.bank_content()")

    append_only: ClassVar = ("digest", "content")

    def __str__(self) -> str:
        return self.digest[:12]


class FormKind(models.TextChoices):
    MOCK = "mock"


class Algorithm(models.IntegerChoices):
    """How a form's items were chosen; numbers as in exams.assembly and exams.form_problem."""

    DRAWN = 1, "drawn by lot"
    SOLVED = 2, "balanced by integer programming"


class ExamFormQuerySet(models.QuerySet["ExamForm"]):
    def published(self) -> "ExamFormQuerySet":
        return self.filter(published_number__isnull=False).order_by("published_number")

    def not_sat_by(self, user: User) -> "ExamFormQuerySet":
        return self.exclude(attempts__user=user)


def title_of(number: int) -> str:
    """Form A to Form Z, then Form AA: forms that may share items have no natural end."""
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"Form {letters}"


class ExamForm(models.Model):
    """One assembled form: published for everybody (Form A, Form B …) or drawn for one person.

    `seed` is secret until an attempt on the form is finished, because the bank is public.
    """

    outline = models.ForeignKey(Outline, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=FormKind.choices, default=FormKind.MOCK)
    published_number = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 is Form A.")
    drawn_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    seed = models.CharField(max_length=64)
    algorithm = models.PositiveSmallIntegerField(choices=Algorithm.choices)
    build = models.ForeignKey(
        "FormBuild", on_delete=models.PROTECT, null=True, blank=True, related_name="exam_forms", editable=False
    )
    snapshot = models.ForeignKey(BankSnapshot, on_delete=models.PROTECT, related_name="+")
    exposure = models.JSONField(default=list, help_text="Item codes the person had seen, longest ago first.")
    pool_digest = models.CharField(max_length=64, help_text="exams.assembly.Pool.digest of snapshot and exposure.")
    practice_cut = models.PositiveSmallIntegerField(help_text="The outline's when the form was frozen.")
    reused_count = models.PositiveSmallIntegerField(default=0)
    frozen_at = models.DateTimeField()

    append_only: ClassVar = (
        "outline", "kind", "seed", "algorithm", "build", "snapshot", "exposure", "pool_digest", "practice_cut",
        "frozen_at",
    )  # fmt: skip

    objects = ExamFormQuerySet.as_manager()

    class Meta:
        ordering = ["frozen_at"]
        constraints = [
            models.UniqueConstraint(fields=["published_number"], name="exam_form_published_number_unique"),
            models.CheckConstraint(
                condition=Q(published_number__isnull=True) | Q(drawn_for__isnull=True),
                name="exam_form_published_is_for_everybody",
            ),
            models.CheckConstraint(condition=Q(algorithm__in=Algorithm.values), name="exam_form_algorithm_known"),
            models.CheckConstraint(
                condition=Q(algorithm=Algorithm.SOLVED, build__isnull=False)
                | ~Q(algorithm=Algorithm.SOLVED) & Q(build__isnull=True),
                name="exam_form_solved_in_a_build",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return "Personal form" if self.published_number is None else title_of(self.published_number)


class FormItem(models.Model):
    """One place of a form: the exact version served there and the order of its options."""

    # Found by the unique keys that begin with it; another index would be four kilobytes for each personal form. Items
    # have none either: nothing looks for one without a form.
    exam_form = models.ForeignKey(ExamForm, on_delete=models.CASCADE, related_name="form_items", db_index=False)
    position = models.PositiveSmallIntegerField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="form_items")
    is_scored = models.BooleanField()
    option_order = models.CharField(max_length=8, help_text="Option positions in displayed order, such as 3142.")

    append_only: ClassVar = ("exam_form", "position", "item", "version", "is_scored", "option_order")

    class Meta:
        ordering = ["exam_form", "position"]
        constraints = [
            models.UniqueConstraint(fields=["exam_form", "position"], name="form_item_position_unique"),
            models.UniqueConstraint(fields=["exam_form", "item"], name="form_item_item_unique"),
            models.CheckConstraint(condition=Q(position__gte=1), name="form_item_position_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.exam_form} {self.position}"
