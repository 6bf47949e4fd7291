"""Texts of versions in memory: read once, never mixed up."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exams import item_texts
from exams.item_texts import texts_of
from questions.models import Domain, ItemVersion
from tests.factories import make_bank

pytestmark = pytest.mark.django_db


def test_texts_are_read_once_and_follow_a_renamed_domain() -> None:
    make_bank()
    ids = list(ItemVersion.objects.values_list("pk", flat=True)[:5])
    first = texts_of(ids)

    with CaptureQueriesContext(connection) as queries:
        again = texts_of(ids)
    Domain.objects.update(name="Renamed")

    assert len(queries) == 1
    assert all(again[pk] is first[pk] for pk in ids)
    assert {text.domain_name for text in texts_of(ids).values()} == {"Renamed"}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    make_bank()
    monkeypatch.setattr(item_texts, "MOST_KEPT", 3)
    monkeypatch.setattr(item_texts, "_kept", {})
    ids = list(ItemVersion.objects.values_list("pk", flat=True)[:5])

    found = [texts_of([pk])[pk] for pk in ids]

    assert [text.code for text in found] == [ItemVersion.objects.get(pk=pk).item.code for pk in ids]
    assert len(item_texts._kept) <= 3
