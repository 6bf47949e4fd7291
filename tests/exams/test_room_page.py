"""What a process renders before anybody asks."""

import pytest
from django.db import DatabaseError
from pytest_django import DjangoAssertNumQueries

from exams import room_page
from exams.models import ExamForm
from tests.factories import make_bank, publish_form_a

pytestmark = pytest.mark.django_db


def test_published_form_is_rendered_before_anybody_asks(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_bank()
    publish_form_a()
    exam_form = ExamForm.objects.get()

    room_page.prepare()

    with django_assert_num_queries(0):
        items = room_page.items_of(exam_form)
    assert items.count == exam_form.form_items.count()


def test_process_serves_also_where_nothing_can_be_rendered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise DatabaseError

    monkeypatch.setattr(ExamForm.objects, "published", fail)

    room_page.prepare()

    assert "each is when somebody asks" in caplog.text
