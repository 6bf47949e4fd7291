"""The doors of whoever watches: Prometheus, and the page for people."""

import os

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from accounts.models import User
from ciip_site.watching import facts, health
from ciip_site.watching.gauges import Gauges

gauges = Gauges()
VIEW_HEALTH = "exams.view_health"


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus; to everybody without the token it does not exist."""
    token = settings.METRICS_TOKEN
    if not (token and constant_time_compare(request.META.get("HTTP_AUTHORIZATION", ""), f"Bearer {token}")):
        raise Http404
    counted = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    looked_up = CollectorRegistry()
    looked_up.register(gauges)
    return HttpResponse(generate_latest(counted) + generate_latest(looked_up), content_type=CONTENT_TYPE_LATEST)


@never_cache
@login_required
@require_GET
def health_page(request: HttpRequest) -> HttpResponse:
    """Is all well? To others than superusers and staff who are given the permission the page does not exist."""
    user = request.user
    if not (isinstance(user, User) and user.is_staff and user.has_perm(VIEW_HEALTH)):
        raise Http404
    now = timezone.now()
    lines = health.lines(facts.gather(now=now))
    unwell = [line for line in lines if line.advice]
    well = [line for line in lines if not line.advice]
    return TemplateResponse(request, "pages/health.html", {"unwell": unwell, "well": well, "now": now})
