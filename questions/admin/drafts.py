"""The editor: a new version on top of the latest one, with its options, its exhibit and what it looks like."""

from typing import Any

from django.contrib import messages
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from questions import drafting, option_rows, pictures
from questions import preview as previews
from questions.admin.person import person
from questions.completeness import missing
from questions.content import content_of
from questions.exhibits import exhibit_of
from questions.forms import DraftForm, OptionFormSet, UploadForm
from questions.models import ExhibitKind, Item, ItemVersion
from questions.pictures import Picture
from questions.version_diff import compare

SAVE, UPLOAD, OPTION = "save", "upload", "option-"


def draft(request: HttpRequest, item: Item, context: dict[str, Any]) -> HttpResponse:
    """Write a new version; every step before saving gives back what was typed.

    1. A chosen file becomes the exhibit: a picture is stored at once, so that it outlives a form with an error.
    2. To save is to check; the other buttons rearrange the options or only upload, and complain of nothing yet.
    3. Where somebody else was quicker, show what they changed; saving goes over it only after a look.
    """
    latest = item.versions.order_by("number").last()
    if request.method != "POST":
        form = DraftForm(initial=_initial(latest), item=item, latest=latest)
        options = OptionFormSet(initial=_initial_options(latest), prefix="options")
        return _page(request, context, form, options, upload=UploadForm())
    typed = request.POST.copy()
    upload = UploadForm(request.POST, request.FILES)
    if upload.is_valid():
        _take(upload.cleaned_data["file"], typed)
    step = typed.get("do", SAVE)
    if step != SAVE:
        form = DraftForm(initial=_as_typed(typed), item=item, latest=latest)
        rows, at_hand = option_rows.after(option_rows.typed(typed), step.removeprefix(OPTION))
        options = OptionFormSet(initial=rows, prefix="options")
        conflict = _conflict(item, typed)
        at_hand = UPLOAD if step == UPLOAD else at_hand
        return _page(request, context, form, options, upload=upload, conflict=conflict, at_hand=at_hand)
    form = DraftForm(typed, item=item, latest=latest)
    options = OptionFormSet(typed, prefix="options")
    # Each is asked, so that every error is shown at once.
    if all([form.is_valid(), options.is_valid(), upload.is_valid()]):
        try:
            return _save(request, item, form, options)
        except drafting.EditConflict:
            form.add_error(None, "Nothing is saved yet: somebody saved a newer version meanwhile.")
    return _page(request, context, form, options, upload=upload, conflict=_conflict(item, typed))


@require_POST
def preview(request: HttpRequest, item: Item, context: dict[str, Any]) -> HttpResponse:
    """For htmx while somebody writes: how the draft looks, and the linter's findings beside their fields."""
    form = DraftForm(request.POST, item=item, latest=item.versions.order_by("number").last())
    shown = previews.of(form, OptionFormSet(request.POST, prefix="options"))
    found = {"preview": shown, "count": sum(map(len, shown.findings.values()))}
    return TemplateResponse(request, "admin/questions/item/_preview.html", found)


def _page(
    request: HttpRequest,
    context: dict[str, Any],
    form: DraftForm,
    options: Any,
    *,
    upload: UploadForm,
    conflict: dict[str, Any] | None = None,
    at_hand: str = "",
) -> HttpResponse:
    control, _, place = at_hand.partition("-")
    if control == "text":
        options.forms[-1].fields["text"].widget.attrs["autofocus"] = True
    elif place:
        options.forms[int(place)].at_hand = control
    found = {
        "form": form,
        "options": options,
        "upload": upload,
        "at_hand": at_hand,
        "conflict": conflict,
        "picture": form["exhibit_picture"].value(),
        "may_add": len(options.forms) < option_rows.MOST,
        "may_remove": len(options.forms) > option_rows.FEWEST,
    }
    return TemplateResponse(request, "admin/questions/item/draft.html", context | found)


def _save(request: HttpRequest, item: Item, form: DraftForm, options: Any) -> HttpResponse:
    content = form.content(options.contents())
    version = drafting.add_version(
        item=item,
        content=content,
        task=form.cleaned_data["task"],
        author=person(request),
        now=timezone.now(),
        after=form.cleaned_data["on_top"] or form.cleaned_data["after"],
    )
    lacks = missing(content)
    then = f"Before it can be published it needs {', '.join(lacks)}." if lacks else "Somebody else can publish it now."
    messages.success(request, f"{version} is saved. {then}")
    return redirect("admin:questions_item_change", item.pk)


def _take(upload: Picture | str | None, typed: QueryDict) -> None:
    """Let the uploaded file be the exhibit that the form speaks of."""
    if isinstance(upload, Picture):
        typed["exhibit_kind"] = ExhibitKind.IMAGE
        typed["exhibit_picture"] = pictures.store(upload, now=timezone.now()).pk
    elif upload:
        typed["exhibit_kind"] = ExhibitKind.SVG
        typed["exhibit_body"] = upload


def _conflict(item: Item, typed: QueryDict) -> dict[str, Any] | None:
    """What somebody else has saved since the version that the author started from."""
    versions = item.versions.select_related("task", "author").prefetch_related("options").order_by("number")
    newest, after = versions.last(), typed.get("after", "")
    if newest is None or str(newest.number) == after:
        return None
    found = {"newest": newest, "is_agreed": typed.get("on_top") == str(newest.number)}
    base = versions.filter(number=after).first() if after.isdecimal() and len(after) < 9 else None
    if base is None:
        return found
    return {
        **found,
        "base": base,
        "comparison": compare(content_of(base), content_of(newest)),
        "exhibits": [(version, exhibit_of(version)) for version in (base, newest)],
    }


def _initial(latest: ItemVersion | None) -> dict[str, Any]:
    if latest is None:
        return {"after": 0}
    names = ("cognitive", "order", "stem", "point", "exhibit_kind", "exhibit_title", "exhibit_body", "exhibit_alt")
    values = {name: getattr(latest, name) for name in names}
    if latest.exhibit_kind == ExhibitKind.IMAGE:
        values |= {"exhibit_picture": latest.exhibit_body, "exhibit_body": ""}
    return {**values, "after": latest.number, "task": latest.task_id, "references": latest.references}


def _initial_options(latest: ItemVersion | None) -> list[option_rows.Row]:
    if latest is None:
        return option_rows.blank()
    return [{"text": o.text, "is_key": o.is_key, "rationale": o.rationale} for o in latest.options.all()]


def _as_typed(typed: QueryDict) -> dict[str, Any]:
    """What was sent as a form's first values: shown again as it is, and not judged."""
    return {name: typed.get(name, "") for name in DraftForm.base_fields} | {
        "references": InvalidJSONInput(typed.get("references", ""))
    }
