"""Every page of the admin and the workshop against every role, generated from the URL configuration."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts import roles
from accounts.models import AuditEntry, User, Verb
from exams import form_builds
from exams.form_problem import Wish
from exams.models import Cohort
from questions.exchange import formats, planning, uploads
from questions.models import Domain, FaultReport, Item, Outline, Task
from tests.factories import NOW, make_bank, make_scored_mock, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db

ROLES = ("author", "reviewer", "editor", "invigilator")
# What a GET gives to author, reviewer, editor and invigilator, and which pages give it. 405: a door for POST alone.
# 403 or 404: closed. What is asked for exists; the upload is somebody else's, the cohort is taught by whoever asks.
TABLE: dict[str, set[str]] = {
    "200 200 200 403": {
        "admin:questions_item_change", "admin:questions_item_changelist", "admin:questions_item_diff",
        "admin:questions_item_history",
    },
    "200 200 200 404": {
        "exams:coverage", "exams:exchange", "exams:export", "exams:form", "exams:form_build", "exams:forms",
        "exams:pilots", "exams:workshop", "exams:workshop_item",
    },
    "200 403 200 403": {
        "admin:questions_item_add", "admin:questions_item_alike", "admin:questions_item_draft",
        "admin:questions_item_enemies",
    },
    "302 302 302 302": {
        "admin:exams_survey_history",
    },
    "403 200 200 403": {
        "admin:questions_faultreport_change", "admin:questions_faultreport_changelist",
        "admin:questions_faultreport_history",
    },
    "403 200 200 404": {
        "exams:build_forms",
    },
    "403 403 200 403": {
        "admin:questions_domain_change", "admin:questions_domain_changelist", "admin:questions_domain_history",
        "admin:questions_outline_change", "admin:questions_outline_changelist", "admin:questions_outline_history",
        "admin:questions_task_change", "admin:questions_task_changelist", "admin:questions_task_history",
    },
    "403 403 403 200": {
        "admin:accounts_user_change", "admin:accounts_user_changelist", "admin:accounts_user_history",
        "admin:exams_attempt_change", "admin:exams_attempt_changelist", "admin:exams_attempt_history",
        "admin:exams_cohort_add", "admin:exams_cohort_change", "admin:exams_cohort_changelist",
        "admin:exams_cohort_history", "admin:exams_survey_changelist",
    },
    "403 403 403 302": {
        "admin:exams_survey_change",
    },
    "404 404 404 404": {
        "health",
    },
    "403 403 403 403": {
        "admin:account_emailaddress_add", "admin:account_emailaddress_change",
        "admin:account_emailaddress_changelist", "admin:account_emailaddress_delete",
        "admin:account_emailaddress_history", "admin:accounts_auditentry_add", "admin:accounts_auditentry_change",
        "admin:accounts_auditentry_changelist", "admin:accounts_auditentry_delete", "admin:accounts_auditentry_history",
        "admin:accounts_user_add", "admin:accounts_user_delete",
        "admin:auth_group_add", "admin:auth_group_change", "admin:auth_group_changelist", "admin:auth_group_delete",
        "admin:auth_group_history", "admin:auth_user_password_change", "admin:exams_attempt_add",
        "admin:exams_attempt_delete", "admin:exams_cohort_delete", "admin:exams_survey_add",
        "admin:exams_survey_delete", "admin:questions_domain_add", "admin:questions_domain_delete",
        "admin:questions_faultreport_add", "admin:questions_faultreport_delete", "admin:questions_item_delete",
        "admin:questions_outline_add", "admin:questions_outline_delete", "admin:questions_task_add",
        "admin:questions_task_delete",
    },
    "403 405 405 403": {
        "admin:questions_item_publish",
    },
    "404 403 404 404": {
        "exams:import",
    },
    "404 404 404 200": {
        "exams:candidate_report", "exams:cohort_csv", "exams:cohort_results", "exams:cohorts", "exams:watch",
    },
    "405 403 405 403": {
        "admin:questions_item_pair", "admin:questions_item_part", "admin:questions_item_preview",
    },
    "405 405 405 403": {
        "admin:questions_item_move",
    },
    "405 405 405 405": {
        "exams:apply_import", "exams:check_import", "exams:comment_item", "exams:extend", "exams:freeze_forms",
        "exams:move_item", "exams:regrade_item", "exams:upload",
    },
}  # fmt: skip
# Pages about oneself, or that are the same for all; tests/test_access_everywhere.py has them.
OPEN = {
    "admin:login", "admin:logout", "admin:password_change", "admin:password_change_done", "admin:jsi18n",
    "admin:view_on_site", "admin:app_list", "admin:index", "admin:autocomplete",
}  # fmt: skip


def guarded(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Names of the admin's and the workshop's pages with the names of their arguments."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from guarded(pattern.url_patterns, prefix + space)
        elif pattern.name:
            name = prefix + pattern.name
            if name.startswith("admin:") or str(pattern.pattern).startswith(("workshop/", "cohorts/")):
                yield name, [*pattern.pattern.converters, *pattern.pattern.regex.groupindex]


PAGES = {name: sorted(set(arguments)) for name, arguments in guarded(get_resolver().url_patterns) if name not in OPEN}


class World:
    """One object of every kind that a page can be about."""

    def __init__(self) -> None:
        make_bank(forms=2)
        publish_form_a()
        self.owner = make_user("olga")
        attempt = start(self.owner)
        self.item = Item.objects.filter(status="pilot")[0]
        version = self.item.versions.get()
        self.cohort = Cohort.objects.create(name="Class")
        self.finished = make_scored_mock(make_user("mia"), raw=15)
        self.cohort.members.add(self.finished.user)
        build = form_builds.ask(wish=Wish(1), by=self.owner, now=timezone.now())
        upload = uploads.receive(
            name="a.txt",
            content=b"x",
            one=formats.BY_CODE["aiken"],
            defaults=planning.Defaults(),
            by=self.owner,
            now=NOW,
        )
        report = FaultReport.objects.create(version=version, reporter=self.owner, message="Wrong?", created_at=NOW)
        address = EmailAddress.objects.create(user=self.owner, email=self.owner.email)
        entry = AuditEntry.objects.create(verb=Verb.BANK_EXPORTED, target="item bank")
        self.objects: dict[str, Any] = {
            "questions_item": self.item, "questions_faultreport": report, "questions_outline": Outline.objects.get(),
            "questions_domain": Domain.objects.all()[0], "questions_task": Task.objects.all()[0],
            "exams_attempt": attempt, "exams_cohort": self.cohort, "accounts_user": self.owner,
            "accounts_auditentry": entry, "auth_user": self.owner, "auth_group": Group.objects.all()[0],
            "account_emailaddress": address, "import": upload, "form_build": build, "freeze_forms": build,
        }  # fmt: skip

    def url(self, name: str) -> str:
        kind = name.partition(":")[2]
        one = next((found for start, found in self.objects.items() if kind.startswith(start)), None)
        if kind in ("check_import", "apply_import"):
            one = self.objects["import"]
        values = {
            "code": self.item.code, "number": 1, "pk": one.pk if one else self.cohort.pk,
            "object_id": one.pk if one else 1, "id": self.owner.pk, "public_id": self.finished.public_id,
        }  # fmt: skip
        return reverse(name, kwargs={argument: values[argument] for argument in PAGES[name]})


@pytest.fixture
def world() -> World:
    return World()


def statuses(client: Client, world: World, name: str) -> str:
    found = []
    for role in ROLES:
        user = User.objects.filter(name=role.title()).first()
        if user is None:
            user = make_user(role)
            roles.make_instructor(user=user, roles=[role])
            world.cohort.instructors.add(user)
        client.force_login(user)
        found.append(str(client.get(world.url(name)).status_code))
    return " ".join(found)


def test_table_names_every_page() -> None:
    assert sorted(PAGES) == sorted(name for names in TABLE.values() for name in names)


def test_every_role_meets_what_the_table_says(client: Client, world: World) -> None:
    found: dict[str, set[str]] = {}
    for name in PAGES:
        found.setdefault(statuses(client, world, name), set()).add(name)

    assert found == TABLE


@pytest.mark.parametrize("who", ["candidate", "anonymous"])
def test_to_others_every_page_is_closed(client: Client, world: World, who: str) -> None:
    if who == "candidate":
        client.force_login(make_user("alice"))

    closed = {name: client.get(world.url(name)).status_code for name in PAGES}

    assert {name for name, status in closed.items() if status not in (302, 404, 405)} == set()
    assert {name for name, status in closed.items() if status == 302 and who == "candidate"} <= {
        name for name in PAGES if name.startswith("admin:")
    }
