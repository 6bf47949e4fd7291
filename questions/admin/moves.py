"""Many items at once through the workshop's moves: first who can go and who cannot, then one signed reason."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import User
from questions import workflow
from questions.admin.person import person
from questions.forms import MoveManyForm
from questions.models import Item

MOST = 500
PREVIEW, SIGN = "preview", "sign"


def start(request: HttpRequest, chosen: QuerySet[Item], context: dict[str, Any]) -> HttpResponse | None:
    """The admin's action: from the ticked items to the page that asks where they shall go."""
    ids = list(chosen.order_by("code").values_list("pk", flat=True)[: MOST + 1])
    if len(ids) > MOST:
        messages.error(request, f"At most {MOST} items can be moved at once; choose fewer.")
        return None
    form = MoveManyForm(initial={"items": ",".join(map(str, ids))}, moves=_targets(ids, person(request)))
    return _page(request, context, ids, form)


@require_POST
def move(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Look, then sign: nothing moves before the page has said who stays, and those stay by a tick."""
    by = person(request)
    ids = _ids(request.POST.get("items", ""))
    is_signed = request.POST.get("do") == SIGN
    form = MoveManyForm(request.POST, moves=_targets(ids, by), is_signed=is_signed)
    form.full_clean()
    to = form.cleaned_data.get("to", "")
    if not to:
        return _page(request, context, ids, form)
    can, refusals = workflow.sort_out(_items(ids), to, by)
    if not is_signed:
        # Unbound again, so that the reason is not missed before it was asked for.
        form = MoveManyForm(initial=form.cleaned_data, moves=_targets(ids, by))
        return _page(request, context, ids, form, to=to, can=can, refusals=refusals)
    if refusals and not form.cleaned_data["those_that_can"]:
        form.add_error("those_that_can", "Tick this to move the others, or choose again.")
    if not form.is_valid() or not can:
        return _page(request, context, ids, form, to=to, can=can, refusals=refusals)
    try:
        moved = workflow.move(items=can, to=to, by=by, reason=form.cleaned_data["reason"], now=timezone.now())
    except workflow.NotAllowed as error:
        messages.error(request, f"Nothing was moved: {error}")
    else:
        messages.success(request, f"{len(moved)} moved to {to}: {', '.join(map(str, moved))}.")
    return redirect("admin:questions_item_changelist")


def _page(
    request: HttpRequest, context: dict[str, Any], ids: list[int], form: MoveManyForm, **found: Any
) -> HttpResponse:
    return TemplateResponse(
        request, "admin/questions/item/move.html", {**context, "form": form, "items": _items(ids), **found}
    )


def _ids(text: str) -> list[int]:
    numbers = [int(part) for part in text.split(",")[:MOST] if part.isdecimal() and len(part) < 19]
    return list(Item.objects.filter(pk__in=numbers).order_by("code").values_list("pk", flat=True))


def _items(ids: list[int]) -> list[Item]:
    return list(Item.objects.filter(pk__in=ids).select_related("published_version").order_by("code"))


def _targets(ids: list[int], by: User) -> list[str]:
    """Where at least one of the items may be moved by this person."""
    found = {to for item in _items(ids) for to in workflow.moves_of(item, by)}
    return sorted(found)
