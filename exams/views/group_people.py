"""The people of a study group: roles, letting in, taking out, handing over."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import groups
from accounts.groups import NotPossible
from accounts.models import Membership, Role
from exams.access import SignedInRequest
from exams.groups.access import leading, membership_of, owning
from exams.groups.forms import RemoveForm, RoleForm


@never_cache
@login_required
@require_GET
def members(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Everybody sees names and roles; who leads the group also sees who asks to be let in."""
    own = membership_of(request.user, public_id)
    people = own.group.memberships.select_related("user", "group")
    context = {
        "own": own,
        "group": own.group,
        "members": people.active(),
        "asking": people.asking() if own.leads else (),
        "role_form": RoleForm(),
    }
    return TemplateResponse(request, "exams/groups/members.html", context)


@never_cache
@login_required
@require_POST
def change_role(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    own = owning(request.user, public_id)
    member, form = _other(own, pk), RoleForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("Say role=instructor or role=member; nothing was changed.")
    role = Role(form.cleaned_data["role"])
    try:
        groups.change_role(group=own.group, of=member, role=role, by=request.user)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{member.name} is {'an instructor' if role == Role.INSTRUCTOR else 'a member'} now.")
    return redirect("exams:group_members", public_id)


@never_cache
@login_required
@require_POST
def admit(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    own = leading(request.user, public_id)
    member = _other(own, pk)
    try:
        groups.admit(group=own.group, asking=member, now=timezone.now())
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{member.name} is in the group.")
    return redirect("exams:group_members", public_id)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def remove(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    """Asks first; of somebody who waits at the door it is a refusal."""
    own = leading(request.user, public_id)
    member, form = _other(own, pk), RemoveForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"own": own, "group": own.group, "member": member, "form": form}
        return TemplateResponse(request, "exams/groups/remove.html", context)
    ends_links = form.cleaned_data["ends_links"]
    try:
        groups.remove(group=own.group, member=member, by=request.user, ends_links=ends_links, now=timezone.now())
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{member.name} is not in the group.")
    return redirect("exams:group_members", public_id)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def hand_over(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    own = owning(request.user, public_id)
    member = _other(own, pk)
    if request.method == "GET":
        context = {"own": own, "group": own.group, "member": member}
        return TemplateResponse(request, "exams/groups/hand_over.html", context)
    try:
        groups.hand_over(group=own.group, to=member, by=request.user)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{own.group} belongs to {member.name} now. You are an instructor of it.")
    return redirect("exams:group_members", public_id)


def _other(own: Membership, pk: int) -> Membership:
    """Somebody of the group, or at its door."""
    found = own.group.memberships.filter(pk=pk).select_related("user", "group").first()
    if found is None:
        raise Http404
    return found
