"""What invigilators see of sittings: who, which form, until when. Seeds and answers stay out."""

from django.contrib import admin

from exams.models import Attempt
from questions.admin import ReadOnlyAdmin


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("user", "exam_form", "status", "started_at", "deadline_at", "finished_at", "ending")
    list_filter = ("status", "ending")
    list_select_related = ("user", "exam_form")
    search_fields = ("user__email", "user__name", "public_id")
    fields = ("public_id", *list_display)
