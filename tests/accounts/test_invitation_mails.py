"""Mails of invitations when the mail server does not take them."""

import smtplib
from typing import Any

import pytest
from celery.canvas import Signature
from celery.exceptions import Retry
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts import invitations, tasks
from accounts.models import Invitation, StudyGroup
from tests.factories import make_group, make_user

pytestmark = pytest.mark.django_db
SITE = "https://exam.example.org/"


@pytest.fixture
def group() -> StudyGroup:
    return make_group(make_user("alice"))


def mail_server(monkeypatch: pytest.MonkeyPatch, *, takes: int) -> list[EmailMessage]:
    """It takes a mail only at the given try; all that it was asked to take."""
    asked: list[EmailMessage] = []
    deliver = EmailMessage.send

    def send(self: EmailMessage) -> int:
        asked.append(self)
        if len(asked) != takes:
            raise smtplib.SMTPServerDisconnected
        return deliver(self)

    monkeypatch.setattr(EmailMessage, "send", send)
    return asked


def send_as_a_worker_does(made: Invitation) -> list[object]:
    """Run the task until it succeeds or gives up; the seconds that it asked to wait for."""
    waits: list[object] = []
    while True:
        task: Any = tasks.send_invitation
        task.push_request(args=[made.pk, SITE], kwargs={}, retries=len(waits), is_eager=False, called_directly=False)
        try:
            task.run(made.pk, SITE)
            return waits
        except Retry as retry:
            waits.append(retry.when)
        finally:
            task.pop_request()


@pytest.fixture
def back_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Signature, "apply_async", lambda self, *args, **kwargs: None)


@pytest.mark.usefixtures("back_in_the_queue")
def test_what_the_mail_server_refused_is_tried_later(group: StudyGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    made = invitations.invite(group=group, by=group.owner, email="bob@example.org", now=timezone.now())
    mail_server(monkeypatch, takes=4)

    assert send_as_a_worker_does(made) == [10, 20, 40]

    made.refresh_from_db()
    assert len(mail.outbox) == 1
    assert made.mailed_at is not None


@pytest.mark.usefixtures("back_in_the_queue")
def test_mail_server_that_never_takes_it_is_left_alone(group: StudyGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    made = invitations.invite(group=group, by=group.owner, email="bob@example.org", now=timezone.now())
    asked = mail_server(monkeypatch, takes=0)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        send_as_a_worker_does(made)

    made.refresh_from_db()
    assert (len(asked), made.mailed_at) == (1 + len(tasks.RETRY_SECONDS), None)
    assert max(tasks.RETRY_SECONDS) < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def test_page_asks_a_dead_mail_server_once(group: StudyGroup, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mail_server(monkeypatch, takes=0)
    client.force_login(group.owner)

    answer = client.post(f"/groups/{group.public_id}/invitations/", {"email": "bob@example.org"})

    assert (answer.status_code, len(asked)) == (302, 1)
    assert Invitation.objects.get().mailed_at is None
