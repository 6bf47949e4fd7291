"""Tasks go through Redis into another process; nothing here is eager."""

import subprocess
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from ciip_site.celery import app
from exams import form_builds, tasks
from exams.form_problem import Wish
from exams.models import BuildState, FormBuild
from tests.factories import make_bank, make_user

Eventually = Callable[[Callable[[], bool]], None]


def times_run(task_name: str) -> int:
    """What the worker itself says it has executed."""
    statistics = app.control.inspect(timeout=1).stats() or {}
    return sum(worker["total"].get(task_name, 0) for worker in statistics.values())


@pytest.mark.django_db(transaction=True)
def test_parallel_forms_are_searched_for_by_the_worker_process(
    celery_worker: subprocess.Popen[bytes], eventually: Eventually
) -> None:
    make_bank(forms=2)
    build = form_builds.ask(wish=Wish(2), by=make_user("ivy"), now=timezone.now())

    tasks.queue_build(build)

    eventually(lambda: FormBuild.objects.get().state == BuildState.PROPOSED)


@pytest.mark.django_db(transaction=True)
def test_queued_task_is_executed_by_the_worker_process(
    celery_worker: subprocess.Popen[bytes], eventually: Eventually
) -> None:
    assert settings.CELERY_TASK_ALWAYS_EAGER is False
    before = times_run("exams.tasks.sweep_attempts")

    tasks.sweep_attempts.delay()

    eventually(lambda: times_run("exams.tasks.sweep_attempts") == before + 1)
    assert celery_worker.poll() is None


def test_cache_is_the_real_redis() -> None:
    cache.set("colour", "red", timeout=60)

    assert (cache.get("colour"), settings.CACHES["default"]["BACKEND"]) == ("red", "django_redis.cache.RedisCache")
