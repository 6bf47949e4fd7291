"""The credential desk: may I sit the exam, what of my attempts, and how do I keep what I passed."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from exams import planning
from exams.access import SignedInRequest
from exams.credential import desk as record
from exams.credential import rules
from exams.credential.desk import NotPossible
from exams.credential.eligibility import judge
from exams.credential.forms import (
    AttemptForm,
    BackgroundForm,
    CreditForm,
    DutyForm,
    RenewedForm,
    ResultForm,
    WindowForm,
)
from exams.credential.maintenance import first_renewal_year
from exams.forms import TickForm
from exams.models import CreditEntry, Duty, RealAttempt


@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The rules for everybody, and for a signed-in person a sentence on each."""
    context: dict[str, Any] = {
        "eligibility": rules.eligibility(), "attempts": rules.attempts(), "maintenance": rules.maintenance(),
    }  # fmt: skip
    if isinstance(request.user, User):
        today = planning.today_of(request.user, timezone.now())
        context["attempt_book"] = record.attempt_book(user=request.user, today=today)
        context["upkeep_book"] = record.upkeep_book(user=request.user, today=today)
    return TemplateResponse(request, "exams/credential.html", context)


@require_safe
def eligibility(request: HttpRequest) -> HttpResponse:
    """By GET, so that a result can be kept as a bookmark and nothing of it is stored here."""
    said = rules.eligibility()
    form = BackgroundForm(request.GET if "months" in request.GET else None)
    verdict = judge(form.background(), said) if form.is_valid() else None
    context = {"form": form, "verdict": verdict, "rules": said}
    return TemplateResponse(request, "exams/eligibility.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def attempts(request: SignedInRequest) -> HttpResponse:
    """The person's exam dates; a POST adds one."""
    form = AttemptForm(request.POST or None, today=_today(request))
    if request.method == "POST" and form.is_valid():
        try:
            record.add_attempt(user=request.user, **form.cleaned_data)
        except NotPossible as error:
            form.add_error("on", str(error))
        else:
            messages.success(request, "The exam date is in your list.")
            return redirect("exams:real_attempts")
    return _attempts_page(request, form=form)


@never_cache
@login_required
@require_POST
def window(request: SignedInRequest) -> HttpResponse:
    form = WindowForm(request.POST, today=_today(request))
    if not form.is_valid():
        return _attempts_page(request, window_form=form)
    record.begin_window(user=request.user, on=form.cleaned_data["began_on"])
    messages.success(request, "Saved.")
    return redirect("exams:real_attempts")


@never_cache
@login_required
@require_POST
def tell_result(request: SignedInRequest, pk: int) -> HttpResponse:
    form = ResultForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("Say result=passed or result=failed; nothing was changed.")
    try:
        if not record.tell_result(user=request.user, pk=pk, today=_today(request), **form.cleaned_data):
            raise Http404
    except NotPossible as error:
        messages.error(request, str(error))
    return redirect("exams:real_attempts")


@never_cache
@login_required
@require_POST
def delete_attempt(request: SignedInRequest, pk: int) -> HttpResponse:
    return _delete(request, RealAttempt, pk, "exams:real_attempts")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def maintenance(request: SignedInRequest) -> HttpResponse:
    """Credits, renewals and the checklist; a POST adds credits."""
    form = CreditForm(request.POST or None, today=_today(request))
    if request.method == "POST" and form.is_valid():
        try:
            record.add_credits(user=request.user, **form.cleaned_data)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The credits are in your list.")
            return redirect("exams:maintenance")
    return _maintenance_page(request, form=form)


@never_cache
@login_required
@require_POST
def delete_credits(request: SignedInRequest, pk: int) -> HttpResponse:
    return _delete(request, CreditEntry, pk, "exams:maintenance")


@never_cache
@login_required
@require_POST
def renewals(request: SignedInRequest) -> HttpResponse:
    """Through which year they are paid; before an exam is passed there are none."""
    passed_on = record.passed_on_of(request.user)
    if passed_on is None:
        raise Http404
    form = _renewed_form(passed_on, _today(request), request.POST)
    if not form.is_valid():
        return _maintenance_page(request, renewed_form=form)
    record.renew(user=request.user, through=form.cleaned_data["through"])
    messages.success(request, "Saved.")
    return redirect("exams:maintenance")


@never_cache
@login_required
@require_POST
def add_duty(request: SignedInRequest) -> HttpResponse:
    form = DutyForm(request.POST)
    if form.is_valid():
        try:
            record.add_duties(user=request.user, texts=[form.cleaned_data["text"]])
        except NotPossible as error:
            form.add_error("text", str(error))
        else:
            return redirect("exams:maintenance")
    return _maintenance_page(request, duty_form=form)


@never_cache
@login_required
@require_POST
def suggest_duties(request: SignedInRequest) -> HttpResponse:
    """Put the site's own suggestions into the person's list."""
    try:
        record.add_duties(user=request.user, texts=rules.maintenance().checklist)
    except NotPossible as error:
        messages.error(request, str(error))
    return redirect("exams:maintenance")


@never_cache
@login_required
@require_POST
def tick_duty(request: SignedInRequest, pk: int) -> HttpResponse:
    form = TickForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("Say done=yes or done=no; nothing was changed.")
    if not record.tick(user=request.user, pk=pk, done_on=_today(request) if form.cleaned_data["done"] else None):
        raise Http404
    return redirect("exams:maintenance")


@never_cache
@login_required
@require_POST
def delete_duty(request: SignedInRequest, pk: int) -> HttpResponse:
    return _delete(request, Duty, pk, "exams:maintenance")


def _today(request: SignedInRequest) -> date:
    return planning.today_of(request.user, timezone.now())


def _delete(
    request: SignedInRequest, model: type[RealAttempt | CreditEntry | Duty], pk: int, page: str
) -> HttpResponse:
    if not record.delete(model, user=request.user, pk=pk):
        raise Http404
    messages.success(request, "Removed.")
    return redirect(page)


def _attempts_page(
    request: SignedInRequest, *, form: AttemptForm | None = None, window_form: WindowForm | None = None
) -> HttpResponse:
    today = _today(request)
    book = record.attempt_book(user=request.user, today=today)
    context = {
        "book": book,
        "rules": rules.attempts(),
        "form": form or AttemptForm(today=today),
        "window_form": window_form or WindowForm(initial={"began_on": book.began_on}, today=today),
    }
    return _page(request, "exams/real_attempts.html", context, form, window_form)


def _maintenance_page(
    request: SignedInRequest,
    *,
    form: CreditForm | None = None,
    renewed_form: RenewedForm | None = None,
    duty_form: DutyForm | None = None,
) -> HttpResponse:
    today = _today(request)
    book = record.upkeep_book(user=request.user, today=today)
    context = {
        "book": book,
        "rules": rules.maintenance(),
        "form": form or CreditForm(today=today),
        "duty_form": duty_form or DutyForm(),
    }
    if book.upkeep:
        initial = {"through": book.renewed_through}
        context["renewed_form"] = renewed_form or _renewed_form(book.upkeep.passed_on, today, initial=initial)
    return _page(request, "exams/maintenance.html", context, form, renewed_form, duty_form)


def _renewed_form(passed_on: date, today: date, data: Any = None, **kwargs: Any) -> RenewedForm:
    return RenewedForm(data, first=first_renewal_year(passed_on, rules.maintenance()), today=today, **kwargs)


def _page(request: SignedInRequest, template: str, context: dict[str, Any], *forms: Any) -> HttpResponse:
    """With 422 if any of the forms was refused."""
    is_refused = any(form and form.errors for form in forms)
    return TemplateResponse(request, template, context, status=422 if is_refused else 200)
