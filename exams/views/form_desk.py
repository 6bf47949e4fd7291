"""The form desk: published forms, what can be built, and parallel forms from the wish to the freeze."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from exams import coverage, form_builds, form_facts, pools
from exams.access import SignedInRequest, must_work_here
from exams.forms import WishForm
from exams.models import BuildState, ExamForm, FormBuild
from exams.pools import NoOutline
from exams.tasks import queue_build
from questions import workflow

MOST_BUILDS = 20


@never_cache
@login_required
@require_GET
def forms(request: SignedInRequest) -> HttpResponse:
    """Published forms, what the fresh items suffice for, and the latest builds."""
    must_work_here(request)
    try:
        fresh = coverage.of_bank(without=pools.in_published_forms())
    except NoOutline:
        fresh = None
    context = {
        "exam_forms": form_facts.published(),
        "fresh": fresh,
        "builds": FormBuild.objects.select_related("by")[:MOST_BUILDS],
        "may_build": request.user.has_perm(workflow.SIGN),
    }
    return TemplateResponse(request, "exams/forms.html", context)


@never_cache
@login_required
@require_GET
def form(request: SignedInRequest, number: int) -> HttpResponse:
    must_work_here(request)
    exam_form = ExamForm.objects.published().filter(published_number=number).select_related("outline").first()
    if exam_form is None:
        raise Http404
    context = {
        "exam_form": exam_form,
        "finished": exam_form.attempts.finished().count(),
        "facts": form_facts.of_published(exam_form),
        "measured": form_facts.measured(exam_form),
        "ties": form_facts.ties(exam_form),
        "changed": form_facts.changed(exam_form),
    }
    return TemplateResponse(request, "exams/form.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def build_forms(request: SignedInRequest) -> HttpResponse:
    """Ask for parallel forms. Where no worker runs, the answer comes when the search is over."""
    _must_sign(request)
    try:
        outline, _ = pools.current_quotas()
    except NoOutline:
        return redirect("exams:forms")
    wish_form = WishForm(request.POST or None, size=outline.item_count)
    if not wish_form.is_valid():
        context = {"form": wish_form, "outline": outline}
        return TemplateResponse(request, "exams/build_forms.html", context, status=422 if request.POST else 200)
    build = form_builds.ask(wish=wish_form.wish(), by=request.user, now=timezone.now())
    queue_build(build)
    return redirect("exams:form_build", build.pk)


@never_cache
@login_required
@vary_on_headers("HX-Request")
@require_GET
def form_build(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far a search is, or what it found; the fragment asks for itself while the search goes on."""
    build = _build(request, pk)
    is_found = build.state in (BuildState.PROPOSED, BuildState.FROZEN)
    proposed = form_facts.of_build(build) if is_found else []
    context = {
        "problem": form_builds.proposal(build)[0] if is_found else None,
        "build": build,
        "is_lost": form_builds.lost(now=timezone.now()).filter(pk=pk).exists(),
        "proposed": proposed,
        "sections": form_facts.side_by_side(build, proposed) if is_found else [],
        "may_freeze": request.user.has_perm(workflow.SIGN) and build.state == BuildState.PROPOSED,
    }
    return TemplateResponse(request, "exams/_build.html" if request.htmx else "exams/build.html", context)


@never_cache
@login_required
@require_POST
def freeze_forms(request: SignedInRequest, pk: int) -> HttpResponse:
    _must_sign(request)
    build = _build(request, pk)
    try:
        published = form_builds.freeze(build=build, by=request.user, now=timezone.now())
    except form_builds.Refused as error:
        messages.error(request, f"Nothing was published. {' '.join(error.reasons[:5])}")
        return redirect("exams:form_build", pk)
    messages.success(request, f"Published: {', '.join(map(str, published))}.")
    return redirect("exams:forms")


def _must_sign(request: SignedInRequest) -> None:
    must_work_here(request)
    if not request.user.has_perm(workflow.SIGN):
        raise PermissionDenied


def _build(request: SignedInRequest, pk: int) -> FormBuild:
    must_work_here(request)
    build = FormBuild.objects.filter(pk=pk).select_related("by", "frozen_by", "snapshot").first()
    if build is None:
        raise Http404
    return build
