"""What invigilators see of sittings: who, which form, until when. Seeds and answers stay out."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_search import BoundedSearch
from exams.models import Attempt, Cohort, Survey
from questions.admin import ReadOnlyAdmin


@admin.register(Attempt)
class AttemptAdmin(BoundedSearch, ReadOnlyAdmin):
    list_display = ("user", "exam_form", "status", "started_at", "deadline_at", "finished_at", "ending")
    list_filter = ("status", "ending")
    list_select_related = ("user", "exam_form")
    search_fields = ("user__email", "user__name", "public_id")
    fields = ("public_id", *list_display)


@admin.register(Survey)
class SurveyAdmin(ReadOnlyAdmin):
    """Without names: what was said counts, not by whom."""

    list_display = ("at", "ready", "clear", "time", "comment")
    list_filter = ("ready", "clear", "time")
    fields = list_display


@admin.register(Cohort)
class CohortAdmin(BoundedSearch, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs alone
    """Instructors see and change the cohorts that they accompany; who makes one accompanies it."""

    list_display = ("name",)
    search_fields = ("name",)
    autocomplete_fields = ("instructors", "members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        cohorts: QuerySet[Cohort] = super().get_queryset(request)
        return cohorts if request.user.is_superuser else cohorts.filter(instructors=request.user.pk)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"instructors": [request.user.pk]}
