"""An item's enemies: found by code, by words of the stem or by likeness, added and removed by name."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from questions import enemies as pairs
from questions.admin.person import person
from questions.models import Item

MOST_CHARACTERS = 200


@require_safe
def enemies(request: HttpRequest, item: Item, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or for htmx what was found alone. Likeness is computed only where it is asked for."""
    query = request.GET.get("q", "").replace("\x00", "")[:MOST_CHARACTERS]
    found: dict[str, Any] = {"query": query, "found": pairs.found(item, query)}
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "admin/questions/item/_found.html", {"item": item, **found})
    mates = Item.objects.filter(matched_set=item.matched_set).exclude(pk=item.pk) if item.matched_set else []
    found |= {
        "enemies": pairs.of(item).order_by("code"),
        "mates": mates,
        "alike": pairs.most_alike(item) if "alike" in request.GET else None,
    }
    return TemplateResponse(request, "admin/questions/item/enemies.html", context | found)


@require_safe
def alike(request: HttpRequest, item: Item, context: dict[str, Any]) -> HttpResponse:
    """For htmx after the page is there: a large bank takes a moment."""
    found = {"item": item, "alike": pairs.most_alike(item)}
    return TemplateResponse(request, "admin/questions/item/_alike.html", found)


@require_POST
def add(request: HttpRequest, item: Item, context: dict[str, Any]) -> HttpResponse:
    return _change(request, item, pairs.pair, "{other} and {item} share no form from now on.")


@require_POST
def remove(request: HttpRequest, item: Item, context: dict[str, Any]) -> HttpResponse:
    return _change(request, item, pairs.part, "{other} and {item} may share a form again.")


def _change(request: HttpRequest, item: Item, change: Callable[..., None], done: str) -> HttpResponse:
    code = request.POST.get("other", "").strip().upper()[:20].replace("\x00", "")
    other = Item.objects.filter(code=code).first()
    if other is None:
        messages.error(request, f"There is no item {code or 'without a code'}.")
    else:
        try:
            change(item=item, other=other, by=person(request), now=timezone.now())
        except pairs.NotAllowed as error:
            messages.error(request, f"Nothing was changed: {error}")
        else:
            messages.success(request, done.format(item=item, other=other))
    query = request.POST.get("q", "")[:MOST_CHARACTERS]
    address = reverse("admin:questions_item_enemies", args=[item.pk])
    return redirect(f"{address}?{urlencode({'q': query})}" if query else address)
