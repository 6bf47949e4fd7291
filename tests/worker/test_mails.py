"""A mail that somebody asked for goes through Redis and is written by the worker, once."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts import mailing
from accounts.models import MailKind, SentMail
from accounts.queueing import queue
from exams import planning, tasks
from tests.factories import make_bank, make_user
from tests.worker.test_worker import times_run

Eventually = Callable[[Callable[[], bool]], None]


@pytest.mark.django_db(transaction=True)
def test_mail_queued_twice_is_sent_once_by_the_worker_process(
    celery_worker: subprocess.Popen[bytes], worker_log: Path, eventually: Eventually
) -> None:
    make_bank()
    now = timezone.now()
    alice = make_user("alice")
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    mailing.choose(user=alice, kinds=[MailKind.EXAM_TOMORROW], now=now)
    today = planning.today_of(alice, now)
    planning.make(user=alice, exam_on=today + timedelta(days=1), hours_per_week=6, now=now)
    before = times_run("exams.tasks.remind")

    for _ in range(2):
        assert queue(tasks.remind, alice.pk, MailKind.EXAM_TOMORROW, today.isoformat())

    eventually(lambda: times_run("exams.tasks.remind") == before + 2)
    assert SentMail.objects.get().period == today.isoformat()
    eventually(lambda: "Subject: Your exam is tomorrow" in worker_log.read_text(encoding="utf-8"))
    assert worker_log.read_text(encoding="utf-8").count("Subject: Your exam is tomorrow") == 1
