"""Forms that a group sits together, and the session on what most of it missed."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.groups import NotPossible
from exams import scoring
from exams.access import SignedInRequest
from exams.attempts import NotNow, close_if_overdue
from exams.groups import discussion, sessions, shared_forms, standing
from exams.groups.access import leading, membership_of
from exams.groups.forms import CommentForm, GroupExamForm, WindowForm
from exams.groups.shared_forms import Place
from exams.planning import today_of

USUAL_DAYS = 7


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def share(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    own = leading(request.user, public_id)
    today, shareable = today_of(request.user, timezone.now()), shared_forms.shareable(own.group)
    initial = {"first": today, "last": today + timedelta(days=USUAL_DAYS)}
    form = GroupExamForm(request.POST or None, initial=initial, today=today, shareable=shareable)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        chosen = next(one for one in shareable if one.published_number == said["number"])
        try:
            shared_forms.share(
                group=own.group, exam_form=chosen, first=said["first"], last=said["last"], by=request.user
            )
        except NotPossible as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"The group sits {chosen} now.")
        return redirect("exams:group", public_id)
    context = {"own": own, "group": own.group, "form": form, "shareable": shareable}
    return TemplateResponse(request, "exams/groups/share_form.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_GET
def exam(request: SignedInRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    """Before one has finished it: when and how. Afterwards: what most of the group missed, results, discussion."""
    return exam_page(request, _place(request, public_id, number))


def exam_page(request: SignedInRequest, place: Place, form: CommentForm | None = None) -> HttpResponse:
    context: dict[str, Any] = {"own": place.own, "group": place.own.group, "place": place, "exam": place.exam}
    if place.attempt and place.has_finished:
        context |= {
            "session": sessions.of(place.exam, place.attempt),
            "results": standing.results_of(place.own.group, place.exam.exam_form),
            "comments": discussion.about(place.exam, place.own, None),
            "form": form or CommentForm(),
        }
    return TemplateResponse(request, "exams/groups/exam.html", context, status=422 if form and form.errors else 200)


@never_cache
@login_required
@require_POST
def start(request: SignedInRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    place = _place(request, public_id, number)
    try:
        attempt = shared_forms.start(exam=place.exam, user=request.user, now=place.now)
    except NotNow as error:
        messages.error(request, str(error))
        return redirect("exams:group_form", public_id, number)
    return redirect("exams:room", attempt.public_id)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def move(request: SignedInRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    leading(request.user, public_id)
    place = _place(request, public_id, number)
    days = [timezone.localtime(at, request.user.zone).date() for at in (place.exam.opens_at, place.last_day)]
    initial, today = dict(zip(("first", "last"), days, strict=True)), today_of(request.user, place.now)
    form = WindowForm(request.POST or None, initial=initial, today=today)
    if request.method == "POST" and form.is_valid():
        shared_forms.move(exam=place.exam, by=request.user, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("exams:group_form", public_id, number)
    context = {"own": place.own, "group": place.own.group, "exam": place.exam, "form": form}
    return TemplateResponse(request, "exams/groups/move_form.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: SignedInRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    leading(request.user, public_id)
    place = _place(request, public_id, number)
    if request.method == "POST":
        shared_forms.withdraw(exam=place.exam)
        messages.success(request, f"{place.exam.exam_form} is no form of the group any more.")
        return redirect("exams:group", public_id)
    context = {"own": place.own, "group": place.own.group, "exam": place.exam}
    return TemplateResponse(request, "exams/groups/withdraw_form.html", context)


@never_cache
@login_required
@require_GET
def item(request: SignedInRequest, public_id: uuid.UUID, number: int, position: int) -> HttpResponse:
    return item_page(request, _place(request, public_id, number), position)


def item_page(request: SignedInRequest, place: Place, position: int, form: CommentForm | None = None) -> HttpResponse:
    """Only for who has finished the form, and not while the item is in an exam that they have open."""
    found = sessions.item_of(place.exam, place.attempt, position) if place.attempt and place.has_finished else None
    if found is None:
        raise Http404
    context = {
        "own": place.own,
        "group": place.own.group,
        "place": place,
        "exam": place.exam,
        "found": found,
        "item": found.item,
        "comments": discussion.about(place.exam, place.own, found.form_item),
        "form": form or CommentForm(initial={"position": position}),
    }
    return TemplateResponse(request, "exams/groups/item.html", context, status=422 if form and form.errors else 200)


def _place(request: SignedInRequest, public_id: uuid.UUID, number: int) -> Place:
    """Closes an overdue attempt and scores an unscored one, as the report does."""
    own, now = membership_of(request.user, public_id), timezone.now()
    place = shared_forms.place_of(own, number, now=now)
    if place is None:
        raise Http404
    if place.attempt and close_if_overdue(attempt=place.attempt, now=now):
        scoring.ensure_scored(attempt=place.attempt, now=now)
    return place
