"""The invigilator's view of the cohorts that a person accompanies."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import audit, replica
from accounts.models import User, Verb
from exams import candidate_reports, cohort_results, invigilation
from exams.access import SignedInRequest
from exams.forms import ExtensionForm
from exams.models import Cohort, ExamForm, Score
from questions.exchange.sheets import csv_of

RIGHT = "exams.view_attempt"


@never_cache
@login_required
@require_GET
def cohorts(request: SignedInRequest) -> HttpResponse:
    _must_be_invigilator(request.user)
    return TemplateResponse(request, "exams/cohorts.html", {"cohorts": Cohort.objects.taught_by(request.user)})


@never_cache
@login_required
@vary_on_headers("HX-Request")
@require_GET
def watch(request: SignedInRequest, pk: int) -> HttpResponse:
    cohort = _own_cohort(request.user, pk)
    context = _context(cohort, ExtensionForm(running=invigilation.running(cohort)))
    return TemplateResponse(request, "exams/_seats.html" if request.htmx else "exams/watch.html", context)


@never_cache
@login_required
@require_POST
def extend(request: SignedInRequest, pk: int) -> HttpResponse:
    cohort = _own_cohort(request.user, pk)
    now = timezone.now()
    form = ExtensionForm(request.POST, running=invigilation.running(cohort))
    if not form.is_valid():
        return TemplateResponse(request, "exams/watch.html", _context(cohort, form), status=422)
    said = form.cleaned_data
    extended = invigilation.extend(
        cohort=cohort,
        public_id=said["attempt"],
        seconds=said["minutes"] * 60,
        reason=said["reason"],
        by=request.user,
        now=now,
    )
    names = ", ".join(str(attempt.user) for attempt in extended)
    if names:
        messages.success(request, f"{said['minutes']} minutes granted to {names}.")
    else:
        messages.warning(request, "Nobody is sitting now, so no time was granted.")
    return redirect("exams:watch", pk)


@never_cache
@login_required
@require_GET
def results(request: SignedInRequest, pk: int) -> HttpResponse:
    """Domain means, item difficulties and every finished mock, of one published form or of all."""
    cohort = _own_cohort(request.user, pk)
    with replica.reading():
        forms = cohort_results.forms_sat(cohort)
        chosen = _chosen_form(request, forms)
        found = cohort_results.of_cohort(cohort, chosen)
    _record_viewed(request, found.scores)
    context = {"cohort": cohort, "forms": forms, "chosen": chosen, "results": found}
    return TemplateResponse(request, "exams/cohort_results.html", context)


@never_cache
@login_required
@require_GET
def results_csv(request: SignedInRequest, pk: int) -> HttpResponse:
    cohort = _own_cohort(request.user, pk)
    with replica.reading():
        found = cohort_results.of_cohort(cohort, _chosen_form(request, cohort_results.forms_sat(cohort)))
    detail = {"results": len(found.scores), "people": found.people}
    audit.record(verb=Verb.COHORT_EXPORTED, by=request.user, target=f"cohort {cohort.pk}", detail=detail)
    headers = {"Content-Disposition": f'attachment; filename="cohort-{cohort.pk}.csv"'}
    return HttpResponse(csv_of(cohort_results.rows(found)), content_type="text/csv; charset=utf-8", headers=headers)


@never_cache
@login_required
@require_GET
def candidate_report(request: SignedInRequest, pk: int, public_id: uuid.UUID) -> HttpResponse:
    """Not read from the copy, which may not know yet that an item is being asked."""
    cohort = _own_cohort(request.user, pk)
    score = cohort_results.score_of(cohort, public_id)
    if score is None:
        raise Http404
    report = candidate_reports.build(score)
    _record_viewed(request, [score])
    return TemplateResponse(request, "exams/candidate_report.html", {"cohort": cohort, "report": report})


def _record_viewed(request: SignedInRequest, scores: Iterable[Score]) -> None:
    attempts = [
        (score.attempt.user, str(score.attempt.public_id)) for score in scores if score.attempt.user != request.user
    ]
    audit.record_results_viewed(by=request.user, attempts=attempts, now=timezone.now())


def _chosen_form(request: SignedInRequest, forms: QuerySet[ExamForm]) -> ExamForm | None:
    number = request.GET.get("form", "")
    return forms.filter(published_number=number).first() if number.isdecimal() and len(number) < 6 else None


def _context(cohort: Cohort, form: ExtensionForm) -> dict[str, Any]:
    now = timezone.now()
    return {"cohort": cohort, "seats": invigilation.seats_of(cohort, now=now), "now": now, "form": form}


def _must_be_invigilator(user: User) -> None:
    if not user.has_perm(RIGHT):
        raise Http404


def _own_cohort(user: User, pk: int) -> Cohort:
    """To everybody else the cohort does not exist."""
    _must_be_invigilator(user)
    cohort = Cohort.objects.taught_by(user).filter(pk=pk).first()
    if cohort is None:
        raise Http404
    return cohort
