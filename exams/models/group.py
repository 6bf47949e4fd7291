"""What study groups do with forms: the ones they sit together, and what they say of their items."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import StudyGroup
from exams.models.exam_form import ExamForm, FormItem

MOST_CHARACTERS = 2000


class GroupExam(models.Model):
    """A published form that a group sits within some days."""

    group = models.ForeignKey(StudyGroup, on_delete=models.CASCADE, related_name="exams")
    exam_form = models.ForeignKey(ExamForm, on_delete=models.RESTRICT, related_name="+")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        ordering = ["-opens_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["group", "exam_form"], name="group_exam_once"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="group_exam_closes_later"),
        ]

    def __str__(self) -> str:
        return f"{self.exam_form} of {self.group}"


class GroupComment(models.Model):
    """What a member wrote about an item of a shared form, or about the form as a whole."""

    exam = models.ForeignKey(GroupExam, on_delete=models.CASCADE, related_name="comments")
    form_item = models.ForeignKey(FormItem, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="group_comments")
    text = models.TextField(max_length=MOST_CHARACTERS)
    at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_because = models.CharField(max_length=200, blank=True, help_text="The author is told.")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hidden_at__isnull=True, hidden_because="")
                | (Q(hidden_at__isnull=False) & ~Q(hidden_because="")),
                name="group_comment_hidden_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:60]}"


class CommentReport(models.Model):
    """A member's word that a comment should go; the group's owner and instructors look at it."""

    comment = models.ForeignKey(GroupComment, on_delete=models.CASCADE, related_name="reports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["comment", "by"], name="comment_report_once_a_person")]

    def __str__(self) -> str:
        return f"{self.comment}: {self.reason[:60]}"
