"""The instructors' door to the bank: look, write a draft version, publish somebody else's, answer fault reports."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from questions.admin.items import ItemAdmin
from questions.models import Domain, FaultReport, Outline, Task

__all__ = ["ItemAdmin", "ReadOnlyAdmin"]


@admin.register(FaultReport)
class FaultReportAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("version", "message", "reporter", "created_at", "resolved_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter),)
    list_select_related = ("version__item", "reporter")
    fields = ("version", "reporter", "message", "created_at", "resolution", "resolved_at")
    readonly_fields = ("version", "reporter", "message", "created_at", "resolved_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: FaultReport, form: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        obj.resolved_at = timezone.now() if obj.resolution else None
        obj.save(update_fields=["resolution", "resolved_at"])


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Content that comes from files: looked at here, changed there."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Outline)
class OutlineAdmin(ReadOnlyAdmin):
    list_display = ("name", "scored_count", "pilot_count", "minutes", "is_current")


@admin.register(Domain)
class DomainAdmin(ReadOnlyAdmin):
    list_display = ("number", "name", "weight", "outline")
    list_select_related = ("outline",)


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "basis")
