import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ciip_site.watching import metrics, work

logger = logging.getLogger(__name__)


class WatchMiddleware:
    """Each request has an id, is measured, and is told to the log when it was slow. The outermost of all.

    What is measured and told is the route's name, never the address, which may hold what is secret.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        told = request.META.get("HTTP_X_REQUEST_ID") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else None
        request_id = work.usable_id(told) or work.new_id()
        request.work = work.Work(request_id, request)  # type: ignore[attr-defined]
        token = work.current.set(request.work)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            seconds = time.perf_counter() - began
            route = request.resolver_match.view_name if request.resolver_match else ""
            metrics.record_request(
                route=route, status=response.status_code, seconds=seconds, outcome=getattr(request, "outcome", "")
            )
            if seconds * 1000 >= settings.SLOW_REQUEST_MS:
                added = {"route": route, "status": response.status_code, "duration_ms": round(seconds * 1000)}
                logger.warning("Slow: %s took %.0f ms.", route or "an unknown address", seconds * 1000, extra=added)
            return response
        finally:
            work.current.reset(token)
