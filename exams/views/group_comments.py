"""Writing about shared forms and their items, and keeping that in order."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.groups import NotPossible
from accounts.models import Membership
from exams.access import SignedInRequest
from exams.groups import discussion, sessions, shared_forms
from exams.groups.access import leading, membership_of
from exams.groups.forms import CommentForm, ReasonForm
from exams.models import GroupComment
from exams.views.group_exams import exam_page, item_page


@never_cache
@login_required
@require_POST
def write(request: SignedInRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    """Closed until one has finished the form; an item's discussion also while one is being asked that item."""
    own, now = membership_of(request.user, public_id), timezone.now()
    place = shared_forms.place_of(own, number, now=now)
    form = CommentForm(request.POST)
    if place is None or place.attempt is None or not place.has_finished or "position" in form.errors:
        raise Http404
    form_item = None
    if position := form.cleaned_data["position"]:
        found = sessions.item_of(place.exam, place.attempt, position)
        if found is None:
            raise Http404
        form_item = found.form_item
    if form.is_valid():
        try:
            text = form.cleaned_data["text"]
            made = discussion.write(exam=place.exam, form_item=form_item, author=request.user, text=text, now=now)
        except NotPossible as error:
            form.add_error("text", str(error))
        else:
            return redirect(_where(own, made))
    return item_page(request, place, form_item.position, form) if form_item else exam_page(request, place, form)


@never_cache
@login_required
@require_GET
def waiting(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """What was reported or is hidden, for who leads the group."""
    own = leading(request.user, public_id)
    context = {"own": own, "group": own.group, "waiting": discussion.waiting(own)}
    return TemplateResponse(request, "exams/groups/comments.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def report(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    own = membership_of(request.user, public_id)
    comment = discussion.readable(own, pk)
    if comment is None or comment.hidden_at or comment.author_id == request.user.pk:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        discussion.report(comment=comment, by=request.user, reason=reason, now=timezone.now())
        messages.success(request, "Thank you. Somebody who leads the group will look at it.")
        return redirect(_where(own, comment))
    context = {"own": own, "group": own.group, "form": form, "back": _where(own, comment), "what": "report"}
    return TemplateResponse(request, "exams/groups/reason.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def hide(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    own = leading(request.user, public_id)
    comment = _to_moderate(own, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        discussion.hide(comment=comment, reason=form.cleaned_data["reason"], now=timezone.now())
        messages.success(request, "The comment is hidden. Its author is told why.")
        return redirect("exams:group_comments", public_id)
    back = reverse("exams:group_comments", args=[public_id])
    context = {"own": own, "group": own.group, "form": form, "back": back, "what": "hide"}
    return TemplateResponse(request, "exams/groups/reason.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_POST
def show_again(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    """Also the answer to a report of something that may stay."""
    discussion.show_again(comment=_to_moderate(leading(request.user, public_id), pk))
    messages.success(request, "The comment stays to be read.")
    return redirect("exams:group_comments", public_id)


@never_cache
@login_required
@require_POST
def delete(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    """One's own, or any for who leads the group."""
    own = membership_of(request.user, public_id)
    comment = discussion.readable(own, pk)
    if comment is None or comment.author_id != request.user.pk:
        discussion.delete(comment=_to_moderate(own, pk))
        messages.success(request, "The comment is gone.")
        return redirect("exams:group_comments", public_id)
    back = _where(own, comment)
    discussion.delete(comment=comment)
    messages.success(request, "Your comment is gone.")
    return redirect(back)


def _to_moderate(own: Membership, pk: int) -> GroupComment:
    comment = discussion.to_moderate(own, pk)
    if comment is None:
        raise Http404
    return comment


def _where(own: Membership, comment: GroupComment) -> str:
    """The page of the comment's discussion."""
    arguments = [own.group.public_id, comment.exam.exam_form.published_number]
    if comment.form_item:
        return reverse("exams:group_item", args=[*arguments, comment.form_item.position]) + "#discussion"
    return reverse("exams:group_form", args=arguments) + "#discussion"
