"""What a person's fresh answers say of a fresh form, and whether such forecasts come true."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import replica
from exams import calibration, readiness_charts, readiness_report
from exams.access import SignedInRequest


@never_cache
@login_required
@require_GET
def readiness(request: SignedInRequest) -> HttpResponse:
    report = readiness_report.build(user=request.user, now=timezone.now())
    return TemplateResponse(request, "exams/readiness.html", {"report": report})


@never_cache
@login_required
@require_GET
def calibration_page(request: SignedInRequest) -> HttpResponse:
    """About the site as a whole: no figure of it rests on fewer than ten people."""
    with replica.reading():
        found = calibration.of_site()
    marks = readiness_charts.reliability(found.bins)
    return TemplateResponse(request, "exams/calibration.html", {"calibration": found, "marks": marks})
