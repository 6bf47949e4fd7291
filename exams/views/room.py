"""The exam room's doors: the page with all items, saving, the heartbeat, and the plain room without scripts."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exams import attempts, packed_page, presence, room_page, sitting
from exams.access import SignedInRequest, own_attempt, own_attempts, signed_in_or_401
from exams.attempts import Closed, LedgerFull, NoSuchPlace, NotNow, OnBreak, Outcome, Saved, Stale
from exams.forms import HeartbeatForm, PlainSaveForm, SaveForm
from exams.models import Attempt, Response
from exams.tasks import queue_scoring

CLOSED_MESSAGE = "The exam has ended. What was saved before the deadline counts; this answer came too late."
# The day on which the session was last made to live on.
RENEWED_ON = "renewed_on"
UNREADABLE_MESSAGE = "This answer could not be read and was not saved. Choose again."
FULL_MESSAGE = "More was saved in this exam than any person can; this was not. What was saved before counts."
STALE_MESSAGE = "This item was changed in another window. You now see what is stored."


@never_cache
@login_required
@require_GET
def room(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(request.user, public_id)
    if _is_over(attempt, now):
        return redirect("exams:report", public_id)
    if attempt.is_on_break(now):
        return redirect("exams:break", public_id)
    attempts.apply_extra_time(attempt=attempt, user=request.user, now=now)
    _keep_signed_in(request, now)
    # Read before the states: what is stored in between comes again with the first heartbeat.
    ledger = sitting.last_entry(attempt)
    items, stored = room_page.items_of(attempt.exam_form), sitting.stored_of(attempt)
    about = room_page.context_of(items.count, stored)
    if stored:
        attempts.record_resumed(attempt=attempt, now=now)
    else:
        presence.record_seen(attempt=attempt, visible_ms={}, position=about["start_at"], now=now)
    context = {
        "attempt": attempt,
        "key": public_id,
        "title": attempt.exam_form.title,
        "ledger": ledger,
        "seconds_left": attempt.seconds_left(now),
        "after": "the survey" if hasattr(attempt, "appointment") else "the report",
        **about,
    }
    return packed_page.respond(request, render_to_string("exams/room.html", context, request), items.packed)


def _keep_signed_in(request: SignedInRequest, now: datetime) -> None:
    """Whoever signed in thirteen days ago must not be signed out in the middle of this exam."""
    today = now.date().isoformat()
    if request.session.get(RENEWED_ON) != today:
        request.session[RENEWED_ON] = today
        request.session.set_expiry(settings.SESSION_COOKIE_AGE)


@never_cache
@require_POST
@signed_in_or_401
def save(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    form = SaveForm(request.POST)
    if not form.is_valid():
        return invalid(form)
    try:
        outcome = attempts.save(user=request.user, public_id=public_id, now=now, **form.arguments())
    except Attempt.DoesNotExist as error:
        raise Http404 from error
    except (NoSuchPlace, LedgerFull) as error:
        return _refused(error)
    request.outcome = _word(outcome, now)
    match outcome:
        case Saved(response, sequence):
            return JsonResponse({"result": "saved", "ledger": sequence, **_state(response, now)})
        case Stale(response):
            return JsonResponse({"result": "stale", "message": STALE_MESSAGE, **_state(response, now)}, status=409)
        case Closed(attempt):
            return _closed(attempt, now)
        case OnBreak(attempt):
            return _on_break(attempt)


@never_cache
@require_POST
@signed_in_or_401
def heartbeat(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    form = HeartbeatForm(request.POST)
    if not form.is_valid():
        return invalid(form)
    attempt, ledger = sitting.with_ledger(own_attempts(request.user, public_id))
    if _is_over(attempt, now):
        return _closed(attempt, now)
    if attempt.is_on_break(now):
        return _on_break(attempt)
    attempts.apply_extra_time(attempt=attempt, user=request.user, now=now)
    said = form.cleaned_data
    presence.record_seen(attempt=attempt, visible_ms=said["visible"], position=said["position"], now=now)
    known = said["known"] or 0
    changed = sitting.changed_since(attempt, known) if ledger > known else []
    body = {
        "result": "open",
        "seconds_left": attempt.seconds_left(now),
        "ledger": ledger,
        "display": request.user.display,
    }
    return JsonResponse({**body, "state": [_stored(response) for response in changed]})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def plain_item(request: SignedInRequest, public_id: uuid.UUID, position: int) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(request.user, public_id)
    if _is_over(attempt, now):
        return redirect("exams:report", public_id)
    if attempt.is_on_break(now):
        return redirect("exams:break", public_id)
    attempts.apply_extra_time(attempt=attempt, user=request.user, now=now)
    message = ""
    if request.method == "POST":
        form = PlainSaveForm(request.POST)
        outcome = _plain_save(request, public_id, form, now)
        if isinstance(outcome, HttpResponse):
            return outcome
        message = outcome
    if not (items := sitting.items_of(attempt, position=position)):
        raise Http404
    presence.record_seen(attempt=attempt, visible_ms={position: 0}, position=position, now=now)
    context = {
        "attempt": attempt,
        "item": items[0],
        "item_count": sitting.counts_of(attempt).item_count,
        "seconds_left": attempt.seconds_left(now),
        "message": message,
        "op_id": uuid.uuid4(),
    }
    return TemplateResponse(request, "exams/plain_item.html", context)


def _plain_save(
    request: SignedInRequest, public_id: uuid.UUID, form: PlainSaveForm, now: datetime
) -> HttpResponse | str:
    """Where to go after a save, or the words to show with the item when nothing was written."""
    if not form.is_valid():
        return UNREADABLE_MESSAGE
    try:
        outcome = attempts.save(user=request.user, public_id=public_id, now=now, **form.arguments())
    except (NoSuchPlace, LedgerFull) as error:
        return FULL_MESSAGE if isinstance(error, LedgerFull) else UNREADABLE_MESSAGE
    request.outcome = _word(outcome, now)
    match outcome:
        case Saved(response):
            return _go(public_id, response.position, form.cleaned_data["go"], response.attempt_id)
        case Stale():
            return STALE_MESSAGE
        case Closed():
            return redirect("exams:report", public_id)
        case OnBreak():
            return redirect("exams:break", public_id)


def _word(outcome: Outcome, now: datetime) -> str:
    match outcome:
        case Saved(response, sequence):
            # A retry of what was stored in time is not late, whenever it comes.
            return "late" if sequence and now > response.attempt.deadline_at else "saved"
        case Stale():
            return "stale"
        case Closed():
            return "closed"
        case OnBreak():
            return "break"


def _go(public_id: uuid.UUID, position: int, where: str, attempt_id: int) -> HttpResponse:
    last = Response.objects.filter(attempt_id=attempt_id).count()
    if where == "review" or (where == "next" and position == last):
        url = reverse("exams:plain_review", args=[public_id])
    else:
        step = {"previous": -1, "next": 1}.get(where, 0)
        url = reverse("exams:plain_item", args=[public_id, max(1, position + step)])
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


@never_cache
@login_required
@require_GET
def plain_review(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(request.user, public_id)
    if _is_over(attempt, now):
        return redirect("exams:report", public_id)
    if attempt.is_on_break(now):
        return redirect("exams:break", public_id)
    context = {
        "attempt": attempt,
        "items": sitting.items_of(attempt),
        "counts": sitting.counts_of(attempt),
        "seconds_left": attempt.seconds_left(now),
    }
    return TemplateResponse(request, "exams/plain_review.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def submit(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(request.user, public_id)
    if request.method == "POST":
        queue_scoring(attempts.submit(user=request.user, public_id=public_id, now=now))
        return redirect("exams:report", public_id)
    if _is_over(attempt, now):
        return redirect("exams:report", public_id)
    context = {"attempt": attempt, "counts": sitting.counts_of(attempt), "seconds_left": attempt.seconds_left(now)}
    return TemplateResponse(request, "exams/submit.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def abandon(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(request.user, public_id)
    if request.method == "POST":
        ended = attempts.abandon(user=request.user, public_id=public_id, now=now)
        if ended.is_finished:
            queue_scoring(ended)
        return redirect("exams:mocks")
    if _is_over(attempt, now):
        return redirect("exams:report", public_id)
    context = {"attempt": attempt, "counts": sitting.counts_of(attempt)}
    return TemplateResponse(request, "exams/abandon.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def pause(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """The break: begun by a POST; its page shows no item."""
    now = timezone.now()
    attempt = own_attempt(request.user, public_id)
    if _is_over(attempt, now):
        return redirect("exams:report", public_id)
    if request.method == "POST":
        try:
            attempts.begin_break(user=request.user, public_id=public_id, now=now)
        except NotNow as error:
            messages.warning(request, str(error))
        return redirect("exams:break", public_id)
    if not attempt.is_on_break(now):
        return redirect("exams:room", public_id)
    context: dict[str, Any] = {
        "attempt": attempt,
        "break_left": (attempt.break_ends_at - now).total_seconds() if attempt.break_ends_at else 0,
        "seconds_left": attempt.seconds_left(now),
    }
    response = TemplateResponse(request, "exams/break.html", context)
    # Back to the room by itself once the break is used up, with scripts or without.
    response["Refresh"] = f"{int(context['break_left']) + 1}; url={reverse('exams:room', args=[public_id])}"
    return response


@never_cache
@login_required
@require_POST
def end_pause(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    own_attempt(request.user, public_id)
    attempts.end_break(user=request.user, public_id=public_id, now=timezone.now())
    return redirect("exams:room", public_id)


def _is_over(attempt: Attempt, now: datetime) -> bool:
    """Whether the attempt has ended; one found overdue is closed and sent to scoring here."""
    was_open = attempt.is_open
    is_over = attempts.close_if_overdue(attempt=attempt, now=now)
    if was_open and is_over:
        queue_scoring(attempt)
    return is_over


def _state(response: Response, now: datetime) -> dict[str, Any]:
    return {
        **_stored(response),
        "saved_at": now.isoformat(),
        "seconds_left": response.attempt.seconds_left(now),
    }


def _stored(response: Response) -> dict[str, Any]:
    names = ("revision", "chosen", "flagged", "struck", "note", "highlights")
    return {"item": response.position, **{name: getattr(response, name) for name in names}}


def _refused(error: NoSuchPlace | LedgerFull) -> JsonResponse:
    if isinstance(error, LedgerFull):
        return JsonResponse({"result": "too_often", "message": FULL_MESSAGE}, status=429)
    return JsonResponse({"result": "invalid", "message": "This form has no such item or option."}, status=400)


def _closed(attempt: Attempt, now: datetime) -> JsonResponse:
    _is_over(attempt, now)
    url = reverse("exams:report", args=[attempt.public_id])
    return JsonResponse({"result": "closed", "message": CLOSED_MESSAGE, "report_url": url}, status=410)


def _on_break(attempt: Attempt) -> JsonResponse:
    url = reverse("exams:break", args=[attempt.public_id])
    message = "A break is running: answers are kept here and are sent when it is over."
    return JsonResponse({"result": "break", "message": message, "break_url": url}, status=409)


def invalid(form: SaveForm | HeartbeatForm) -> JsonResponse:
    field, messages = next(iter(form.errors.items()))
    return JsonResponse({"result": "invalid", "message": f"{field}: {messages[0]}"}, status=400)
