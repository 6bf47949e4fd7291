from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

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
