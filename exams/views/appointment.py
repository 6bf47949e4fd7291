"""The full appointment: one address that shows the block the clock says, and the doors out of each block."""

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from exams import appointments, packed_page, room_page, tutorial
from exams.access import SignedInRequest, signed_in_or_401
from exams.assembly import BankTooSmall
from exams.attempts import NoSuchPlace, NotNow
from exams.forms import HeartbeatForm, SaveForm, SurveyForm
from exams.models import Appointment, Block
from exams.pools import NoOutline
from exams.views.mocks import cannot_start
from exams.views.room import STALE_MESSAGE, invalid

TUTORIAL_OVER = "The tutorial is over."


@login_required
@require_http_methods(["GET", "POST"])
def start(request: SignedInRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect("exams:mocks")
    try:
        begun = appointments.start(user=request.user, now=timezone.now())
    except NotNow as error:
        messages.warning(request, str(error))
        return redirect("exams:mocks")
    return redirect("exams:appointment", begun.public_id)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def appointment(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """The block that the clock says; a POST answers the survey."""
    now = timezone.now()
    current = _current(request, public_id, now)
    match current.block:
        case Block.TUTORIAL:
            return _tutorial(request, current, now)
        case Block.AGREEMENT:
            return _timed(request, "exams/agreement.html", current, now)
        case Block.SURVEY:
            return _survey(request, current, now)
    if current.attempt:
        return redirect("exams:room", current.attempt.public_id)
    messages.warning(request, appointments.NOT_ACCEPTED)
    return redirect("exams:mocks")


def _tutorial(request: SignedInRequest, current: Appointment, now: datetime) -> HttpResponse:
    items = tutorial.items_of(current)
    context = {
        "appointment": current,
        "key": current.public_id,
        "seconds_left": _seconds_left(current, now),
        **room_page.context_of(len(items), [item.stored for item in items if item.is_seen]),
    }
    page = render_to_string("exams/tutorial.html", context, request)
    return packed_page.respond(request, page, room_page.render(items).packed)


def _survey(request: SignedInRequest, current: Appointment, now: datetime) -> HttpResponse:
    form = SurveyForm(request.POST or None)
    if request.method == "POST":
        is_skipped = "skip" in request.POST
        if is_skipped or form.is_valid():
            answers = None if is_skipped else form.save(commit=False)
            try:
                appointments.answer_survey(user=request.user, public_id=current.public_id, answers=answers, now=now)
            except NotNow as error:
                messages.warning(request, str(error))
            return redirect("exams:room", current.attempt.public_id)  # type: ignore[union-attr]  # a survey has one
    return _timed(request, "exams/survey.html", current, now, form=form)


def _timed(
    request: SignedInRequest, template: str, current: Appointment, now: datetime, **context: Any
) -> HttpResponse:
    """A page that asks anew when its block has ended, with scripts or without."""
    left = _seconds_left(current, now)
    response = TemplateResponse(request, template, {"appointment": current, "seconds_left": left, **context})
    response["Refresh"] = f"{int(left) + 1}; url={reverse('exams:appointment', args=[current.public_id])}"
    return response


@never_cache
@require_POST
@signed_in_or_401
def save(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """As in an exam, so that the tutorial's network drill is none of its own."""
    now = timezone.now()
    form = SaveForm(request.POST)
    if not form.is_valid():
        return invalid(form)
    try:
        answered = tutorial.save(user=request.user, public_id=public_id, now=now, **form.arguments())
    except Appointment.DoesNotExist as error:
        raise Http404 from error
    except NoSuchPlace:
        return JsonResponse({"result": "invalid", "message": "There is no such item or option."}, status=400)
    if answered is None:
        return _closed(public_id)
    body = {"item": answered.position, "saved_at": now.isoformat(), **asdict(answered.state)}
    if not answered.is_stored:
        return JsonResponse({"result": "stale", "message": STALE_MESSAGE, **body}, status=409)
    return JsonResponse({"result": "saved", **body})


@never_cache
@require_POST
@signed_in_or_401
def heartbeat(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    form = HeartbeatForm(request.POST)
    if not form.is_valid():
        return invalid(form)
    current = _current(request, public_id, now)
    if current.block != Block.TUTORIAL:
        return _closed(public_id)
    body = {"result": "open", "seconds_left": _seconds_left(current, now), "ledger": 0, "state": []}
    return JsonResponse(body | {"display": request.user.display})


@login_required
@require_POST
def to_agreement(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    _current(request, public_id, now)
    appointments.leave_tutorial(user=request.user, public_id=public_id, now=now)
    return redirect("exams:appointment", public_id)


@login_required
@require_POST
def accept(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    _current(request, public_id, now)
    try:
        attempt = appointments.accept(user=request.user, public_id=public_id, now=now)
    except NotNow as error:
        messages.warning(request, str(error))
        return redirect("exams:mocks")
    except (BankTooSmall, NoOutline) as error:
        return cannot_start(request, error)
    return redirect("exams:room", attempt.public_id)


@login_required
@require_POST
def decline(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    _current(request, public_id, now)
    appointments.decline(user=request.user, public_id=public_id, now=now)
    messages.info(request, "The appointment has ended before the exam. No form was used up.")
    return redirect("exams:mocks")


def _current(request: SignedInRequest, public_id: uuid.UUID, now: datetime) -> Appointment:
    try:
        return appointments.up_to_date(user=request.user, public_id=public_id, now=now)
    except Appointment.DoesNotExist as error:
        raise Http404 from error


def _seconds_left(current: Appointment, now: datetime) -> float:
    return (current.block_ends_at - now).total_seconds() if current.block_ends_at else 0.0


def _closed(public_id: uuid.UUID) -> JsonResponse:
    url = reverse("exams:appointment", args=[public_id])
    return JsonResponse({"result": "closed", "message": TUTORIAL_OVER, "report_url": url}, status=410)
