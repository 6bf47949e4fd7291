"""The study plan: what is to be done this week, and making, mending and deleting the plan."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from exams import planning
from exams.access import SignedInRequest
from exams.forms import CatchUpForm, PlanForm, TickForm
from exams.pools import NoOutline


@never_cache
@login_required
@require_GET
def plan(request: SignedInRequest) -> HttpResponse:
    overview = planning.overview(user=request.user, now=timezone.now())
    return TemplateResponse(request, "exams/plan.html", {"overview": overview})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def make(request: SignedInRequest) -> HttpResponse:
    """Make the plan, or make it anew with another date or other hours."""
    now = timezone.now()
    overview = planning.overview(user=request.user, now=now)
    known = {"exam_on": overview.plan.exam_on, "hours_per_week": overview.plan.hours_per_week} if overview else None
    form = PlanForm(request.POST or None, initial=known, today=planning.today_of(request.user, now))
    if not form.is_valid():
        context = {"form": form, "overview": overview}
        return TemplateResponse(request, "exams/make_plan.html", context, status=422 if request.POST else 200)
    try:
        planning.make(user=request.user, now=now, **form.cleaned_data)
    except NoOutline as error:
        messages.error(request, f"No plan was made. {error}")
        return redirect("exams:make_plan")
    messages.success(request, "Your plan is made.")
    return redirect("exams:plan")


@never_cache
@login_required
@vary_on_headers("HX-Request")
@require_POST
def tick(request: SignedInRequest, pk: int) -> HttpResponse:
    """For htmx the part of the page that a tick changes."""
    form = TickForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("Say done=yes or done=no; nothing was changed.")
    now = timezone.now()
    if not planning.tick(user=request.user, pk=pk, is_done=form.cleaned_data["done"], now=now):
        raise Http404
    if request.htmx:
        context = {"overview": planning.overview(user=request.user, now=now)}
        return TemplateResponse(request, "exams/_plan_now.html", context)
    return redirect(f"{reverse('exams:plan')}#task-{pk}")


@never_cache
@login_required
@require_POST
def catch_up(request: SignedInRequest) -> HttpResponse:
    """What becomes of the tasks of weeks that are over: spread over the days left, or let go."""
    form = CatchUpForm(request.POST)
    now = timezone.now()
    if not form.is_valid():
        messages.error(request, "That was none of the choices; nothing was changed.")
    elif form.cleaned_data["missed"] == "spread":
        count = planning.catch_up(user=request.user, now=now)
        messages.success(request, f"{count} missed task{'s' * (count != 1)} moved to the days that are left.")
    else:
        count = planning.let_go(user=request.user, now=now)
        messages.success(request, f"{count} missed task{'s' * (count != 1)} let go. The plan goes on as it was.")
    return redirect("exams:plan")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        planning.delete(user=request.user)
        messages.success(request, "Your plan is deleted, and its calendar with it. Your answers and scores stay.")
        return redirect("exams:plan")
    if planning.overview(user=request.user, now=timezone.now()) is None:
        return redirect("exams:plan")
    return TemplateResponse(request, "exams/delete_plan.html")
