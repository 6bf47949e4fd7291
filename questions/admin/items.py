"""Items in the admin: the list, one item with its versions, and the doors to the pages where somebody works on it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.admin_search import BoundedSearch
from questions import publishing
from questions.admin import comparisons, drafts, enemies, moves
from questions.admin.person import person
from questions.exhibits import exhibits_of
from questions.models import Item, ItemVersion

Page = Callable[..., HttpResponse]
Right = Callable[[HttpRequest, Item], bool]


@admin.register(Item)
class ItemAdmin(BoundedSearch, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs alone
    list_display = ("code", "status", "task", "published", "latest")
    list_filter = ("status", "published_version__task__domain", "published_version__cognitive")
    search_fields = ("code", "versions__stem")
    list_select_related = ("published_version__task",)
    actions = ("move",)
    change_form_template = "admin/questions/item/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        items: QuerySet[Item] = super().get_queryset(request)
        return items.annotate(latest_number=Max("versions__number"))

    def get_fields(self, request: HttpRequest, obj: Item | None = None) -> tuple[str, ...]:
        return ("code", "status", "matched_set") if obj else ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Item | None = None) -> tuple[str, ...]:
        return ("code", "status", "matched_set") if obj else ()

    def get_urls(self) -> list[URLPattern]:
        change, view = self.has_change_permission, self.has_view_permission
        return [
            path("move/", self.admin_site.admin_view(self.move_page), name="questions_item_move"),
            path("<int:pk>/draft/", self._page(drafts.draft, change), name="questions_item_draft"),
            path("<int:pk>/preview/", self._page(drafts.preview, change), name="questions_item_preview"),
            path("<int:pk>/diff/", self._page(comparisons.diff, view), name="questions_item_diff"),
            path("<int:pk>/enemies/", self._page(enemies.enemies, change), name="questions_item_enemies"),
            path("<int:pk>/enemies/alike/", self._page(enemies.alike, change), name="questions_item_alike"),
            path("<int:pk>/enemies/add/", self._page(enemies.add, change), name="questions_item_pair"),
            path("<int:pk>/enemies/remove/", self._page(enemies.remove, change), name="questions_item_part"),
            path(
                "<int:pk>/publish/<int:number>/",
                self._page(publish, lambda request, item: request.user.has_perm("questions.publish_item")),
                name="questions_item_publish",
            ),
            *super().get_urls(),
        ]

    def _page(self, view: Page, right: Right) -> Page:
        """A page about one item for those who have the right."""

        def page(request: HttpRequest, pk: int, **arguments: Any) -> HttpResponse:
            item = get_object_or_404(Item, pk=pk)
            if not right(request, item):
                raise PermissionDenied
            context = {**self.admin_site.each_context(request), "opts": self.opts, "item": item}
            return view(request, item, context, **arguments)

        return self.admin_site.admin_view(page)

    @admin.display(ordering="published_version__task")
    def task(self, item: Item) -> str:
        return str(item.published_version.task) if item.published_version else "–"

    @admin.display(ordering="published_version__number")
    def published(self, item: Item) -> str:
        return f"v{item.published_version.number}" if item.published_version else "–"

    @admin.display(ordering="latest_number")
    def latest(self, item: Item) -> str:
        return f"v{item.latest_number}" if item.latest_number else "–"  # type: ignore[attr-defined]  # annotated

    @admin.action(description="Move…")
    def move(self, request: HttpRequest, queryset: QuerySet[Item]) -> HttpResponse | None:
        return moves.start(request, queryset, {**self.admin_site.each_context(request), "opts": self.opts})

    def move_page(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return moves.move(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def response_add(self, request: HttpRequest, obj: Item, post_url_continue: str | None = None) -> HttpResponse:
        return redirect("admin:questions_item_draft", obj.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        item = self.get_object(request, unquote(object_id))
        versions = ItemVersion.objects.filter(item=item).order_by("-number")
        shown = list(versions.select_related("task", "author").prefetch_related("options"))
        exhibits = exhibits_of(shown)
        context = {
            **(extra_context or {}),
            "versions": [(version, exhibits[version.pk]) for version in shown],
            "may_publish": request.user.has_perm("questions.publish_item"),
        }
        return super().change_view(request, object_id, form_url, context)


@require_POST
def publish(request: HttpRequest, item: Item, context: dict[str, Any], *, number: int) -> HttpResponse:
    version = get_object_or_404(ItemVersion, item=item, number=number)
    try:
        publishing.publish(version=version, by=person(request), now=timezone.now())
    except publishing.NotAllowed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{version} is published.")
    return redirect("admin:questions_item_change", item.pk)
