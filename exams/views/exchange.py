"""Items come and go: files of several formats, with a list of what would happen before anything does."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import audit
from accounts.models import Verb
from accounts.queueing import queue
from exams.access import SignedInRequest, must_work_here
from questions import exporting
from questions.exchange import formats, uploads
from questions.exchange.upload_forms import ExportForm, UploadForm
from questions.models import BankImport, ImportState
from questions.tasks import apply_import, check_import

RIGHTS = ("questions.add_item", "questions.change_item")
ROWS = 200
NOT_QUEUED = "The background worker cannot be reached just now. Nothing is lost; try again in a minute."


@never_cache
@login_required
@require_GET
def exchange(request: SignedInRequest) -> HttpResponse:
    must_work_here(request)
    return _page(request, UploadForm())


@never_cache
@login_required
@require_GET
def export(request: SignedInRequest) -> HttpResponse:
    """The file itself, or first the list of what its format cannot carry."""
    must_work_here(request)
    form = ExportForm(request.GET)
    if not form.is_valid():
        return _page(request, UploadForm(), export_form=form)
    said = form.cleaned_data
    one = formats.BY_CODE[said["format"]]
    written = formats.write(exporting.entries(domain=said["domain"], status=said["status"]), one)
    if "file" not in request.GET:
        context = {"one": one, "written": written, "query": request.GET.urlencode()}
        return TemplateResponse(request, "exams/export.html", context)
    detail = {"format": one.code, "items": written.count, "domain": said["domain"], "status": said["status"]}
    audit.record(verb=Verb.BANK_EXPORTED, by=request.user, target="item bank", detail=detail)
    name = "-".join(filter(None, ("bank", said["domain"].lower(), said["status"], one.code)))
    headers = {"Content-Disposition": f'attachment; filename="{name}.{one.suffix}"'}
    return HttpResponse(written.content, content_type=one.media_type, headers=headers)


@never_cache
@login_required
@require_POST
def upload(request: SignedInRequest) -> HttpResponse:
    _must_write(request)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    received = uploads.receive(**form.arguments(), by=request.user, now=timezone.now())
    if not queue(check_import, received.pk):
        messages.error(request, NOT_QUEUED)
    return redirect("exams:import", received.pk)


@never_cache
@login_required
@vary_on_headers("HX-Request")
@require_GET
def imported(request: SignedInRequest, pk: int) -> HttpResponse:
    """The fate of every question in a file; while it is being worked on, how far that is."""
    found = _own(request, pk)
    fate = request.GET.get("fate", "")
    rows = [row for row in found.report if fate in ("", row["fate"])]
    context = {
        "upload": found,
        "format": formats.BY_CODE[found.format],
        "counts": sorted(uploads.counts(found).items()),
        "fate": fate,
        "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
        "done": uploads.done_of(found),
        "is_busy": found.state in (ImportState.WAITING, ImportState.APPLYING),
    }
    return TemplateResponse(request, "exams/_import.html" if request.htmx else "exams/import.html", context)


@never_cache
@login_required
@require_POST
def check(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask again, after the worker was not there or stumbled."""
    found = _own(request, pk)
    BankImport.objects.filter(pk=found.pk, state=ImportState.FAILED).update(state=ImportState.WAITING, message="")
    if not queue(check_import, found.pk):
        messages.error(request, NOT_QUEUED)
    return redirect("exams:import", pk)


@never_cache
@login_required
@require_POST
def apply(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    if not uploads.claim(upload=found):
        messages.error(request, "This file cannot be applied: it was refused, or applied already.")
    elif not queue(apply_import, found.pk):
        BankImport.objects.filter(pk=pk, state=ImportState.APPLYING).update(state=ImportState.CHECKED)
        messages.error(request, NOT_QUEUED)
    return redirect("exams:import", pk)


def _page(
    request: SignedInRequest, form: UploadForm, *, export_form: ExportForm | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "export_form": export_form or ExportForm(),
        "formats": formats.FORMATS,
        "imports": BankImport.objects.filter(by=request.user).defer("content", "report")[:10],
        "may_write": request.user.has_perms(RIGHTS),
    }
    return TemplateResponse(request, "exams/exchange.html", context, status=status)


def _own(request: SignedInRequest, pk: int) -> BankImport:
    _must_write(request)
    return get_object_or_404(BankImport.objects.defer("content"), pk=pk, by=request.user)


def _must_write(request: SignedInRequest) -> None:
    must_work_here(request)
    if not request.user.has_perms(RIGHTS):
        raise PermissionDenied
