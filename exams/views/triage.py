"""Sorting the misses of a finished exam, one click each."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from exams import triage
from exams.access import SignedInRequest, own_attempt
from exams.models import MissReason


@never_cache
@login_required
@require_GET
def sort(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """The next miss that waits, or what they had in common."""
    attempt = own_attempt(request.user, public_id)
    if not attempt.is_finished:
        raise Http404
    sorting = triage.sorting_of(attempt)
    context = {
        "attempt": attempt,
        "sorting": sorting,
        "miss": next(iter(sorting.waiting), None),
        "reasons": MissReason.choices,
    }
    return TemplateResponse(request, "exams/triage.html", context)


@never_cache
@login_required
@require_POST
def tell(request: SignedInRequest, public_id: uuid.UUID, position: int) -> HttpResponse:
    own_attempt(request.user, public_id)
    reason = request.POST.get("reason", "")
    if reason not in MissReason.values:
        return HttpResponseBadRequest("Choose one of the five reasons.")
    try:
        triage.tell(user=request.user, public_id=public_id, position=position, reason=reason, now=timezone.now())
    except triage.NoSuchMiss as error:
        raise Http404 from error
    return redirect("exams:triage", public_id)
