"""The report page and the report of a fault."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from exams import appointments, attempts, report_files, report_pdf, reports, scoring
from exams.access import SignedInRequest, own_attempt
from exams.forms import FaultForm
from exams.models import FormItem
from exams.tasks import queue_report_file
from questions import faults


@never_cache
@login_required
@require_GET
def report(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Closes an overdue attempt and scores an unscored one, so that a dead worker delays nothing."""
    now = timezone.now()
    attempt = own_attempt(request.user, public_id)
    if not attempts.close_if_overdue(attempt=attempt, now=now):
        return redirect("exams:room", public_id)
    if appointment := appointments.awaiting_survey(attempt=attempt, now=now):
        return redirect("exams:appointment", appointment.public_id)
    score = scoring.ensure_scored(attempt=attempt, now=now)
    if score is None:
        return TemplateResponse(request, "exams/abandoned.html", {"attempt": attempt})
    context = {"report": reports.build(attempt, score), "has_pdf": report_pdf.is_available()}
    return TemplateResponse(request, "exams/report.html", context)


@never_cache
@login_required
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "POST"])
def report_pdf_page(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for the report as a PDF, or see how far it is; the fragment asks for itself while it is being made."""
    attempt, now = own_attempt(request.user, public_id), timezone.now()
    if scoring.ensure_scored(attempt=attempt, now=now) is None or not report_pdf.is_available():
        raise Http404
    if request.method == "POST":
        file, is_new = report_files.ask(attempt=attempt, now=now)
        if is_new:
            queue_report_file(file)
        return redirect("exams:report_pdf", public_id)
    found = report_files.of(attempt)
    context = {"attempt": attempt, "file": found, "is_awaited": found is not None and found.is_awaited(now)}
    return TemplateResponse(request, f"exams/{'_' if request.htmx else ''}report_file.html", context)


@never_cache
@login_required
@require_GET
def report_file(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """The PDF that was made."""
    attempt = own_attempt(request.user, public_id)
    found = report_files.of(attempt)
    if found is None or not found.is_ready:
        raise Http404
    name = f"ciip-practice-{attempt.finished_at:%Y-%m-%d}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(found.content, content_type="application/pdf", headers=headers)


@never_cache
@login_required
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "POST"])
def fault(request: SignedInRequest, public_id: uuid.UUID, position: int) -> HttpResponse:
    """Only somebody who has finished an attempt with the item may say what is wrong with it."""
    attempt = own_attempt(request.user, public_id)
    form_item = (
        FormItem.objects.filter(exam_form=attempt.exam_form, position=position).select_related("version").first()
    )
    if not attempt.is_finished or form_item is None:
        raise Http404
    form = FaultForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        faults.report(
            version=form_item.version, by=request.user, message=form.cleaned_data["message"], now=timezone.now()
        )
        if request.htmx:
            return TemplateResponse(request, "exams/_fault_sent.html", {"position": position})
        messages.success(request, "Thank you. An instructor will look at this item.")
        return redirect("exams:report", public_id)
    template = "exams/_fault.html" if request.htmx else "exams/fault.html"
    return TemplateResponse(request, template, {"attempt": attempt, "position": position, "form": form})
