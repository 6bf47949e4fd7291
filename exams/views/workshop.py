"""The instructors' workshop: what waits for review, how items have done, and the moves that a person signs."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import replica
from exams import coverage, item_statistics, promotion, regrading
from exams.access import SignedInRequest, must_work_here
from exams.charts import curves
from exams.forms import CommentForm, MoveForm, RegradeForm
from exams.models import Regrade
from exams.pools import NoOutline
from exams.tasks import queue_regrade
from questions import workflow
from questions.exhibits import exhibit_of
from questions.models import FaultReport, Item, ItemStatus, ItemTransition, ItemVersion, ReviewComment


@never_cache
@login_required
@require_GET
def desk(request: SignedInRequest) -> HttpResponse:
    """What waits for whom: items in review, one's own, reported faults."""
    must_work_here(request)
    latest = ItemVersion.objects.filter(item=OuterRef("pk")).order_by("-number")
    items = Item.objects.annotate(
        author_id=Subquery(latest.values("author")[:1]),
        author_name=Subquery(latest.values("author__name")[:1]),
        stem=Subquery(latest.values("stem")[:1]),
        changed_at=Max("versions__created_at"),
    )
    in_review = items.filter(status=ItemStatus.REVIEW).order_by("changed_at")
    mine = items.filter(author_id=request.user.pk).exclude(status=ItemStatus.RETIRED).order_by("-changed_at")
    context = {
        "in_review": in_review,
        "mine": mine[:50],
        "fault_count": FaultReport.objects.filter(resolved_at=None).count(),
        "pilot_count": Item.objects.filter(status=ItemStatus.PILOT).count(),
    }
    return TemplateResponse(request, "exams/workshop.html", context)


@never_cache
@login_required
@require_GET
def pilots(request: SignedInRequest) -> HttpResponse:
    """Every pilot against the rule of promotion, the most answered first."""
    must_work_here(request)
    with replica.reading():
        versions = ItemVersion.objects.filter(
            pk__in=Item.objects.filter(status=ItemStatus.PILOT).values("published_version")
        )
        measured = item_statistics.of_versions(list(versions.select_related("item").prefetch_related("options")))
    found = [promotion.readiness(one) for one in measured]
    found.sort(key=lambda one: (-one.measured.n, one.measured.version.item.code))
    return TemplateResponse(request, "exams/pilots.html", {"pilots": found})


@never_cache
@login_required
@require_GET
def coverage_page(request: SignedInRequest) -> HttpResponse:
    """Which domain limits the number of independent forms."""
    must_work_here(request)
    try:
        with replica.reading():
            found = coverage.of_bank()
    except NoOutline:
        found = None
    return TemplateResponse(request, "exams/coverage.html", {"coverage": found})


@never_cache
@login_required
@require_GET
def item(request: SignedInRequest, code: str) -> HttpResponse:
    return _page(request, _item(request, code))


@never_cache
@login_required
@require_POST
def move(request: SignedInRequest, code: str) -> HttpResponse:
    found = _item(request, code)
    form = MoveForm(request.POST, moves=workflow.moves_of(found, request.user))
    if not form.is_valid():
        return _page(request, found, move_form=form)
    to, reason = form.cleaned_data["to"], form.cleaned_data["reason"]
    together = Item.objects.filter(matched_set=found.matched_set) if found.matched_set else [found]
    try:
        moved = workflow.move(items=together, to=to, by=request.user, reason=reason, now=timezone.now())
    except workflow.NotAllowed as error:
        messages.error(request, f"Nothing was moved. {error}")
    else:
        messages.success(request, f"{', '.join(map(str, moved))}: now {to}.")
    return redirect("exams:workshop_item", code)


@never_cache
@login_required
@require_POST
def comment(request: SignedInRequest, code: str) -> HttpResponse:
    found = _item(request, code)
    form = CommentForm(request.POST)
    version = found.versions.order_by("number").last()
    if not form.is_valid() or version is None:
        return _page(request, found, comment_form=form)
    ReviewComment.objects.create(version=version, by=request.user, text=form.cleaned_data["text"], at=timezone.now())
    return redirect("exams:workshop_item", code)


@never_cache
@login_required
@require_POST
def regrade(request: SignedInRequest, code: str) -> HttpResponse:
    """Mark answers to an older version by the key of the published one."""
    found = _item(request, code)
    if not request.user.has_perm(workflow.SIGN):
        raise PermissionDenied
    form = RegradeForm(request.POST, offered=regrading.candidates(found))
    mended = found.published_version
    if not form.is_valid() or mended is None:
        return _page(request, found, regrade_form=form)
    try:
        made = regrading.start(
            version=found.versions.get(pk=form.cleaned_data["version"]),
            mended=mended,
            by=request.user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except regrading.NotAllowed as error:
        messages.error(request, str(error))
    else:
        queue_regrade(made)
        messages.success(request, "The mended key counts from now on; scores of finished exams follow.")
    return redirect("exams:workshop_item", code)


def _page(request: SignedInRequest, found: Item, **forms: Any) -> HttpResponse:
    versions = found.versions.select_related("task", "author").prefetch_related("options").order_by("-number")
    measured = item_statistics.of_versions(list(versions))
    # What people meet, else what is being written.
    shown = next((one for one in measured if one.version.pk == found.published_version_id), None) or next(
        iter(measured), None
    )
    offered = regrading.candidates(found) if request.user.has_perm(workflow.SIGN) else []
    context = {
        "item": found,
        "versions": versions,
        "measured": shown,
        "others": [one for one in measured if one is not shown and one.n],
        "exhibit": exhibit_of(shown.version) if shown else None,
        "curves": curves([(o.letter, o.is_key, o.shares) for o in shown.options]) if shown else [],
        "readiness": promotion.readiness(shown) if shown and found.status == ItemStatus.PILOT else None,
        "comments": ReviewComment.objects.filter(version__item=found).select_related("version", "by"),
        "transitions": ItemTransition.objects.filter(item=found).select_related("by", "version").order_by("-at"),
        "set_members": Item.objects.filter(matched_set=found.matched_set).exclude(pk=found.pk)
        if found.matched_set
        else [],
        "regrades": Regrade.objects.filter(version__item=found)
        .select_related("version", "mended", "by")
        .annotate(
            changed=Count("scores", filter=~Q(scores__raw_before=F("scores__raw_after"))), reached=Count("scores")
        ),
        "regrade_form": RegradeForm(offered=offered) if offered else None,
        "move_form": MoveForm(moves=workflow.moves_of(found, request.user)),
        "comment_form": CommentForm(),
    }
    return TemplateResponse(request, "exams/workshop_item.html", context | forms)


def _item(request: SignedInRequest, code: str) -> Item:
    must_work_here(request)
    found = Item.objects.filter(code=code).first()
    if found is None:
        raise Http404
    return found
