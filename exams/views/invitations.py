"""Inviting into a study group, and coming in.

An invitation's token is in the address of one page alone, which tells it to nobody. What follows knows the invitation
from the session: so the token is in no sign-in link, and forms are sent from a page that may say where it is.
"""

import uuid
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import invitations, rate_limits
from accounts.groups import NotPossible
from accounts.models import Invitation, Membership, Share
from accounts.queueing import queue
from accounts.tasks import send_invitation
from exams.access import SignedInRequest
from exams.groups.access import leading
from exams.groups.forms import LinkForm, MailForm, ShareForm

# From one address, behind which a whole class may sit.
MOST_KNOCKS_A_MINUTE = 120
INVITATION = "invitation"


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def group_invitations(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """All that were made; a POST makes one, by e-mail where it names an address. A link's address is shown once."""
    own = leading(request.user, public_id)
    by_mail = "email" in request.POST
    mail_form = MailForm(request.POST if by_mail else None)
    link_form = LinkForm(request.POST if request.method == "POST" and not by_mail else None)
    chosen, now = (mail_form if by_mail else link_form), timezone.now()
    context = {"own": own, "group": own.group, "mail_form": mail_form, "link_form": link_form, "now": now}
    if chosen.is_valid():
        try:
            if by_mail:
                email = mail_form.cleaned_data["email"]
                made = invitations.invite(group=own.group, by=request.user, email=email, now=now)
                _send(request, made)
                return redirect("exams:group_invitations", public_id)
            token = invitations.make_link(group=own.group, by=request.user, now=now, **link_form.cleaned_data)
            context["address"] = request.build_absolute_uri(reverse("exams:invitation", args=[token]))
            context["link_form"] = LinkForm()
        except NotPossible as error:
            chosen.add_error(None, str(error))
    context["rows"] = [
        {"invitation": one, "is_open": one.is_open(now), "may_send": invitations.may_send_again(one, now)}
        for one in own.group.invitations.select_related("made_by")
    ]
    return TemplateResponse(request, "exams/groups/invitations.html", context, status=422 if chosen.errors else 200)


@never_cache
@login_required
@require_POST
def revoke(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    own = leading(request.user, public_id)
    if not invitations.revoke(group=own.group, pk=pk, now=timezone.now()):
        raise Http404
    messages.success(request, "This invitation leads nowhere from now on.")
    return redirect("exams:group_invitations", public_id)


@never_cache
@login_required
@require_POST
def send_again(request: SignedInRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    own = leading(request.user, public_id)
    found = own.group.invitations.filter(pk=pk).first()
    if found is None:
        raise Http404
    if invitations.may_send_again(found, timezone.now()):
        _send(request, found)
    else:
        messages.error(request, "This invitation is over, or was sent within the last hour. Nothing was sent.")
    return redirect("exams:group_invitations", public_id)


def _send(request: SignedInRequest, made: Invitation) -> None:
    if queue(send_invitation, made.pk, request.build_absolute_uri("/")):
        messages.success(request, f"The invitation to {made.email} is on its way. One sent before leads nowhere now.")
    else:
        messages.error(request, f"No mail could be sent to {made.email} now. Send it again in a minute.")


@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The door: whoever is signed in goes on, others sign in or up first and come back."""
    now = timezone.now()
    knocks = rate_limits.count(f"join:{rate_limits.address_of(request)}", window=timedelta(minutes=1), now=now)
    if knocks > MOST_KNOCKS_A_MINUTE:
        return _untold(render(request, "exams/groups/knocked_too_often.html", status=429))
    found = invitations.open_at(token, now=now)
    if found is None:
        return _untold(_nothing_there(request))
    request.session[INVITATION] = found.pk
    if request.user.is_authenticated:
        return _untold(redirect("exams:join"))
    return _untold(render(request, "exams/groups/door.html", {"invitation": found, "group": found.group}))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def join(request: SignedInRequest) -> HttpResponse:
    """What joining shows the group, chosen before it happens."""
    now = timezone.now()
    known = Invitation.objects.open(now).filter(pk=request.session.get(INVITATION, 0))
    found = known.select_related("group", "made_by").first()
    if found is None:
        return _nothing_there(request)
    if found.group.memberships.active().filter(user=request.user).exists():
        return redirect("exams:group", found.group.public_id)
    form = ShareForm(request.POST or None, initial={"share": Share.PRACTICE})
    if request.method == "POST" and form.is_valid():
        try:
            share = Share(form.cleaned_data["share"])
            joined = invitations.accept(invitation=found, user=request.user, share=share, now=now)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            request.session.pop(INVITATION, None)
            return _welcome(request, joined)
    context = {"invitation": found, "group": found.group, "is_for_me": found.is_for(request.user), "form": form}
    return TemplateResponse(request, "exams/groups/join.html", context, status=422 if form.errors else 200)


def _welcome(request: SignedInRequest, joined: Membership) -> HttpResponse:
    if not joined.has_joined:
        messages.success(request, f"You have asked to join {joined.group}. Somebody there has to let you in.")
        return redirect("exams:groups")
    messages.success(request, f"Welcome to {joined.group}.")
    return redirect("exams:group", joined.group.public_id)


def _nothing_there(request: HttpRequest) -> HttpResponse:
    """The same for what never was, is over, revoked or used up."""
    return render(request, "exams/groups/no_invitation.html", status=404)


def _untold(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
