"""A file is read and applied by the worker, in a process that shares nothing with the page but database and Redis."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import roles
from questions.exchange import uploads
from questions.models import BankImport, ImportState, Item
from tests.factories import make_bank, make_user

pytestmark = pytest.mark.django_db(transaction=True)

QUESTIONS = 300
Eventually = Callable[[Callable[[], bool]], None]


def test_large_file_is_checked_and_applied_with_progress(client: Client, eventually: Eventually) -> None:
    make_bank()
    author = make_user("ann")
    roles.make_instructor(user=author, roles=["author"])
    client.force_login(author)
    text = "\n".join(f"Stem {n}?\nA. {n} one\nB. {n} two\nC. {n} three\nANSWER: A\n" for n in range(QUESTIONS))

    client.post(
        reverse("exams:upload"),
        {"file": SimpleUploadedFile("a.txt", text.encode()), "task": "IM-1", "cognitive": "recall"},
    )
    upload = BankImport.objects.get()
    eventually(lambda: BankImport.objects.filter(state=ImportState.CHECKED).exists())
    client.post(reverse("exams:apply_import", args=[upload.pk]))
    eventually(lambda: BankImport.objects.filter(state=ImportState.APPLIED).exists())

    assert uploads.done_of(upload) == QUESTIONS
    assert Item.objects.filter(versions__author=author).count() == QUESTIONS
