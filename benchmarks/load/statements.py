"""SQL statements of one exam, BEGIN and COMMIT counted, and what an exam leaves in the database."""

import re
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from benchmarks.load.candidate import ITEMS, PASSWORD, ROOM
from exams import answer_counts, attempts, forecasts, presence, scoring
from exams.item_state import ItemState

CSRF_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def of_one_exam(user: User) -> Counter[str]:
    """By operation, of a browser's requests from the list of mocks to the report, the session from a warm cache."""
    counts: Counter[str] = Counter()
    client = Client(SERVER_NAME="localhost")
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})

    def ask(what: str, method: str, path: str, data: dict[str, Any] | None = None) -> str:
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(client, method)(path, data or {}, follow=True)
        counts[what] += len(queries)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} was answered {answer.status_code}.")
        return str(answer.content.decode())

    ask("list", "get", "/mocks/")
    found = ROOM.search(ask("start and room", "post", "/mocks/start/"))
    assert found
    path = found[0]
    for position in range(1, ITEMS + 1):
        fields = {"item": position, "base": 0, "op_id": uuid.uuid4(), "chosen": 1}
        ask("170 saves", "post", f"{path}save/", fields)
    # The pages' own count, and beside it one heartbeat, which is not part of the sum.
    ask("submit and report", "get", f"{path}submit/")
    ask("submit and report", "post", f"{path}submit/")
    return counts


def of_a_heartbeat(user: User) -> int:
    client = Client(SERVER_NAME="localhost")
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    found = ROOM.search(client.post("/mocks/start/", follow=True).content.decode())
    assert found
    # The second one: the first also stores which item is seen for the first time.
    fields = {"visible": '{"1": 30000}', "known": 1, "position": 1}
    client.post(f"{found[0]}heartbeat/", fields)
    with CaptureQueriesContext(connection) as queries:
        client.post(f"{found[0]}heartbeat/", fields)
    return len(queries)


def growth(people: list[User]) -> tuple[float, float, Counter[str]]:
    """kB of a finished and scored exam on a published form and on a personal one, and of the latter by table."""
    figures = []
    tables: Counter[str] = Counter()
    # What the site counts about items is there after the first people; it grows with items, not with exams.
    first, people = people[: len(people) // 2], people[len(people) // 2 :]
    for user in first * 3:
        _whole_exam(user)
    for _ in range(3):
        before, by_table = _kilobytes(), _by_table()
        for user in people:
            _whole_exam(user)
        figures.append((_kilobytes() - before) / len(people))
        tables = Counter({name: (size - by_table[name]) / len(people) for name, size in _by_table().items()})
    # The first two are the published forms.
    return sum(figures[:2]) / 2, figures[2], tables


def _whole_exam(user: User) -> None:
    now = timezone.now()
    attempt = attempts.start_mock(user=user, now=now)
    at = now
    for position in range(1, ITEMS + 1):
        at += timedelta(seconds=50)
        state = ItemState(chosen=position % 4 + 1, flagged=False)
        attempts.save(
            user=user, public_id=attempt.public_id, position=position, base=0, op_id=uuid.uuid4(), state=state, now=at
        )
        if position % 2:
            presence.record_seen(attempt=attempt, visible_ms={position: 40000, position + 1: 10000}, now=at)
    attempt = attempts.submit(user=user, public_id=attempt.public_id, now=at)
    scoring.ensure_scored(attempt=attempt, now=at)
    answer_counts.count(attempt=attempt)
    forecasts.after_mock(attempt=attempt, now=at)


def _kilobytes() -> float:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
        return sum(path.stat().st_size for path in settings.VAR_DIR.glob("ciip.sqlite3*")) / 1000
    with connection.cursor() as cursor:
        # What autovacuum does in time: room that updates left is used again.
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("SELECT pg_database_size(current_database())")
        return float(cursor.fetchone()[0]) / 1000


def _by_table() -> Counter[str]:
    if connection.vendor != "postgresql":
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'")
        return Counter({name: size / 1000 for name, size in cursor.fetchall()})
