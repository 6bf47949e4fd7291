"""The plan in other programs: sharing its calendar, ending that, and the feed itself."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from exams import plan_calendar
from exams.access import SignedInRequest


@never_cache
@login_required
@require_POST
def share(request: SignedInRequest) -> HttpResponse:
    """A new address, shown in this answer and never again; the one before ends."""
    token = plan_calendar.new_token(request.user)
    if token is None:
        messages.error(request, "There is no plan yet, so there is nothing to share. Make one first.")
        return redirect("exams:plan")
    address = request.build_absolute_uri(reverse("exams:calendar", args=[token]))
    return TemplateResponse(request, "exams/plan_calendar.html", {"address": address})


@never_cache
@login_required
@require_POST
def end(request: SignedInRequest) -> HttpResponse:
    plan_calendar.end(request.user)
    messages.success(request, "The calendar's address leads nowhere from now on.")
    return redirect("exams:plan")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """For calendar programs, which have no session: who knows the address may read."""
    now = timezone.now()
    plan = plan_calendar.plan_at(token)
    if plan is None:
        answer = HttpResponse("There is no calendar here.\n", content_type="text/plain; charset=utf-8", status=404)
    elif plan_calendar.is_asked_too_often(plan, now):
        answer = HttpResponse("Ask again in an hour.\n", content_type="text/plain; charset=utf-8", status=429)
        answer["Retry-After"] = "3600"
    else:
        page = request.build_absolute_uri(reverse("exams:plan"))
        answer = HttpResponse(plan_calendar.ics(plan, page=page), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer
