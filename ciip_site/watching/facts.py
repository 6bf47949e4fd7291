"""How the site stands at this moment, looked up in a few cheap reads: the figures behind the gauges and the page."""

import json
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import Error
from django.db.models import Count, Min, Q
from redis import Redis, RedisError

from ciip_site.watching import heard
from ciip_site.watching.heard import Worker
from ciip_site.watching.task_work import QUEUED_AT
from exams import sweeping
from exams.models import Attempt
from exams.models.attempt import save_grace


@dataclass(frozen=True)
class Backlog:
    """How many wait for something that should have happened, and since when the one that has waited longest."""

    count: int
    oldest_seconds: float = 0.0


@dataclass(frozen=True)
class Exams:
    milliseconds: float
    open: int
    overdue: Backlog
    unscored: Backlog


@dataclass(frozen=True)
class Tasks:
    """What Redis holds: waiting tasks by queue, and the workers that have been heard of."""

    queues: dict[str, Backlog]
    workers: list[Worker]

    def listening_to(self, queue: str) -> int:
        return sum(queue in worker.queues for worker in self.workers if not worker.is_silent)


@dataclass(frozen=True)
class Facts:
    """Where something could not be asked it is None, and so it is where nobody has ever told."""

    exams: Exams | None
    tasks: Tasks | None
    sweep_age: float | None
    backup_age: float | None
    free_bytes: int
    total_bytes: int


def gather(*, now: datetime) -> Facts:
    disk = shutil.disk_usage(_first_that_exists(settings.VAR_DIR))
    return Facts(
        exams=_exams(now),
        tasks=_tasks(now) if settings.REDIS_URL else None,
        sweep_age=_sweep_age(now),
        backup_age=_backup_age(now),
        free_bytes=disk.free,
        total_bytes=disk.total,
    )


def _first_that_exists(directory: Path) -> Path:
    """With PostgreSQL nothing may have been written there yet."""
    return next(path for path in (directory, *directory.absolute().parents) if path.exists())


def _exams(now: datetime) -> Exams | None:
    try:
        began = time.perf_counter()
        unscored = Attempt.objects.unscored().newest().order_by().aggregate(count=Count("pk"), first=Min("finished_at"))
        milliseconds = (time.perf_counter() - began) * 1000
        overdue = Count("pk", filter=Q(deadline_at__lte=now - save_grace()))
        of_open = Attempt.objects.open().aggregate(open=Count("pk"), overdue=overdue, first=Min("deadline_at"))
    except Error:
        return None
    return Exams(
        milliseconds=milliseconds,
        open=of_open["open"],
        overdue=_backlog(of_open["overdue"], of_open["first"], now - save_grace()),
        unscored=_backlog(unscored["count"], unscored["first"], now),
    )


def _backlog(count: int, first: datetime | None, since: datetime) -> Backlog:
    return Backlog(count, _seconds(since - first)) if count and first else Backlog(0)


def _tasks(now: datetime) -> Tasks | None:
    try:
        with heard.redis() as redis:
            queues = {queue.name: _waiting(redis, queue.name, now) for queue in settings.CELERY_TASK_QUEUES}
            return Tasks(queues, heard.workers(redis, now=now.timestamp()))
    except RedisError:
        return None


def _waiting(redis: Redis, queue: str, now: datetime) -> Backlog:
    """Tasks are put in at the head of a list and taken from its tail, so the oldest stands there."""
    count, oldest = int(redis.llen(queue)), redis.lindex(queue, -1)
    queued_at = json.loads(oldest)["headers"].get(QUEUED_AT) if oldest else None
    return Backlog(count, max(0.0, now.timestamp() - queued_at) if queued_at else 0.0)


def _sweep_age(now: datetime) -> float | None:
    try:
        at = sweeping.last_sweep()
    except Error:
        # The embedded cache is a table.
        return None
    return _seconds(now - at) if at else None


def _backup_age(now: datetime) -> float | None:
    try:
        return _seconds(now - datetime.fromtimestamp(settings.BACKUP_MARKER.stat().st_mtime, UTC))
    except OSError:
        return None


def _seconds(age: timedelta) -> float:
    return max(0.0, age.total_seconds())
