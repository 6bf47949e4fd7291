"""Downloading the receipt of an ended attempt, and checking one."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from exams import receipts
from exams.access import SignedInRequest, own_attempt
from exams.forms import DocumentForm


@never_cache
@login_required
@require_GET
def receipt(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    attempt = own_attempt(request.user, public_id)
    if attempt.is_open:
        raise Http404
    response = JsonResponse(receipts.signed(attempt), json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="receipt-{attempt.public_id}.json"'
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """For everybody: a receipt says all that is shown here itself."""
    is_handed_in = request.method == "POST"
    form = DocumentForm(request.POST, request.FILES) if is_handed_in else DocumentForm()
    verdict = None
    if is_handed_in and form.is_valid():
        try:
            verdict = receipts.verify(form.cleaned_data["text"])
        except receipts.NoReceipt as error:
            form.add_error(None, str(error))
    return TemplateResponse(request, "exams/verify_receipt.html", {"form": form, "verdict": verdict})
