"""What belongs to no app: health checks and the answer to a refused form."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """This process is alive; restart it when this does not answer. Touches nothing that restarting cannot mend."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """This process can serve people; send it none while this answers 503."""
    results = {name: _result(name, check) for name, check in _checks().items()}
    ready = all(result == "ok" for name, result in results.items() if name not in SPARED)
    return JsonResponse({"ready": ready, "checks": results}, status=200 if ready else 503)


# A dead Redis is reported but keeps nobody away: sessions and saves need only the database, overdue attempts are closed
# and scored on read, and answering 503 would take every web process out of service in the middle of an exam. The
# embedded cache on the other hand is a database table without which nobody can sign in.
SPARED = {"redis"}


def _checks() -> dict[str, Callable[[], str]]:
    shared = {"redis": _redis} if settings.REDIS_URL else {"cache": _cache}
    return {"database": _database, "migrations": _migrations, **shared}


def _result(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    # Whatever goes wrong is the answer; its details are for the log, the page is open to all.
    except Exception:
        logger.exception("Readiness check %s failed", name)
        return "failed"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def _cache() -> str:
    caches["default"].get("readyz")
    return "ok"


def _redis() -> str:
    # Not through the cache, which swallows what is asked here.
    with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5) as redis:
        redis.ping()
    return "ok"


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For scripts a JSON answer they can show, for people a page; `reason` is in Django's own log."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(
            {"result": "csrf", "message": "This page is out of date. Reload it and try again."}, status=403
        )
    return render(request, "403_csrf.html", status=403)
