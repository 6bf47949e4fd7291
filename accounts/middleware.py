from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from accounts import second_factor
from accounts.models import User


class TimeZoneMiddleware:
    """Dates of a page are in the signed-in person's zone: Django offers the switch but no setting for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            with timezone.override(request.user.zone):
                return self.get_response(request)
        return self.get_response(request)


class PersonalPageMiddleware:
    """What was made for somebody signed in is kept by no browser and no proxy, unless its view says otherwise.

    Views of our own say so themselves; those of other packages, such as allauth's page of recovery codes, do not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(request.user, User) and "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response


class SecretAddressMiddleware:
    """Where the address is the lock, every visitor is nobody, and the address stays where it is.

    No cookie is read or set: the page is the same for everybody, and nothing can tell who looked. Whatever is answered,
    errors too, is kept by nobody, indexed by nobody, and passes its address on to nobody. It comes before all others,
    which read cookies and answer errors.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.SECRET_ADDRESSES):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        response.cookies.clear()
        varies = [name.strip() for name in response.get("Vary", "").split(",")]
        response.headers["Vary"] = ", ".join(name for name in varies if name and name.lower() != "cookie")
        if not response.headers["Vary"]:
            del response.headers["Vary"]
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


class SecondFactorMiddleware:
    """Instructors who must have a second factor and lack it are led to where they set one up.

    Comes after allauth's and htmx's middleware. What an exam that is running needs stays open, and so do the pages of
    one's own account; on those `request.lacks_second_factor` tells the page why somebody was led there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return self.get_response(request)
        lacks = cache(lambda: second_factor.is_missing(user))
        request.lacks_second_factor = lacks  # type: ignore[attr-defined]
        if request.path_info.startswith(settings.OPEN_WITHOUT_SECOND_FACTOR) or not lacks():
            return self.get_response(request)
        return _lead_to_set_up(request)


def _lead_to_set_up(request: HttpRequest) -> HttpResponse:
    """By the way that whoever asked understands: a page, a fragment or a program."""
    url = reverse("mfa_index")
    if request.htmx:  # type: ignore[attr-defined]  # set by django_htmx
        return HttpResponseClientRedirect(url)
    if request.accepts("application/json") and not request.accepts("text/html"):
        message = "This site asks instructors for a second factor. Set one up, then try again."
        return JsonResponse({"result": "second_factor", "message": message, "url": url}, status=403)
    return redirect(url)
