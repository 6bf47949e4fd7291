"""Study groups a person is in: the list, making one, its settings, what one shares in it, and leaving."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import groups
from accounts.groups import NotPossible
from accounts.models import Membership, Share
from exams.access import SignedInRequest
from exams.groups import activity, discussion, shared_forms, standing
from exams.groups.access import at_the_door, membership_of, owning
from exams.groups.forms import GroupForm, ShareForm
from exams.planning import today_of


@never_cache
@login_required
@require_GET
def group_list(request: SignedInRequest) -> HttpResponse:
    own = Membership.objects.filter(user=request.user).select_related("group").order_by("group__name", "pk")
    return TemplateResponse(request, "exams/groups/list.html", {"memberships": own})


@never_cache
@login_required
@require_GET
def group(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """The group as its members see it, all of them alike."""
    own, now = membership_of(request.user, public_id), timezone.now()
    found = own.group
    context = {
        "own": own,
        "group": found,
        "activity": activity.of(found, now=now),
        "plans": standing.plans_of(found, now=now),
        "weeks_left": standing.weeks_left(found.exam_on, today_of(request.user, now)) if found.exam_on else "",
        "domains": standing.domains_of(found),
        "results": standing.results_of(found),
        "places": shared_forms.places_of(own, now=now),
        "waiting": discussion.waiting_count(found) if own.leads else 0,
        "asking": found.memberships.asking().count() if own.leads else 0,
        "member_count": found.memberships.active().count(),
    }
    return TemplateResponse(request, "exams/groups/group.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def make(request: SignedInRequest) -> HttpResponse:
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            group = groups.create(by=request.user, now=timezone.now(), **form.cleaned_data)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{group} is there. Invite the others now.")
            return redirect("exams:group_invitations", group.public_id)
    return TemplateResponse(request, "exams/groups/make.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def settings(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """The owner's: name, description, exam date, approval."""
    own = owning(request.user, public_id)
    # Of its own, so that a refused form does not change the name in the page's heading.
    form = GroupForm(request.POST or None, instance=owning(request.user, public_id).group)
    if request.method == "POST" and form.is_valid():
        try:
            groups.change(group=own.group, values=form.cleaned_data, by=request.user)
        except NotPossible as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Saved.")
        return redirect("exams:group", public_id)
    context = {"own": own, "group": own.group, "form": form}
    return TemplateResponse(request, "exams/groups/settings.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def close(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    own = owning(request.user, public_id)
    if request.method == "POST":
        try:
            groups.close(group=own.group, by=request.user)
        except NotPossible as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{own.group} is closed.")
        return redirect("exams:groups")
    return TemplateResponse(request, "exams/groups/close.html", {"own": own, "group": own.group})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def sharing(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    own = membership_of(request.user, public_id)
    form = ShareForm(request.POST or None, initial={"share": own.share})
    if request.method == "POST" and form.is_valid():
        groups.share(group=own.group, user=request.user, what=Share(form.cleaned_data["share"]))
        messages.success(request, "Saved. It holds from now on.")
        return redirect("exams:group", public_id)
    context = {"own": own, "group": own.group, "form": form}
    return TemplateResponse(request, "exams/groups/sharing.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def leave(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    own = at_the_door(request.user, public_id)
    if request.method == "POST":
        try:
            groups.leave(group=own.group, user=request.user)
        except NotPossible as error:
            messages.error(request, str(error))
            return redirect("exams:group", public_id)
        if "deletes_comments" in request.POST:
            discussion.delete_all_of(request.user, own.group)
        messages.success(request, f"You have left {own.group}. It sees nothing of you any more.")
        return redirect("exams:groups")
    return TemplateResponse(request, "exams/groups/leave.html", {"own": own, "group": own.group})
