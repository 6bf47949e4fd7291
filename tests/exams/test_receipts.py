"""A receipt names every answer as the server has it; an altered one, or an altered record, is told from a true one."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from exams import attempts, presence, receipts
from exams.models import Attempt, AttemptEvent
from exams.receipts import NoReceipt
from tests.factories import NOW, make_bank, make_user, save, start

pytestmark = pytest.mark.django_db
LAST = NOW + timedelta(minutes=41, seconds=7)


@pytest.fixture
def attempt() -> Attempt:
    """Three items shown, two of them answered, one answer taken back."""
    make_bank()
    alice = make_user()
    attempt = start(alice)
    save(attempt, 1, chosen=2, flagged=True)
    save(attempt, 2, chosen=3)
    save(attempt, 4, chosen=1)
    save(attempt, 4, base=1, chosen=None, now=LAST)
    presence.record_seen(attempt=attempt, visible_ms={1: 10, 3: 10}, now=NOW)
    return attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=50))


def text_of(attempt: Attempt) -> str:
    return json.dumps(receipts.signed(attempt))


def test_receipt_names_what_was_shown_answered_and_last_saved(attempt: Attempt) -> None:
    receipt = receipts.signed(attempt)["receipt"]

    assert (receipt["shown"], receipt["answered"], receipt["last_saved_at"]) == (4, 2, LAST.isoformat())
    assert [(row["item"], row["chosen"], row["revision"]) for row in receipt["answers"]] == [
        (1, "B", 1),
        (2, "C", 1),
        (4, None, 2),
    ]
    # started, four saves, submitted
    assert receipt["ledger"]["entries"] == 6


def test_receipt_holds_no_key_no_pilot_flag_and_no_item_code(attempt: Attempt) -> None:
    codes = attempt.exam_form.form_items.values_list("item__code", flat=True)
    text = text_of(attempt)

    assert not any(code in text for code in codes)
    assert not any(word in text for word in ("key", "scored", "pilot", "rationale", attempt.exam_form.seed))


def test_true_receipt_is_ours_and_still_holds(attempt: Attempt) -> None:
    verdict = receipts.verify(text_of(attempt))

    assert (verdict.is_ours, verdict.still_holds) == (True, True)


def alterations() -> list[Callable[[dict[str, Any]], object]]:
    return [
        lambda document: document["receipt"].update(answered=3),
        lambda document: document["receipt"]["answers"][0].update(chosen="A"),
        lambda document: document["receipt"]["ledger"].update(entries=7),
        lambda document: document["receipt"].update(extra=1),
        lambda document: document.update(signature=document["signature"][:-1] + "_"),
        lambda document: document.update(signature=None),
        lambda document: document.update(signature="é"),
    ]


@pytest.mark.parametrize("alter", alterations(), ids=range(len(alterations())))
def test_altered_receipt_is_not_ours(attempt: Attempt, alter: Callable[[dict[str, Any]], object]) -> None:
    document = receipts.signed(attempt)
    alter(document)

    assert not receipts.verify(json.dumps(document)).is_ours


def test_receipt_of_a_site_with_another_key_is_not_ours(attempt: Attempt, settings: pytest_django.Settings) -> None:
    text = text_of(attempt)
    settings.SECRET_KEY = "another"

    assert not receipts.verify(text).is_ours


def test_record_that_was_altered_afterwards_no_longer_holds(attempt: Attempt) -> None:
    text = text_of(attempt)
    table = AttemptEvent._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{table}_append_only" {"" if connection.vendor == "sqlite" else f"ON {table}"}')
    AttemptEvent.objects.filter(attempt=attempt, position=2).update(chosen=4)

    verdict = receipts.verify(text)

    assert (verdict.is_ours, verdict.still_holds) == (True, False)


def test_receipt_of_an_erased_attempt_is_still_ours(attempt: Attempt) -> None:
    text = text_of(attempt)
    Attempt.objects.all().delete()

    assert receipts.verify(text).is_ours
    assert receipts.verify(text).still_holds is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"receipt": 1, "signature": "x"}', "[" * 100_000])
def test_what_is_no_receipt_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NoReceipt, match="hand in the whole file"):
        receipts.verify(text)


# --- Pages --------------------------------------------------------------------------------------------------------


def test_candidate_downloads_the_receipt_and_anybody_may_check_it(attempt: Attempt, client: Client) -> None:
    client.force_login(attempt.user)
    download = client.get(reverse("exams:receipt", args=[attempt.public_id]))
    client.logout()

    pasted = client.post("/receipts/verify", {"text": download.content.decode()})
    uploaded = client.post("/receipts/verify", {"file": SimpleUploadedFile("receipt.json", download.content)})

    assert "attachment" in download["Content-Disposition"]
    for page in (pasted, uploaded):
        assert "Signed by this site, unaltered" in page.content.decode()
        assert "4 shown, 2 answered" in page.content.decode()


def test_open_attempt_has_no_receipt(client: Client) -> None:
    make_bank()
    attempt = start(make_user())
    client.force_login(attempt.user)

    with time_machine.travel(NOW, tick=False):
        assert client.get(reverse("exams:receipt", args=[attempt.public_id])).status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose the file, or paste its text."),
        ({"text": "nonsense"}, "This is not a receipt"),
        ({"file": SimpleUploadedFile("x.json", b"\xff\xfe")}, "This is not a receipt"),
        ({"file": SimpleUploadedFile("x.json", b" " * 500_001)}, "larger than any that this site makes"),
    ],
)
def test_bad_hand_in_is_answered_with_what_is_wrong(client: Client, fields: dict[str, Any], words: str) -> None:
    assert words in client.post("/receipts/verify", fields).content.decode()


def test_report_says_what_was_shown_answered_and_last_saved(attempt: Attempt, client: Client) -> None:
    client.force_login(attempt.user)

    text = " ".join(client.get(reverse("exams:report", args=[attempt.public_id])).content.decode().split())

    assert "4 of 30 shown · 2 answered · last saved 15:41:07" in text
