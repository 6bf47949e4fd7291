"""What is told of queues and workers, by the real ones."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.queueing import queue
from accounts.tasks import send_invitation
from ciip_site.celery import app
from ciip_site.watching import facts, heard, work
from ciip_site.watching.facts import Tasks
from exams.tasks import score_attempt, sweep_attempts

Eventually = Callable[[Callable[[], bool]], None]
NOBODYS = 999_999


def tasks_now() -> Tasks:
    found = facts.gather(now=timezone.now()).tasks
    assert found
    return found


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]


@pytest.mark.django_db(transaction=True)
def test_task_in_the_worker_logs_the_id_of_the_request_that_asked(eventually: Eventually, worker_log: Path) -> None:
    token = work.current.set(work.Work("asked-by-1234", user_id=7, attempt="a-b-c"))
    try:
        queue(score_attempt, NOBODYS)
    finally:
        work.current.reset(token)

    def said() -> list[dict[str, Any]]:
        return [line for line in lines_of(worker_log) if line.get("request_id") == "asked-by-1234"]

    eventually(lambda: bool(said()))
    line = said()[0]
    assert line["message"] == f"Attempt {NOBODYS} is gone, nothing to score."
    assert (line["user"], line["attempt"], line["task"]) == (7, "a-b-c", "exams.tasks.score_attempt")


@pytest.mark.django_db(transaction=True)
def test_task_that_nobody_asked_for_has_an_id_of_its_own(eventually: Eventually, worker_log: Path) -> None:
    task_id = score_attempt.delay(NOBODYS).id

    eventually(lambda: any(line.get("request_id") == task_id for line in lines_of(worker_log)))


@pytest.mark.django_db(transaction=True)
def test_worker_is_heard_of_with_every_queue_it_listens_to(eventually: Eventually) -> None:
    eventually(lambda: bool(tasks_now().workers))

    (worker,) = tasks_now().workers
    assert set(worker.queues) == {one.name for one in settings.CELERY_TASK_QUEUES}
    assert not worker.is_silent
    assert tasks_now().listening_to("mail") == 1
    with heard.redis() as redis:
        later = heard.workers(redis, now=time.time() + heard.SILENT_AFTER + 1)
        assert [one.is_silent for one in later] == [True]
        assert heard.workers(redis, now=time.time() + heard.FORGOTTEN_AFTER + 60) == []


@pytest.mark.django_db(transaction=True)
def test_waiting_tasks_are_counted_and_the_oldest_is_the_first_that_was_queued(
    celery_worker: subprocess.Popen[bytes], eventually: Eventually
) -> None:
    app.control.cancel_consumer("mail")
    try:
        eventually(lambda: tasks_are_left_alone(app))
        queue(send_invitation, NOBODYS, "http://localhost/")
        time.sleep(1.2)
        queue(send_invitation, NOBODYS, "http://localhost/")

        waiting = tasks_now().queues["mail"]
        assert waiting.count == 2
        assert 1.2 <= waiting.oldest_seconds < 10
        assert tasks_now().queues["scoring"].count == 0
    finally:
        app.control.add_consumer("mail")
    eventually(lambda: tasks_now().queues["mail"].count == 0)


def tasks_are_left_alone(application: Any) -> bool:
    listened_to = application.control.inspect(timeout=1).active_queues() or {}
    return all("mail" not in [one["name"] for one in queues] for queues in listened_to.values())


@pytest.mark.django_db(transaction=True)
def test_sweep_of_the_worker_is_known_to_the_web(eventually: Eventually) -> None:
    assert facts.gather(now=timezone.now()).sweep_age is None

    sweep_attempts.delay()

    eventually(lambda: (facts.gather(now=timezone.now()).sweep_age or 99) < 20)
