"""Mails: who gets which, once, and how anybody gets no more of them."""

import logging
import re
import threading
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest
import pytest_django
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail, signing
from django.core.mail import EmailMessage
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts import mailing
from accounts.models import MailChoice, MailKind, MailRefusal, SentMail, User
from ciip_site.log_filters import WithoutTokens
from tests.factories import NOW, PASSWORD, make_user

pytestmark = pytest.mark.django_db
REMINDER = MailKind.EXAM_TOMORROW


def confirm(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def alice() -> User:
    """Confirmed, and asked for one kind."""
    alice = confirm(make_user("alice"))
    mailing.choose(user=alice, kinds=[REMINDER, MailKind.INVITATION], now=NOW)
    return alice


def remind(user: User, *, kind: MailKind = REMINDER, period: str = "2026-11-02", **changes: Any) -> bool:
    fields: dict[str, Any] = {"address": user.email, "subject": "Tomorrow"} | changes
    context = {"user": user, "exam_on": NOW, "address": "https://exam.example.org/plan/"}
    template = "mail/exam_tomorrow.txt"
    return mailing.send(kind=kind, user=user, period=period, template=template, context=context, now=NOW, **fields)


def invite(email: str = "new@example.org") -> bool:
    template, context = "mail/invitation.txt", {"address": "https://exam.example.org/join/secret/"}
    return mailing.send(
        kind=MailKind.INVITATION, address=email, subject="Come", template=template, context=context, now=NOW
    )


def off_path(message: EmailMessage) -> str:
    found = re.fullmatch(rf"<{settings.SITE_URL}(/account/mail/off/\S+/)>", message.extra_headers["List-Unsubscribe"])
    assert found
    return found[1]


# --- Who gets what ----------------------------------------------------------------------------------------------
def test_mail_reaches_who_asked_for_it(alice: User) -> None:
    assert remind(alice)

    [message] = mail.outbox
    assert (message.to, message.subject, message.cc, message.bcc) == (["alice@example.org"], "Tomorrow", [], [])
    assert "https://exam.example.org/plan/" in message.body
    assert "You asked for this mail in your settings." in message.body
    assert off_path(message) in message.body


@pytest.mark.parametrize("kind", [kind for kind in mailing.OPTIONAL if kind != MailKind.INVITATION])
def test_nothing_comes_unasked(kind: MailKind) -> None:
    assert not remind(confirm(make_user("alice")), kind=kind)

    assert mail.outbox == []


def test_who_asked_for_one_kind_gets_no_other(alice: User) -> None:
    assert not remind(alice, kind=MailKind.REVIEW_DUE)


def test_address_without_an_account_gets_invitations_only() -> None:
    assert invite()

    assert [message.to for message in mail.outbox] == [["new@example.org"]]
    assert "Somebody had this invitation sent to your address." in mail.outbox[0].body


@pytest.mark.parametrize("change", ["inactive", "moved", "deleted", "unconfirmed", "no longer wanted"])
def test_what_changed_since_the_queueing_counts(alice: User, change: str) -> None:
    queued = User.objects.get(pk=alice.pk)
    match change:
        case "inactive":
            User.objects.update(is_active=False)
        case "moved":
            User.objects.update(email="elsewhere@example.org")
        case "deleted":
            alice.delete()
        case "unconfirmed":
            EmailAddress.objects.update(verified=False)
        case "no longer wanted":
            mailing.choose(user=alice, kinds=[], now=NOW)

    assert not remind(queued)
    assert (mail.outbox, SentMail.objects.count()) == ([], 0)


def test_who_was_shut_out_is_invited_by_nobody(alice: User) -> None:
    User.objects.update(is_active=False)

    assert not invite("Alice@example.org")


def test_site_that_confirms_no_addresses_asks_for_no_confirmation(
    alice: User, settings: pytest_django.Settings
) -> None:
    EmailAddress.objects.all().delete()
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"

    assert remind(alice)


def test_names_cannot_add_a_header(alice: User) -> None:
    assert remind(alice, subject="Evening\r\nBcc: everybody@example.org")

    assert mail.outbox[0].message()["Bcc"] is None
    assert mail.outbox[0].subject == "Evening Bcc: everybody@example.org"


# --- Once -------------------------------------------------------------------------------------------------------
def test_mail_of_a_period_is_sent_once(alice: User) -> None:
    assert [remind(alice), remind(alice), remind(alice, period="2026-11-03")] == [True, False, True]
    assert len(mail.outbox) == 2


def test_database_refuses_a_second_note(alice: User) -> None:
    SentMail.objects.create(user=alice, kind=REMINDER, period="x", at=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        SentMail.objects.create(user=alice, kind=REMINDER, period="x", at=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail() -> None:
    alice = confirm(make_user("alice"))
    mailing.choose(user=alice, kinds=[REMINDER], now=NOW)
    results: list[bool] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        results.append(remind(alice))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(results) == [False, False, False, True]
    assert len(mail.outbox) == 1


def test_what_the_mail_server_refused_is_tried_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: EmailMessage, fail_silently: bool = False) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refuse)
        with pytest.raises(ConnectionRefusedError):
            remind(alice)

    assert remind(alice)


@pytest.mark.parametrize(("kind", "comes_again"), [(REMINDER, False), (MailKind.ACCOUNT_ENDS, True)])
def test_worker_that_dies_over_a_mail_leaves_out_a_reminder_and_repeats_a_notice(
    alice: User, monkeypatch: pytest.MonkeyPatch, kind: MailKind, comes_again: bool
) -> None:
    def die(self: EmailMessage, fail_silently: bool = False) -> int:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", die)
        with pytest.raises(SystemExit):
            remind(alice, kind=kind)

    assert remind(alice, kind=kind) is comes_again
    assert not remind(alice, kind=kind)


# --- Switching off ----------------------------------------------------------------------------------------------
def test_mail_programs_find_the_switch(alice: User) -> None:
    """RFC 8058: both headers; a long one may begin on a line of its own, but its address is never broken."""
    remind(alice)

    raw = mail.outbox[0].message().as_bytes()
    parsed = message_from_bytes(raw)
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["List-Unsubscribe"].strip() == mail.outbox[0].extra_headers["List-Unsubscribe"]
    assert re.search(rb"^List-Unsubscribe:\s+<http\S+>\r?$", raw, re.MULTILINE)
    assert parsed["Auto-Submitted"] == "auto-generated"


def test_one_click_switches_off_without_signing_in(alice: User) -> None:
    remind(alice)
    program = Client(enforce_csrf_checks=True)

    answer = program.post(off_path(mail.outbox[0]), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert not remind(alice, period="later")
    assert REMINDER not in mailing.wanted_by(alice)
    assert (answer.cookies, program.cookies) == ({}, {})
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]


def test_following_the_address_changes_nothing_yet(alice: User, client: Client) -> None:
    remind(alice)

    page = client.get(off_path(mail.outbox[0]))

    assert "Send me no more of them" in page.content.decode()
    assert (page.cookies, MailRefusal.objects.count()) == ({}, 0)
    assert remind(alice, period="later")


def test_off_is_for_its_kind_alone(alice: User, client: Client) -> None:
    mailing.choose(user=alice, kinds=mailing.OPTIONAL, now=NOW)
    remind(alice)

    client.post(off_path(mail.outbox[0]))

    assert mailing.wanted_by(alice) == set(mailing.OPTIONAL) - {REMINDER}


def test_address_without_an_account_can_refuse_invitations(client: Client) -> None:
    invite("New@example.org")

    client.post(off_path(mail.outbox[0]))

    assert not invite("new@example.ORG ")
    assert invite("other@example.org")


def test_refusal_holds_no_address(client: Client) -> None:
    invite()
    client.post(off_path(mail.outbox[0]))

    [row] = MailRefusal.objects.values_list()
    assert "example.org" not in str(row)
    assert "example.org" not in str(signing.b64_decode(off_path(mail.outbox[0]).split("/")[4].split(":")[0].encode()))


def test_refusal_outlives_a_change_of_the_key(client: Client, settings: pytest_django.Settings) -> None:
    invite()
    client.post(off_path(mail.outbox[0]))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert not invite()


def test_refusal_follows_its_person_to_another_address(alice: User, client: Client) -> None:
    mailing.choose(user=alice, kinds=[REMINDER, MailKind.REVIEW_DUE], now=NOW)
    remind(alice)
    client.post(off_path(mail.outbox[0]))
    client.force_login(alice)

    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", {"action_add": "", "email": "moved@example.org"})
    [confirmation] = [message for message in mail.outbox if message.to == ["moved@example.org"]]
    found = re.search(r"/account/confirm-email/\S+", str(confirmation.body))
    assert found
    client.post(found[0])

    moved = User.objects.get(pk=alice.pk)
    assert moved.email == "moved@example.org"
    # Off in the mail, off in the settings, on.
    assert mailing.wanted_by(moved) == {MailKind.REVIEW_DUE}
    assert not remind(moved, period="later")
    assert not invite("moved@example.org")


def test_who_changes_their_mind_gets_them_again(alice: User, client: Client) -> None:
    remind(alice)
    path = off_path(mail.outbox[0])
    client.post(path)

    page = client.post(path, {"again": "yes"})

    assert "Switched on again" in page.content.decode()
    assert remind(alice, period="later")


@pytest.mark.parametrize("token", ["x", "WyJ4IiwieCJd:1abc:xxxxxxxx", "a/b", "signed for something else"])
def test_address_that_was_not_signed_here_leads_nowhere(client: Client, token: str) -> None:
    if token.startswith("signed"):
        token = signing.dumps(["exam_tomorrow", "d"])
    answers = [client.get(f"/account/mail/off/{token}/"), client.post(f"/account/mail/off/{token}/")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert MailRefusal.objects.count() == 0


def test_log_does_not_tell_the_switch(alice: User, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="django.request"):
        client.get("/account/mail/off/verysecret/")

    [record] = [record for record in caplog.records if record.name == "django.request"]
    WithoutTokens().filter(record)
    assert "verysecret" not in record.getMessage()
    assert "/account/mail/off/…" in record.getMessage()


# --- The settings -----------------------------------------------------------------------------------------------
def test_settings_show_and_keep_the_choice(client: Client) -> None:
    alice = confirm(make_user("alice"))
    client.force_login(alice)

    client.post("/account/settings/notifications/", {"kinds": ["review_due", "exam_tomorrow"]})

    assert mailing.wanted_by(alice) == {MailKind.REVIEW_DUE, MailKind.EXAM_TOMORROW}
    page = client.get("/account/settings/").content.decode()
    assert set(re.findall(r'value="(\w+)"[^>]*? checked', page)) >= {"review_due", "exam_tomorrow"}
    assert not re.findall(r'value="(invitation|account_ends)"[^>]*? checked', page)
    assert not invite(alice.email)


def test_choice_of_one_changes_nothing_for_others(alice: User, client: Client) -> None:
    client.force_login(make_user("bob"))

    client.post("/account/settings/notifications/", {"kinds": ["review_due"]})

    assert mailing.wanted_by(alice) == {REMINDER, MailKind.INVITATION}


@pytest.mark.parametrize("kinds", [["account_ends"], ["nonsense"]])
def test_what_is_no_choice_changes_nothing(alice: User, client: Client, kinds: list[str]) -> None:
    client.force_login(alice)

    page = client.post("/account/settings/notifications/", {"kinds": kinds}, follow=True).content.decode()

    assert "none of the choices" in page
    assert mailing.wanted_by(alice) == {REMINDER, MailKind.INVITATION}


def test_settings_say_that_an_unconfirmed_address_gets_nothing(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "until your address is confirmed" not in client.get("/account/settings/").content.decode()

    EmailAddress.objects.update(verified=False)

    assert "until your address is confirmed" in client.get("/account/settings/").content.decode()


@pytest.mark.parametrize("kind", [MailKind.INVITATION, MailKind.ACCOUNT_ENDS, "nonsense"])
def test_database_keeps_no_choice_of_what_is_not_free(alice: User, kind: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        MailChoice.objects.create(user=alice, kind=kind)


def test_notice_cannot_be_refused_and_says_so_by_having_no_switch(alice: User) -> None:
    assert remind(alice, kind=MailKind.ACCOUNT_ENDS)

    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers
    assert "/mail/off/" not in mail.outbox[0].body
    with pytest.raises(IntegrityError), transaction.atomic():
        MailRefusal.objects.create(digest="x", kind=MailKind.ACCOUNT_ENDS, at=datetime(2026, 1, 1, tzinfo=UTC))
