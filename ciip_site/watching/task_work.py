"""A task's lines name the request that asked for it, and every queued task carries the moment of its queueing."""

import logging.config
import time
from typing import Any

from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun
from django.conf import settings

from ciip_site.watching import work

QUEUED_AT = "queued_at"


@before_task_publish.connect
def _carry(headers: dict[str, Any], **more: Any) -> None:
    headers[QUEUED_AT] = time.time()
    now_at = work.current.get()
    if now_at:
        known = now_at.fields()
        headers |= {name: known[name] for name in ("request_id", "user", "attempt") if name in known}


@task_prerun.connect
def _begin(task: Any, task_id: str, **more: Any) -> None:
    if task.request.is_eager:
        # Run by the request that asked, as part of it.
        return
    told = task.request
    begun = work.Work(
        work.usable_id(told.get("request_id")) or task_id,
        task=task.name,
        user_id=told.get("user"),
        attempt=told.get("attempt") or "",
    )
    work.current.set(begun)


@task_postrun.connect
def _end(task: Any, **more: Any) -> None:
    if not task.request.is_eager:
        work.current.set(None)


@setup_logging.connect
def _log_as_the_site_does(loglevel: int, **more: Any) -> None:
    """Celery would put handlers of its own in place of the site's; their lines have no ids and hide nothing."""
    logging.config.dictConfig(settings.LOGGING)
    logging.getLogger("celery").setLevel(loglevel)
