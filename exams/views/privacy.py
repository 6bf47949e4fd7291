"""A person's copy of everything about them, and the end of their account."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import StudyGroup
from exams.access import SignedInRequest, with_password, with_password_to_post
from exams.models import Attempt, PersonalExport
from exams.privacy import erasing, exports
from exams.privacy.forms import DeletionForm
from exams.tasks import queue_export

NOT_QUEUED = "The background worker cannot be reached just now. Nothing is lost; try again in some minutes."


@never_cache
@login_required
@with_password_to_post
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: SignedInRequest) -> HttpResponse:
    """How far one's copy is; POST asks for a new one."""
    now = timezone.now()
    if request.method == "POST":
        asked, is_new = exports.ask(user=request.user, now=now)
        if is_new and not queue_export(asked):
            exports.discard(asked)
            messages.error(request, NOT_QUEUED)
        return redirect("exams:personal_export")
    held = PersonalExport.objects.filter(user=request.user).first()
    context = {
        "export": held,
        "is_under_way": held is not None and held.is_under_way(now),
        "is_ready": held is not None and held.is_ready(now),
        "is_closed": held is not None and exports.is_closed_by_an_exam(held),
    }
    name = "exams/_personal_export.html" if request.htmx else "exams/personal_export.html"
    return TemplateResponse(request, name, context)


@never_cache
@login_required
@with_password
@require_GET
def export_file(request: SignedInRequest) -> HttpResponseBase:
    """The file, to its person alone: no address leads to anybody else's."""
    held = PersonalExport.objects.filter(user=request.user).select_related("user").first()
    if held is None or not held.is_ready(timezone.now()):
        raise Http404
    if exports.is_closed_by_an_exam(held):
        messages.error(request, "You are in an exam that began after this copy was made. Finish it, or make a new one.")
        return redirect("exams:personal_export")
    try:
        content = exports.file_of(held).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"ciip-practice-{held.asked_at:%Y-%m-%d}.zip"
    return FileResponse(content, as_attachment=True, filename=name, content_type="application/zip")


@never_cache
@login_required
@with_password_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest) -> HttpResponse:
    is_post = request.method == "POST"
    form = DeletionForm(request.POST if is_post else None, user=request.user)
    if is_post and form.is_valid():
        erasing.erase(user=request.user, now=timezone.now())
        logout(request)
        response = redirect("exams:account_deleted")
        response.delete_cookie(settings.CSRF_COOKIE_NAME)
        return response
    context = {
        "form": form,
        "own_groups": StudyGroup.objects.filter(owner=request.user),
        "kept": erasing.KEPT.values(),
        "is_in_exam": Attempt.objects.of(request.user).open().exists(),
    }
    return TemplateResponse(request, "exams/delete_account.html", context, status=422 if form.errors else 200)


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    """Where somebody stands who has no account any more."""
    return TemplateResponse(request, "exams/account_deleted.html")
