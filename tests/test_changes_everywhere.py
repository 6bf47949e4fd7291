"""What changes something needs a POST and the page's token, at every address; looking changes nothing."""

import re
from pathlib import Path

import pytest
import time_machine
from django.contrib.admin import site as admin_site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import NOW
from tests.populated import DOORS, Site
from tests.test_hostile_words import Page

pytestmark = pytest.mark.django_db
WRITES = re.compile(r'^(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM) "(\w+)"')
# What looking writes all the same: that an item was seen, whose results were looked at, that a link was opened. Pages
# of an exam that is over by the clock also close and score it, as the sweep would (tests/exams/test_clock.py).
EXCEPTIONS = {
    "exams:room": {"exams_response"},
    "exams:plain_item": {"exams_response"},
    "exams:candidate_report": {"accounts_auditentry"},
    "exams:cohort_csv": {"accounts_auditentry"},
    "exams:cohort_results": {"accounts_auditentry"},
    "exams:progress": {"accounts_progresslink"},
}
# Signed by the address itself or about nothing that is stored: accounts.views.mail_off, exams.views.progress_page.
WITHOUT_A_TOKEN = {"accounts:mail_off", "exams:progress"}
# Their addresses hold what allauth or the admin has made, or a picture's digest.
NOT_WALKED = {
    "account_confirm_email", "account_reset_password_from_key", "admin:app_list", "admin:view_on_site",
    "mfa_edit_webauthn", "mfa_remove_webauthn", "questions:exhibit",
}  # fmt: skip
HOSTILE = "1' OR '1'='1\"'></script><xss-probe hx-get=/e>;--"


def test_looking_writes_nothing() -> None:
    written: dict[str, set[str]] = {}

    def visit(who: str, name: str, url: str, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        tables = {found[1] for query in queries if (found := WRITES.match(query["sql"]))}
        if tables := tables - {"django_session"}:
            written.setdefault(name, set()).update(tables)

    with time_machine.travel(NOW, tick=True):
        Site().walk(visit)

    assert written == EXCEPTIONS


def test_every_change_needs_the_token() -> None:
    with time_machine.travel(NOW, tick=True):
        site = Site()
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(site.ivy)
        statuses = {name: strict.post(url).status_code for name, url in site.urls()}

    assert {name for name, status in statuses.items() if status != 403} == WITHOUT_A_TOKEN
    assert len(statuses) > 150


def parameters(root: Path) -> set[str]:
    """All that a view reads of an address, and what Django's admin does."""
    found = {"q", "o", "p", "e", "all", "next", "_to_field", "_popup", "status__exact", "id__in", "order_by"}
    for path in [*root.glob("exams/**/*.py"), *root.glob("questions/**/*.py"), *root.glob("accounts/**/*.py")]:
        found.update(re.findall(r'request\.GET(?:\.get|\.getlist)?[\[(]"(\w+)"', path.read_text(encoding="utf-8")))
    return found | {"source", "size", "mode", "months", "level", "hours", "format", "domain", "status", "file"}


LISTS = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin_site._registry]


def test_no_parameter_of_an_address_becomes_markup_or_a_statement(root: Path) -> None:
    wanted = parameters(root)
    assert {"fate", "form", "page", "q"} <= wanted
    with time_machine.travel(NOW, tick=True):
        site = Site()
        client = site.browsers()["ivy"]
        asked = [(url, dict.fromkeys(wanted, HOSTILE)) for _, url in site.urls()]
        own = ["exams:practice", "exams:eligibility", "exams:export", "account_login"]
        one_each = [reverse(name) for name in own] + [reverse(name) for name in LISTS]
        one_each += [reverse(f"exams:{name}", args=[site.cohort.pk]) for name in ("cohort_results", "cohort_csv")]
        one_each += [reverse("exams:import", args=[site.upload.pk])]
        asked += [(url, {name: HOSTILE}) for url in one_each for name in wanted]

        for url, said in asked:
            answer = client.get(url, said)

            assert answer.status_code < 500, (url, said)
            if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
                assert "xss-probe" not in Page(answer.content.decode()).tags, (url, said)


def test_lists_are_ordered_and_filtered_by_their_own_columns_alone() -> None:
    """Others the admin ignores or does not know: nobody filters by the first letter of a password."""
    client = Site().browsers()["ivy"]
    for name in LISTS:
        url = reverse(name)
        for query in ("o=999", "o=password", "o=1.2;DROP", "order_by=password", "p=-1", "p=x"):
            assert client.get(f"{url}?{query}").status_code in (200, 302)
        for path in ("password", "by__password", "user__password", "reporter__password", "members__password"):
            answer = client.get(f"{url}?{path}__startswith=a", follow=True)

            assert answer.status_code == 400 or answer.request["QUERY_STRING"] == "e=1", (url, path)


def test_walk_visits_every_door() -> None:
    """A new address needs an object in tests/populated.py, or is named here."""
    missed = DOORS.keys() - {name for name, _ in Site().urls()}

    assert missed == NOT_WALKED
