"""The list of mocks and the one deliberate click that starts one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from exams import attempts, mocks, pools
from exams.access import SignedInRequest
from exams.assembly import BankTooSmall
from exams.pools import NoOutline


@never_cache
@login_required
@require_GET
def mock_list(request: SignedInRequest) -> HttpResponse:
    overview = mocks.overview(user=request.user, now=timezone.now())
    return TemplateResponse(request, "exams/mocks.html", {"overview": overview})


@login_required
@require_http_methods(["GET", "POST"])
def start(request: SignedInRequest) -> HttpResponse:
    """Nothing of the request but the session counts: no parameter can change form, minutes or deadline.

    A GET comes from the sign-in page, when the session had lapsed: the click has to be made again.
    """
    if request.method == "GET":
        return redirect("exams:mocks")
    try:
        attempt = attempts.start_mock(user=request.user, now=timezone.now())
    except (BankTooSmall, NoOutline) as error:
        return cannot_start(request, error)
    return redirect("exams:room", attempt.public_id)


def cannot_start(request: SignedInRequest, error: BankTooSmall | NoOutline) -> HttpResponse:
    why = f"the question bank is too small: {pools.in_words(error)}." if isinstance(error, BankTooSmall) else str(error)
    messages.error(request, f"No exam can be started: {why}")
    return redirect("exams:mocks")
