"""A real worker: its own process, on the test database, fed through Redis."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from ciip_site.celery import app

START_SECONDS = 40
QUEUE = [sys.executable, "-m", "celery", "-A", "ciip_site", "worker", "--loglevel=warning", "--concurrency=1"]


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Here the cache is the real one in Redis, shared with the worker."""
    cache.clear()


@pytest.fixture(autouse=True)
def empty_queue(celery_worker: subprocess.Popen[bytes]) -> None:
    """Each test starts with an idle worker and no task of another test."""
    app.control.purge()


@pytest.fixture(scope="session")
def worker_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the worker writes: a JSON object a line and, without a mail server, its mails."""
    return tmp_path_factory.mktemp("worker") / "log"


@pytest.fixture(scope="session")
def celery_worker(django_db_setup: None, root: Path, worker_log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One worker for all tests here; it ends before its database is dropped."""
    if not settings.REDIS_URL:
        pytest.fail("These tests need Redis and a worker; run them with: make test")
    log = worker_log
    environment = os.environ | {"DATABASE_URL": url_of_the_test_database(), "LOG_FORMAT": "json"}
    with log.open("wb") as output:
        # The same options as in docker-compose.yml.
        command = [*QUEUE, "--without-gossip", "--without-mingle"]
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_until(lambda: process.poll() is None and bool(app.control.ping(timeout=0.5)), START_SECONDS, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """`eventually(lambda: ...)` waits for what another process does, and fails when it does not happen."""
    return lambda happened: wait_until(happened, 20)


def wait_until(happened: Callable[[], bool], seconds: float, log: Path | None = None) -> None:
    give_up_at = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > give_up_at:
            pytest.fail(f"Waited {seconds} s in vain.\n{log.read_text(encoding='utf-8')[-3000:] if log else ''}")
        time.sleep(0.1)


def url_of_the_test_database() -> str:
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
