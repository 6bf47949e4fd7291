"""Handing in the file of answers that the exam page could not send."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exams import unsent
from exams.access import SignedInRequest, own_attempt
from exams.attempts import NotNow
from exams.forms import DocumentForm
from exams.unsent import BadFile, Fate


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def bring(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(request.user, public_id)
    is_handed_in = request.method == "POST"
    form = DocumentForm(request.POST, request.FILES) if is_handed_in else DocumentForm()
    if is_handed_in and form.is_valid():
        try:
            saves = unsent.parse(form.cleaned_data["text"], public_id=public_id)
            fate = unsent.bring(user=request.user, public_id=public_id, saves=saves, now=now)
        except (BadFile, NotNow) as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, in_words(fate))
            return redirect("exams:report", public_id) if fate.late else redirect("exams:mocks")
    return TemplateResponse(request, "exams/unsent.html", {"attempt": attempt, "form": form})


def in_words(fate: Fate) -> str:
    parts = [
        f"{len(fate.stored)} stored" if fate.stored else "",
        f"{len(fate.stale)} not stored, because the item was changed elsewhere since ({_items(fate.stale)})"
        if fate.stale
        else "",
        f"{len(fate.late)} too late to count, shown beside the report ({_items(fate.late)})" if fate.late else "",
    ]
    return f"Your file: {'; '.join(filter(None, parts)) or 'it held nothing that the site did not have'}."


def _items(positions: list[int]) -> str:
    unique = sorted(set(positions))
    return f"item{'s' if len(unique) > 1 else ''} {', '.join(map(str, unique))}"
