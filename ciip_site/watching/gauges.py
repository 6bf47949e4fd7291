"""The figures that no process counts: looked up when Prometheus asks, and for some seconds not again."""

import threading
import time
from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ciip_site.watching import facts
from ciip_site.watching.facts import Exams, Facts, Tasks

KEPT_SECONDS = 5


class Gauges(Collector):
    """Whoever asks as well within those seconds, at this process, is told the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: Facts | None = None
        self._gathered_at = 0.0

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._lock:
            if self._kept is None or time.monotonic() - self._gathered_at >= KEPT_SECONDS:
                self._kept, self._gathered_at = facts.gather(now=timezone.now()), time.monotonic()
            found = self._kept
        yield _gauge("ciip_database_up", "Whether the database answers.", float(found.exams is not None))
        if found.exams:
            yield from _of_exams(found.exams)
        yield _gauge("ciip_redis_up", "Whether Redis answers; 0 also where there is none.", float(bool(found.tasks)))
        if found.tasks:
            yield from _of_tasks(found.tasks)
        yield _gauge("ciip_var_free_ratio", "Free part of the disk of VAR_DIR.", found.free_bytes / found.total_bytes)
        if found.sweep_age is not None:
            yield _gauge("ciip_sweep_age_seconds", "Time since overdue attempts were last looked for.", found.sweep_age)
        if found.backup_age is not None:
            yield _gauge("ciip_backup_age_seconds", "Time since the last backup.", found.backup_age)


def _of_exams(exams: Exams) -> Iterator[GaugeMetricFamily]:
    yield _gauge("ciip_attempts_open", "Attempts that run.", exams.open)
    yield _gauge("ciip_attempts_overdue", "Attempts past deadline and grace, not closed yet.", exams.overdue.count)
    yield _gauge(
        "ciip_attempts_overdue_oldest_seconds", "How long the first has been overdue.", exams.overdue.oldest_seconds
    )
    yield _gauge("ciip_attempts_unscored", "Attempts that ended and have no score yet.", exams.unscored.count)
    yield _gauge(
        "ciip_attempts_unscored_oldest_seconds", "How long the first has waited.", exams.unscored.oldest_seconds
    )


def _of_tasks(tasks: Tasks) -> Iterator[GaugeMetricFamily]:
    waiting = GaugeMetricFamily("ciip_queue_tasks", "Tasks that wait.", labels=["queue"])
    oldest = GaugeMetricFamily("ciip_queue_oldest_seconds", "How long the oldest has waited.", labels=["queue"])
    workers = GaugeMetricFamily("ciip_workers", "Workers that listen to a queue.", labels=["queue"])
    for queue, backlog in tasks.queues.items():
        waiting.add_metric([queue], backlog.count)
        oldest.add_metric([queue], backlog.oldest_seconds)
        workers.add_metric([queue], tasks.listening_to(queue))
    yield from (waiting, oldest, workers)


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)
