"""The instructors' door to the bank: look, write a draft version, publish somebody else's, answer fault reports."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import User
from questions import drafting, preview, publishing
from questions.exhibits import exhibit_of
from questions.forms import DraftForm, OptionFormSet
from questions.models import Domain, FaultReport, Item, ItemVersion, Outline, Task


@admin.register(Item)
class ItemAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs alone
    list_display = ("code", "status", "task", "published", "latest")
    list_filter = ("status", "published_version__task__domain", "published_version__cognitive")
    search_fields = ("code", "versions__stem")
    list_select_related = ("published_version__task",)
    change_form_template = "admin/questions/item/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        items: QuerySet[Item] = super().get_queryset(request)
        return items.annotate(latest_number=Max("versions__number"))

    def get_fields(self, request: HttpRequest, obj: Item | None = None) -> tuple[str, ...]:
        return ("code", "status", "matched_set") if obj else ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Item | None = None) -> tuple[str, ...]:
        return ("code", "status", "matched_set") if obj else ()

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/draft/", wrap(self.draft), name="questions_item_draft"),
            path("<int:pk>/preview/", wrap(self.preview), name="questions_item_preview"),
            path("<int:pk>/publish/<int:number>/", wrap(self.publish), name="questions_item_publish"),
            *super().get_urls(),
        ]

    @admin.display(ordering="published_version__task")
    def task(self, item: Item) -> str:
        return str(item.published_version.task) if item.published_version else "–"

    @admin.display(ordering="published_version__number")
    def published(self, item: Item) -> str:
        return f"v{item.published_version.number}" if item.published_version else "–"

    @admin.display(ordering="latest_number")
    def latest(self, item: Item) -> str:
        return f"v{item.latest_number}" if item.latest_number else "–"  # type: ignore[attr-defined]  # annotated

    def response_add(self, request: HttpRequest, obj: Item, post_url_continue: str | None = None) -> HttpResponse:
        return redirect("admin:questions_item_draft", obj.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        item = self.get_object(request, unquote(object_id))
        versions = ItemVersion.objects.filter(item=item).order_by("-number")
        shown = versions.select_related("task", "author").prefetch_related("options")
        context = {
            **(extra_context or {}),
            "versions": [(version, exhibit_of(version)) for version in shown],
            "may_publish": request.user.has_perm("questions.publish_item"),
        }
        return super().change_view(request, object_id, form_url, context)

    def draft(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write a new version on top of the latest one."""
        item = get_object_or_404(Item, pk=pk)
        if not self.has_change_permission(request, item):
            raise PermissionDenied
        latest = item.versions.order_by("number").last()
        form = DraftForm(request.POST or None, initial=_initial(latest), item=item, latest=latest)
        options = OptionFormSet(request.POST or None, initial=_initial_options(latest), prefix="options")
        if request.method == "POST" and form.is_valid() and options.is_valid():
            try:
                return self._save_draft(request, item, form, options)
            except drafting.EditConflict:
                form.add_error(None, "Somebody saved a newer version meanwhile. Copy your text, reload, and merge.")
        context = {**self.admin_site.each_context(request), "item": item, "form": form, "options": options}
        return TemplateResponse(request, "admin/questions/item/draft.html", context)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        return require_POST(self._preview)(request, pk)

    def _preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For htmx while somebody writes: how the draft looks, and the linter's findings beside their fields."""
        item = get_object_or_404(Item, pk=pk)
        if not self.has_change_permission(request, item):
            raise PermissionDenied
        form = DraftForm(request.POST, item=item, latest=item.versions.order_by("number").last())
        shown = preview.of(form, OptionFormSet(request.POST, prefix="options"))
        context = {"preview": shown, "count": sum(map(len, shown.findings.values()))}
        return TemplateResponse(request, "admin/questions/item/_preview.html", context)

    def _save_draft(self, request: HttpRequest, item: Item, form: DraftForm, options: Any) -> HttpResponse:
        version = drafting.add_version(
            item=item,
            content=form.content(options.contents()),
            task=form.cleaned_data["task"],
            author=_person(request),
            now=timezone.now(),
            after=form.cleaned_data["after"],
        )
        messages.success(request, f"{version} is saved. Somebody else can publish it now.")
        return redirect("admin:questions_item_change", item.pk)

    def publish(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        return require_POST(self._publish)(request, pk, number)

    def _publish(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        if not request.user.has_perm("questions.publish_item"):
            raise PermissionDenied
        version = get_object_or_404(ItemVersion, item=pk, number=number)
        try:
            publishing.publish(version=version, by=_person(request), now=timezone.now())
        except publishing.NotAllowed as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{version} is published.")
        return redirect(reverse("admin:questions_item_change", args=[pk]))


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


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _initial(latest: ItemVersion | None) -> dict[str, Any]:
    if latest is None:
        return {"after": 0}
    names = ("cognitive", "order", "stem", "point", "exhibit_kind", "exhibit_title", "exhibit_body", "exhibit_alt")
    values = {name: getattr(latest, name) for name in names}
    return {**values, "after": latest.number, "task": latest.task_id, "references": latest.references}


def _initial_options(latest: ItemVersion | None) -> list[dict[str, Any]]:
    options = latest.options.all() if latest else []
    return [{"text": option.text, "is_key": option.is_key, "rationale": option.rationale} for option in options]
