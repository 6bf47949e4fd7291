"""Budgets of SQL statements, BEGIN and COMMIT counted, the session read through a warm cache."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
import pytest_django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exams.models import Attempt
from tests.factories import make_bank, make_user, publish_form_a, start

# Real transactions: inside TestCase's own one a BEGIN would show as a savepoint.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def cached_sessions(settings: pytest_django.Settings) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"


@pytest.fixture
def alice_signed_in(client: Client) -> Client:
    client.force_login(make_user())
    return client


@contextmanager
def statements() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as queries:
        yield queries


def count_of(client: Client, method: str, path: str, data: dict[str, Any] | None = None) -> int:
    with statements() as queries:
        getattr(client, method)(path, data or {})
    return len(queries)


def test_save_takes_two_statements_on_postgresql_and_seven_elsewhere(alice_signed_in: Client) -> None:
    make_bank()
    alice_signed_in.post(reverse("exams:start"))
    path = reverse("exams:save", args=[Attempt.objects.get().public_id])

    counts = [
        count_of(alice_signed_in, "post", path, {"item": n, "base": 0, "op_id": uuid4(), "chosen": 1}) for n in (1, 2)
    ]

    assert counts == ([2, 2] if connection.vendor == "postgresql" else [7, 7])


def test_heartbeat_takes_three_statements(alice_signed_in: Client) -> None:
    make_bank()
    alice_signed_in.post(reverse("exams:start"))
    path = reverse("exams:heartbeat", args=[Attempt.objects.get().public_id])

    counts = [
        count_of(alice_signed_in, "post", path, {"visible": '{"1": 900, "2": 30000}', "known": 1, "position": n})
        for n in (2, 2)
    ]

    assert counts == [3, 3]


def test_start_on_a_published_form_takes_at_most_ten_statements(alice_signed_in: Client) -> None:
    make_bank()
    publish_form_a()

    assert count_of(alice_signed_in, "post", reverse("exams:start")) <= 10


def test_start_on_a_personal_draw_takes_at_most_fifteen_statements(alice_signed_in: Client) -> None:
    make_bank()

    assert count_of(alice_signed_in, "post", reverse("exams:start")) <= 15


@pytest.mark.parametrize("size", [20, 60])
def test_room_and_report_take_the_same_statements_whatever_the_number_of_items(
    alice_signed_in: Client, size: int
) -> None:
    make_bank(scored_count=size, pilot_count=10)
    alice_signed_in.post(reverse("exams:start"))
    public_id = Attempt.objects.get().public_id
    room, report = (reverse(f"exams:{name}", args=[public_id]) for name in ("room", "report"))

    # The first visit renews the session for the length of an exam, and texts of items are read once by a process.
    alice_signed_in.get(room)
    in_the_room = count_of(alice_signed_in, "get", room)
    alice_signed_in.post(reverse("exams:submit", args=[public_id]))
    alice_signed_in.get(report)

    assert (in_the_room, count_of(alice_signed_in, "get", report)) == (12, 20)


@pytest.mark.parametrize("name", ["exams:mocks", "home"])
def test_list_of_attempts_takes_the_same_statements_for_one_and_three(alice_signed_in: Client, name: str) -> None:
    make_bank()
    counts = []
    for number in (1, 2):
        for _ in range(number):
            alice_signed_in.post(reverse("exams:start"))
            public_id = Attempt.objects.latest("pk").public_id
            alice_signed_in.post(reverse("exams:submit", args=[public_id]))
        counts.append(count_of(alice_signed_in, "get", reverse(name)))

    assert Attempt.objects.count() == 3
    assert counts[0] == counts[1]


def test_admin_lists_take_the_same_statements_for_few_and_many(client: Client) -> None:
    ivy = make_user("ivy")
    ivy.is_staff = ivy.is_superuser = True
    ivy.save(update_fields=["is_staff", "is_superuser"])
    client.force_login(ivy)
    paths = [reverse(f"admin:{name}_changelist") for name in ("questions_item", "exams_attempt", "accounts_user")]
    counts = []
    make_bank()
    for number in (1, 3):
        for n in range(number):
            start(make_user(f"candidate-{number}-{n}"))
        for path in paths:
            client.get(path)
        counts.append([count_of(client, "get", path) for path in paths])

    assert counts[0] == counts[1]
