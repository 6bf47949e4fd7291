"""Two versions of an item side by side: what was inserted, deleted and left."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from questions.content import content_of
from questions.exhibits import exhibit_of
from questions.forms import CompareForm
from questions.models import Item
from questions.version_diff import compare


def diff(request: HttpRequest, item: Item, context: dict[str, Any]) -> HttpResponse:
    """Without choice the latest version against the one before it."""
    versions = item.versions.select_related("task", "author").prefetch_related("options").order_by("number")
    by_number = {version.number: version for version in versions}
    numbers = list(by_number)
    ends = {"from": numbers[-2], "to": numbers[-1]} if len(numbers) > 1 else {}
    form = CompareForm({**ends, **request.GET.dict()}, numbers=numbers)
    found: dict[str, Any] = {"form": form, "is_only_one": not ends}
    if ends and form.is_valid():
        old, new = by_number[form.cleaned_data["from"]], by_number[form.cleaned_data["to"]]
        found |= {
            "old": old,
            "new": new,
            "comparison": compare(content_of(old), content_of(new)),
            "exhibits": [(version, exhibit_of(version)) for version in (old, new)],
        }
    return TemplateResponse(request, "admin/questions/item/diff.html", context | found)
