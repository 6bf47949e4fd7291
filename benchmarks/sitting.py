"""One whole sitting on the real bank: statements, milliseconds and bytes."""

import gzip
import time
import uuid
from itertools import count

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from benchmarks.timing import line, percentile
from exams import scoring
from exams.models import Attempt, ExamForm

PEOPLE = 20
_serial = count()


def measure() -> None:
    call_command("migrate", verbosity=0)
    call_command("load_content", stdout=open("/dev/null", "w"))  # noqa: PTH123, SIM115  closed with the process
    call_command("collectstatic", interactive=False, verbosity=0)
    measure_start()
    client, attempt = sitting()
    measure_save(client, attempt)
    measure_page(client, attempt)
    measure_end(client, attempt)


def signed_in() -> Client:
    user = User.objects.create_user(f"person{next(_serial)}@example.org")
    # The client's own host name, testserver, is not among the allowed ones.
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def sitting() -> tuple[Client, Attempt]:
    client = signed_in()
    client.post(reverse("exams:start"))
    return client, Attempt.objects.latest("pk")


def counted(client: Client, path: str, fields: dict[str, object]) -> tuple[int, float]:
    """(SQL statements with BEGIN and COMMIT, milliseconds) of one POST; the session comes from the warm cache."""
    client.get(reverse("exams:mocks"))
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        client.post(path, fields)
        took = time.perf_counter() - began
    return len(queries), 1000 * took


def measure_start() -> None:
    figures = [counted(signed_in(), reverse("exams:start"), {}) for _ in range(PEOPLE)]
    line(
        "start on a published form",
        f"{figures[-1][0]:8} statements, p50 {percentile([t for _, t in figures], 0.5):.1f} ms",
    )
    figures = []
    published = ExamForm.objects.published().count()
    for _ in range(PEOPLE):
        client = signed_in()
        for _ in range(published):
            client.post(reverse("exams:start"))
            client.post(reverse("exams:submit", args=[Attempt.objects.latest("pk").public_id]))
        figures.append(counted(client, reverse("exams:start"), {}))
    line(
        "start on a personal draw",
        f"{figures[-1][0]:8} statements, p50 {percentile([t for _, t in figures], 0.5):.1f} ms",
    )


def measure_save(client: Client, attempt: Attempt) -> None:
    path = reverse("exams:save", args=[attempt.public_id])
    figures = [
        counted(client, path, {"item": position, "base": 0, "op_id": str(uuid.uuid4()), "chosen": 1})
        for position in range(1, 101)
    ]
    line("one save", f"{figures[-1][0]:8} statements, p50 {percentile([t for _, t in figures], 0.5):.1f} ms")


def measure_page(client: Client, attempt: Attempt) -> None:
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        answer = client.get(reverse("exams:room", args=[attempt.public_id]))
        took = 1000 * (time.perf_counter() - began)
    raw, packed = len(answer.content), len(gzip.compress(answer.content, 6))
    line(
        "exam page, 170 items",
        f"{len(queries):8} statements, {took:.0f} ms, {raw / 1000:.0f} KB, {packed / 1000:.0f} KB gzip",
    )


def measure_end(client: Client, attempt: Attempt) -> None:
    statements, took = counted(client, reverse("exams:submit", args=[attempt.public_id]), {})
    line("submit", f"{statements:8} statements, {took:.1f} ms")
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        scoring.ensure_scored(attempt=attempt, now=attempt.deadline_at)
        took = 1000 * (time.perf_counter() - began)
    line("score", f"{len(queries):8} statements, {took:.1f} ms")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse("exams:report", args=[attempt.public_id]))
    raw, packed = len(answer.content), len(gzip.compress(answer.content, 6))
    line("report page, 170 items", f"{len(queries):8} statements, {raw / 1000:.0f} KB, {packed / 1000:.0f} KB gzip")
