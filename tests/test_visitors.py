"""Who only looks around gets no cookie; the exceptions are pages with a form that is sent, each named here."""

import pytest
import pytest_django
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts import mailing
from accounts.models import MailKind
from tests.factories import make_bank, make_sample, make_user, publish_form_a
from tests.test_access_everywhere import STATUS

pytestmark = pytest.mark.django_db
# Their forms are protected by a cookie.
WITH_A_FORM = {
    "account_login",
    "account_signup",
    "account_reset_password",
    "exams:verify_receipt",
}
WITH_ARGUMENTS = [
    "/guides/IM/",
    "/credential/eligibility/?months=3&level=none&hours=4",
    "/no-such-page/",
    "/calendar/x.ics",
]
OPEN = [name for name, (anonymous, _, _) in STATUS.items() if anonymous == 200]


@pytest.fixture(autouse=True)
def content() -> None:
    make_sample(make_bank())
    publish_form_a()


@pytest.mark.parametrize("name", OPEN)
def test_page_sets_a_cookie_only_where_it_has_a_form(client: Client, name: str) -> None:
    answer = client.get(reverse(name))

    assert answer.status_code == 200
    assert set(answer.cookies) == ({"csrftoken"} if name in WITH_A_FORM else set())


@pytest.mark.parametrize("path", WITH_ARGUMENTS)
def test_page_of_one_thing_sets_no_cookie(client: Client, path: str) -> None:
    assert client.get(path).cookies == {}


def test_pages_to_look_at_are_among_them() -> None:
    assert {"home", "about", "samples", "terms", "privacy", "exams:guides", "exams:credential"} <= set(
        OPEN
    ) - WITH_A_FORM


def test_switch_of_a_mail_sets_none(client: Client) -> None:
    path = mailing.off_address(kind=MailKind.INVITATION, address="new@example.org").removeprefix(settings.SITE_URL)

    assert (client.get(path).cookies, client.post(path).cookies) == ({}, {})


def test_page_that_sends_nothing_gives_htmx_no_token(client: Client) -> None:
    assert "x-csrftoken" not in client.get("/").content.decode()

    client.force_login(make_user())

    assert "x-csrftoken" in client.get("/").content.decode()


def test_privacy_page_says_what_this_installation_has_set(client: Client, settings: pytest_django.Settings) -> None:
    page = client.get("/privacy/").content.decode()
    assert "An account that nobody uses stays" in page
    assert "30 days after the exam" not in page

    settings.RETAIN_LEDGER_DAYS, settings.RETAIN_INACTIVE_MONTHS, settings.RETAIN_EXPORT_DAYS = 30, 18, 1

    page = client.get("/privacy/").content.decode()
    assert "30 days after the exam" in page
    assert "for 18 months is deleted" in page
    assert "<td>1 day</td>" in page


def test_every_page_leads_to_it(client: Client) -> None:
    for path in ("/", "/samples/", "/account/login/", "/no-such-page/"):
        assert 'href="/privacy/"' in client.get(path).content.decode()
