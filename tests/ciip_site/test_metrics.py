"""/metrics: for whom it exists, what it counts, and that dashboard and rules ask for nothing else."""

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_django
import time_machine
import yaml
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from ciip_site.watching import facts, views
from ciip_site.watching.facts import Backlog, Exams, Facts, Tasks
from ciip_site.watching.gauges import Gauges
from ciip_site.watching.heard import Worker
from exams import attempts, sweeping
from exams.models import Attempt
from tests.factories import make_bank, make_user, start

pytestmark = pytest.mark.django_db
TOKEN = "a token of Prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
# The last two parts of a histogram's name, and a counter's, belong to the samples.
SAMPLE = re.compile(r"\bciip_\w+")


@pytest.fixture(autouse=True)
def token(settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.REDIS_URL = ""
    settings.VAR_DIR = tmp_path
    settings.BACKUP_MARKER = tmp_path / "last-backup"
    monkeypatch.setattr(views, "gauges", Gauges())


def samples(client: Client) -> dict[tuple[str, ...], float]:
    """By name and labels' values."""
    text = client.get("/metrics", headers=BEARER).text
    return {
        (one.name, *(value for label, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.mark.parametrize(
    "header", [None, "", TOKEN, "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN} ", "Bearer é"]
)
def test_metrics_do_not_exist_without_the_token(client: Client, header: str | None) -> None:
    assert client.get("/metrics", headers={"Authorization": header} if header is not None else {}).status_code == 404


@pytest.mark.parametrize("header", ["Bearer ", "Bearer", f"Bearer {TOKEN}"])
def test_metrics_do_not_exist_where_no_token_is_set(
    client: Client, settings: pytest_django.Settings, header: str
) -> None:
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_metrics_are_what_prometheus_reads(client: Client) -> None:
    response = client.get("/metrics", headers=BEARER)

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    assert "no-store" in response["Cache-Control"]
    assert list(text_string_to_metric_families(response.text))


def test_requests_are_counted_by_route_and_never_by_address(client: Client) -> None:
    name = ("ciip_request_seconds_count", "exams:progress", "4xx")
    before = samples(client).get(name, 0)

    client.get("/p/abcdefghijklmnopqrstuvwxyz0123456789abcdefg/")
    client.get("/nothing-at-all/")

    after = samples(client)
    assert after[name] == before + 1
    assert after["ciip_request_seconds_count", "unknown", "4xx"] >= 1
    assert not any("abcdefghijkl" in part or "nothing-at-all" in part for key in after for part in key)


def save_counts(client: Client) -> dict[str, float]:
    return {key[1]: value for key, value in samples(client).items() if key[0] == "ciip_save_seconds_count"}


def test_saves_are_measured_by_what_became_of_them(client: Client) -> None:
    make_bank()
    alice = make_user()
    attempt = start(alice)
    path = reverse("exams:save", args=[attempt.public_id])
    before, late_before = save_counts(client), samples(client)["ciip_late_saves_total",]
    late = attempt.deadline_at + timedelta(seconds=5)
    operation = uuid4()

    def post(at: datetime, **data: Any) -> None:
        with time_machine.travel(at, tick=False):
            client.post(path, {"item": 1, "base": 0, "op_id": uuid4(), "chosen": 1} | data)

    post(attempt.started_at)
    client.force_login(alice)
    post(attempt.started_at, op_id=operation)
    # A retry is acknowledged late, but was stored in time.
    post(late, op_id=operation)
    post(attempt.started_at)
    post(attempt.started_at, item=999)
    post(late, item=2)
    post(attempt.deadline_at + timedelta(minutes=1), item=3)

    after = save_counts(client)
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert grown == {"signed_out": 1, "saved": 2, "stale": 1, "invalid": 1, "late": 1, "closed": 1}
    assert samples(client)["ciip_late_saves_total",] == late_before + 1


def test_gauges_tell_of_attempts_and_of_how_long_the_first_has_waited(client: Client) -> None:
    make_bank()
    now = datetime.now(UTC)
    running, overdue, unscored = (make_user(name) for name in ("ann", "ben", "cem"))
    start(running, now=now)
    late = start(overdue, now=now - timedelta(days=1))
    ended = start(unscored, now=now)
    attempts.submit(user=unscored, public_id=ended.public_id, now=now)
    with time_machine.travel(late.closes_at + timedelta(minutes=7), tick=False):
        found = samples(client)
        assert found["ciip_attempts_open",] == 2
        assert found["ciip_attempts_overdue",] == 1
        assert found["ciip_attempts_overdue_oldest_seconds",] == 420
        assert found["ciip_attempts_unscored",] == 1

    sweeping.sweep(now=now)

    after = facts.gather(now=now).exams
    assert after
    assert (after.open, after.overdue, after.unscored) == (1, Backlog(0), Backlog(0))


def test_gauges_take_three_statements_and_for_some_seconds_none(client: Client) -> None:
    with CaptureQueriesContext(connection) as first:
        client.get("/metrics", headers=BEARER)
    with CaptureQueriesContext(connection) as second:
        client.get("/metrics", headers=BEARER)

    assert (len(first), len(second)) == (3, 0)


def test_age_of_sweep_and_backup_is_told_once_there_was_one(client: Client, settings: pytest_django.Settings) -> None:
    now = datetime.now(UTC)
    assert {"ciip_sweep_age_seconds", "ciip_backup_age_seconds"} & {key[0] for key in samples(client)} == set()

    sweeping.sweep(now=now)
    settings.BACKUP_MARKER.touch()
    os.utime(settings.BACKUP_MARKER, (now.timestamp() - 100, now.timestamp() - 100))

    found = facts.gather(now=now + timedelta(seconds=30))
    assert found.sweep_age == 30
    assert found.backup_age == pytest.approx(130, abs=0.01)
    cache.clear()
    assert facts.gather(now=now).sweep_age is None


def test_dead_database_and_dead_redis_are_figures_and_no_fault(
    client: Client, settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*more: Any, **named: Any) -> None:
        raise OperationalError("gone")

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(type(Attempt.objects.all()), "aggregate", fail)

    found = samples(client)

    assert (found["ciip_database_up",], found["ciip_redis_up",]) == (0, 0)
    assert not any(key[0].startswith(("ciip_attempts", "ciip_queue")) for key in found)


def test_disk_is_told_of_before_anything_was_written_there(settings: pytest_django.Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "not" / "yet"

    assert facts.gather(now=datetime.now(UTC)).free_bytes > 0


def exported(client: Client, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of all samples of a site where everything is there."""
    tasks = Tasks({"scoring": Backlog(1, 2.0)}, [Worker("a", ("scoring",), 1.0)])
    whole = Facts(Exams(1.0, 1, Backlog(0), Backlog(0)), tasks, 1.0, 1.0, 1, 2)
    monkeypatch.setattr(facts, "gather", lambda now: whole)
    return {key[0] for key in samples(client)}


def test_dashboard_and_rules_ask_only_for_what_is_exported(
    client: Client, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    client.post(reverse("exams:save", args=[uuid4()]))
    names = exported(client, monkeypatch)
    panels = json.loads((root / "deploy/grafana/ciip-practice.json").read_text(encoding="utf-8"))["panels"]
    rules = rules_of(root)
    asked = [target["expr"] for panel in panels for target in panel["targets"]] + [rule["expr"] for rule in rules]

    assert [expression for expression in asked if not SAMPLE.search(expression)] == []
    assert {name for expression in asked for name in SAMPLE.findall(expression)} - names == set()


def test_every_metric_is_shown_and_documented(client: Client, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    client.post(reverse("exams:save", args=[uuid4()]))
    names = {name for name in exported(client, monkeypatch) if name.startswith("ciip_")}
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in names}
    dashboard = (root / "deploy/grafana/ciip-practice.json").read_text(encoding="utf-8")
    text = (root / "docs/operations.md").read_text(encoding="utf-8")

    assert {name for name in families - {"ciip_late_saves"} if name not in dashboard or f"`{name}" not in text} == set()


def rules_of(root: Path) -> list[dict[str, Any]]:
    groups = yaml.safe_load((root / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_rule_says_in_words_what_is_the_matter_and_where_help_stands(root: Path) -> None:
    headings = re.findall(r"^#+ (.+)$", (root / "docs/operations.md").read_text(encoding="utf-8"), re.MULTILINE)
    sections = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    for rule in rules_of(root):
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]
        path, _, section = rule["annotations"]["runbook"].partition("#")
        assert (path, section in sections) == ("docs/operations.md", True), rule["alert"]


COUNT_IN_TWO_PROCESSES = """
import os
from ciip_site.watching import metrics
if child := os.fork():
    os.waitpid(child, 0)
metrics.record_request(route="exams:save", status=200, seconds=0.003, outcome="late")
if child:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    print(generate_latest(registry).decode())
"""


def test_counts_of_several_processes_are_added_up(root: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "ciip_site.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", COUNT_IN_TWO_PROCESSES],
        cwd=root, env=environment, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert "ciip_late_saves_total 2.0" in done.stdout
    assert 'ciip_request_seconds_count{route="exams:save",status="2xx"} 2.0' in done.stdout


def test_gauges_are_looked_up_anew_after_some_seconds(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    samples(client)
    later = time.monotonic() + 6
    monkeypatch.setattr("ciip_site.watching.gauges.time.monotonic", lambda: later)

    with CaptureQueriesContext(connection) as queries:
        samples(client)

    assert len(queries) == 3
