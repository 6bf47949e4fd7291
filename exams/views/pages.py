"""Home, sample questions and what this site is."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from exams import next_steps
from questions.models import Outline
from questions.samples import public_samples


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """For a stranger what this is, for a person what to do next."""
    if isinstance(request.user, User):
        home = next_steps.home_of(request.user, now=timezone.now())
        return TemplateResponse(request, "pages/home.html", {"home": home})
    return TemplateResponse(request, "pages/welcome.html", {"outline": _outline()})


@require_safe
def samples(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "pages/samples.html", {"samples": public_samples()})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "pages/about.html", {"outline": _outline()})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What this installation keeps of people; how long is its operator's choice."""
    context = {
        "ledger_days": settings.RETAIN_LEDGER_DAYS,
        "inactive_months": settings.RETAIN_INACTIVE_MONTHS,
        "export_days": settings.RETAIN_EXPORT_DAYS,
    }
    return TemplateResponse(request, "pages/privacy.html", context)


def _outline() -> Outline | None:
    return Outline.objects.current().prefetch_related("domains").first()
