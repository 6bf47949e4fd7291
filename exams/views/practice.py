"""Practice: choose a session, answer item by item, see the reasons, and what came of it."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exams.access import SignedInRequest
from exams.forms import FaultForm
from exams.models import Confidence, ExamForm, GivenUpForm, PracticeItem, PracticeSession
from exams.pools import NoOutline
from exams.practice import overviews, sessions, showing
from exams.practice.choosing import NothingToPractise
from exams.practice.forms import PROPORTIONAL_SIZES, AnswerForm, PracticeForm, PresetForm
from questions import faults


@never_cache
@login_required
@require_GET
def practice(request: SignedInRequest) -> HttpResponse:
    """What waits, and what could be practised; ?domain=IM&size=10&source=missed fills the form in."""
    given = {name: request.GET[name] for name in ("source", "size", "mode") if name in request.GET}
    return _page(request, PracticeForm(initial={**given, "domain": request.GET.getlist("domain")}))


@never_cache
@login_required
@require_POST
def start(request: SignedInRequest) -> HttpResponse:
    is_preset = "mode" not in request.POST
    form = PresetForm(request.POST) if is_preset else PracticeForm(request.POST)
    if not form.is_valid():
        return _page(request, PracticeForm() if isinstance(form, PresetForm) else form, status=422)
    try:
        session = sessions.start(user=request.user, plan=form.plan(), now=timezone.now())
    except (NothingToPractise, NoOutline) as error:
        messages.error(request, str(error))
        return redirect("exams:practice")
    return redirect("exams:practice_session", session.public_id)


@never_cache
@login_required
@require_GET
def session(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """To the first place that waits for an answer, or to the end."""
    found = _own(request, public_id)
    waiting = found.places.filter(answered_at=None, revealed_at=None).order_by("position").first()
    if not found.is_open or (waiting is None and found.is_tutor):
        return redirect("exams:practice_results", public_id)
    return redirect("exams:practice_place", public_id, waiting.position if waiting else 1)


@never_cache
@login_required
@require_GET
def place(request: SignedInRequest, public_id: uuid.UUID, position: int) -> HttpResponse:
    return _place(request, _own(request, public_id), position)


@never_cache
@login_required
@require_POST
def answer(request: SignedInRequest, public_id: uuid.UUID, position: int) -> HttpResponse:
    found = _own(request, public_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        said = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return _place(request, found, position, error=said, chosen=request.POST.get("chosen", ""))
    try:
        sessions.answer(session=found, position=position, now=timezone.now(), **form.cleaned_data)
    except PracticeItem.DoesNotExist as error:
        raise Http404 from error
    except sessions.NotNow as error:
        messages.error(request, str(error))
        return redirect("exams:practice_session", public_id)
    if found.is_tutor:
        return redirect("exams:practice_place", public_id, position)
    return _next(found, position)


@never_cache
@login_required
@require_POST
def flag(request: SignedInRequest, public_id: uuid.UUID, position: int) -> HttpResponse:
    sessions.flag(session=_own(request, public_id), position=position, flagged=request.POST.get("flagged") == "true")
    return redirect("exams:practice_place", public_id, position)


@never_cache
@login_required
@require_POST
def finish(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    sessions.finish(session=_own(request, public_id), now=timezone.now())
    return redirect("exams:practice_results", public_id)


@never_cache
@login_required
@require_GET
def results(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    found = _own(request, public_id)
    if found.is_open and not found.is_tutor:
        return redirect("exams:practice_session", public_id)
    context = {"session": found, "results": overviews.results_of(found)}
    return TemplateResponse(request, "exams/practice_results.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def fault(request: SignedInRequest, public_id: uuid.UUID, position: int) -> HttpResponse:
    """Of an item whose reasons the person has seen."""
    found = _own(request, public_id)
    shown = showing.place_of(found, position)
    if shown is None or not shown.is_revealed:
        raise Http404
    form = FaultForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        message = form.cleaned_data["message"]
        faults.report(version=shown.place.version, by=request.user, message=message, now=timezone.now())
        messages.success(request, "Thank you. An instructor will look at this item.")
        return redirect("exams:practice_place", public_id, position)
    return TemplateResponse(request, "exams/practice_fault.html", {"session": found, "shown": shown, "form": form})


@never_cache
@login_required
@require_POST
def give_up(request: SignedInRequest, number: int) -> HttpResponse:
    """Free the items of a published form for practice; a mock will never ask them as that form."""
    exam_form = get_object_or_404(ExamForm, published_number=number)
    GivenUpForm.objects.get_or_create(user=request.user, exam_form=exam_form, defaults={"at": timezone.now()})
    messages.success(request, f"{exam_form.title} is given up; its items are free for practice now.")
    return redirect("exams:practice")


def _page(request: SignedInRequest, form: PracticeForm, *, status: int = 200) -> HttpResponse:
    overview = overviews.overview(user=request.user, now=timezone.now())
    context = {"overview": overview, "form": form, "sizes": PROPORTIONAL_SIZES}
    return TemplateResponse(request, "exams/practice.html", context, status=status)


def _place(
    request: SignedInRequest, found: PracticeSession, position: int, *, error: str = "", chosen: str = ""
) -> HttpResponse:
    if not found.is_open and not found.places.filter(position=position, revealed_at__isnull=False).exists():
        return redirect("exams:practice_results", found.public_id)
    shown = showing.place_of(found, position)
    if shown is None and not found.places.filter(position=position).exists():
        raise Http404
    now = timezone.now()
    if shown and found.is_open:
        sessions.show(place=shown.place, now=now)
    context = {
        "session": found,
        "shown": shown,
        "position": position,
        "count": found.places.count(),
        "confidences": list(reversed(Confidence.choices)),
        "minutes_left": round((found.deadline_at - now).total_seconds() / 60) if found.deadline_at else None,
        "error": error,
        "picked": chosen or (str(shown.place.chosen) if shown and shown.place.chosen else ""),
    }
    return TemplateResponse(request, "exams/practice_place.html", context, status=422 if error else 200)


def _next(found: PracticeSession, position: int) -> HttpResponse:
    following = found.places.filter(position__gt=position).order_by("position").first()
    return redirect("exams:practice_place", found.public_id, following.position if following else position)


def _own(request: SignedInRequest, public_id: uuid.UUID) -> PracticeSession:
    found = sessions.own(user=request.user, public_id=public_id, now=timezone.now())
    if found is None:
        raise Http404
    return found
