"""Submit queues the scoring; a dead Redis loses nothing, signs nobody out and blocks nobody."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import Attempt, Score
from tests.factories import answer_all, make_bank, make_user, start
from tests.worker.conftest import url_of_the_test_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def attempt(client: Client) -> Attempt:
    make_bank()
    alice = make_user()
    client.force_login(alice)
    attempt = start(alice, now=timezone.now())
    answer_all(attempt, right=15)
    return attempt


def test_submit_is_scored_by_the_worker_without_anybody_looking(
    client: Client, attempt: Attempt, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    client.post(reverse("exams:submit", args=[attempt.public_id]))

    eventually(lambda: Score.objects.filter(attempt=attempt).exists())
    assert Score.objects.get().raw == 15


def submit_elsewhere(attempt: Attempt, root: Path, *, redis_url: str) -> dict[str, Any]:
    environment = os.environ | {
        "DATABASE_URL": url_of_the_test_database(),
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "ciip_site.settings",
        "PYTHONPATH": str(root),
    }
    script = Path(__file__).with_name("submit_elsewhere.py")
    done = subprocess.run(
        [sys.executable, str(script), str(attempt.public_id)],
        check=True, capture_output=True, text=True, env=environment, cwd=root, timeout=60,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """Accepts connections and never says a word, like a machine that hangs."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture(params=["absent", "silent"])
def broken_redis(request: pytest.FixtureRequest, silent_redis: str) -> str:
    return silent_redis if request.param == "silent" else "redis://127.0.0.1:1/0"


def test_submit_without_redis_is_accepted_soon_and_the_report_scores(
    client: Client, attempt: Attempt, root: Path, broken_redis: str
) -> None:
    answer = submit_elsewhere(attempt, root, redis_url=broken_redis)

    report = reverse("exams:report", args=[attempt.public_id])
    assert (answer["status"], answer["to"]) == (302, report)
    # The bound that counts is that it ends: unbounded, a silent broker keeps the candidate waiting for ever.
    assert answer["seconds"] < 15
    assert not Score.objects.exists()
    assert client.get(report).status_code == 200
    assert Score.objects.get().raw == 15
