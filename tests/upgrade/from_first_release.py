"""A site of the first release with a sitting in it, and what today's code makes of it:  from_first_release.py fill|look

A program of its own, because it migrates a database that no test shares. Rows are made by the models of that time.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "ciip_site.settings"

import django

django.setup()

from django.apps.registry import Apps  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from scripts.check_migrations import FIRST_RELEASE  # noqa: E402

AT = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
WEIGHTS = (4, 5, 12, 5, 4, 18, 12, 15, 10, 14)


def fill() -> None:
    executor = MigrationExecutor(connection)
    others = [key for key in executor.loader.graph.leaf_nodes() if key[0] not in FIRST_RELEASE]
    targets = [*FIRST_RELEASE.items(), *others]
    apps = executor.migrate(targets).apps
    user = apps.get_model("accounts", "User").objects.create(email="alice@example.org", name="Alice", password="!")
    form = make_form(apps, make_items(apps))
    attempt = apps.get_model("exams", "Attempt").objects.create(
        user=user, exam_form=form, started_at=AT, finished_at=AT + timedelta(hours=1), status="finished",
        ending="submitted",
        granted_deadline_at=AT + timedelta(minutes=170), deadline_at=AT + timedelta(minutes=170),
    )  # fmt: skip
    events, responses = (apps.get_model("exams", name).objects for name in ("AttemptEvent", "Response"))
    events.create(attempt=attempt, sequence=1, kind="started", at=AT)
    for item in form.form_items.order_by("position"):
        responses.create(
            attempt=attempt, form_item=item, position=item.position, chosen=1, revision=1, answered_at=AT
        )  # fmt: skip
        events.create(
            attempt=attempt, sequence=item.position + 1, kind="saved", at=AT, position=item.position, revision=1,
            chosen=1,
        )  # fmt: skip


def make_items(apps: Apps) -> list[Any]:
    """An outline of ten domains and two versions in each."""
    model = {name: apps.get_model("questions", name).objects for name in ("Outline", "Domain", "Task", "Item")}
    versions, options = (apps.get_model("questions", name).objects for name in ("ItemVersion", "Option"))
    outline = model["Outline"].create(
        code="first", name="Of the first release", scored_count=10, pilot_count=10, minutes=170, practice_cut=7,
        effective_on=AT.date(), checked_on=AT.date(), source="test", is_current=True,
    )  # fmt: skip
    made = []
    for number, weight in enumerate(WEIGHTS, start=1):
        domain = model["Domain"].create(outline=outline, number=number, code=f"D{number}", name="Domain", weight=weight)
        task = model["Task"].create(domain=domain, code=f"D{number}-1", name="Task", basis="test")
        for status in ("operational", "pilot"):
            item = model["Item"].create(code=f"D{number}-{status}", status="draft")
            version = versions.create(
                item=item, number=1, task=task, stem=f"Stem {number} {status}", cognitive="recall",
                references=[], created_at=AT, digest=f"{number}{status}",
            )  # fmt: skip
            for position in range(1, 5):
                options.create(version=version, position=position, text="T", rationale="R", is_key=position == 1)
            model["Item"].filter(pk=item.pk).update(status=status, published_version=version)
            made.append(version)
    return made


def make_form(apps: Apps, versions: list[Any]) -> Any:
    model = {name: apps.get_model("exams", name).objects for name in ("BankSnapshot", "ExamForm", "FormItem")}
    snapshot = model["BankSnapshot"].create(digest="0" * 64, content={})
    form = model["ExamForm"].create(
        outline=versions[0].task.domain.outline, seed="seed", algorithm=1, pool_digest="0" * 64, practice_cut=7,
        snapshot=snapshot, frozen_at=AT, published_number=1,
    )  # fmt: skip
    for position, version in enumerate(versions, start=1):
        model["FormItem"].create(
            exam_form=form, item=version.item, version=version, position=position,
            is_scored=version.item.code.endswith("operational"), option_order="1234",
        )  # fmt: skip
    return form


def look() -> None:
    """Print what became of the sitting: its answers, its score and whether its report can be read."""
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from accounts.models import User
    from exams import scoring
    from exams.models import Attempt

    attempt = Attempt.objects.get()
    score = scoring.ensure_scored(attempt=attempt, now=timezone.now())
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(User.objects.get())
    page = browser.get(reverse("exams:report", args=[attempt.public_id]))
    answered = attempt.responses.filter(chosen=1, revision=1).count()
    raw = score.raw if score else None
    sys.stdout.write(f"{answered} answers, {attempt.events.count()} entries, {raw} right, report {page.status_code}\n")


if __name__ == "__main__":
    {"fill": fill, "look": look}[sys.argv[1]]()
