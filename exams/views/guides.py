"""Guides to the domains, for everybody; a signed-in person sees their own standing as well."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from exams import guides


@require_safe
def guide_list(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "exams/guides.html", {"shares": guides.shares()})


@never_cache
@require_safe
def guide(request: HttpRequest, code: str) -> HttpResponse:
    found = guides.guide(code=code, user=request.user if isinstance(request.user, User) else None)
    if found is None:
        raise Http404
    return TemplateResponse(request, "exams/guide.html", {"guide": found})
