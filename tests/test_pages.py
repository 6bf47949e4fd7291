"""Every page that needs no attempt: what it says to whom, and that the security policy holds for all of them."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from exams import attempts
from tests.factories import NOW, answer_all, make_bank, make_sample, make_user, publish_form_a, start

OPEN_PAGES = [
    "/", "/samples/", "/about/", "/terms/", "/privacy/", "/privacy/deleted/",
    "/account/mail/off/nonsense/", "/guides/", "/guides/IM/", "/credential/", "/credential/eligibility/",
    "/credential/eligibility/?months=3&level=none&hours=4", "/credential/eligibility/?months=", "/account/signup/",
    "/account/login/", "/account/password/reset/",
    "/account/password/reset/done/", "/account/password/reset/key/1-abc-def/", "/account/password/reset/key/done/",
    "/account/confirm-email/", "/account/confirm-email/nonsense/", "/account/inactive/", "/no-such-page/",
]  # fmt: skip
OWN_PAGES = [
    "/", "/guides/IM/", "/credential/", "/credential/attempts/", "/credential/maintenance/", "/mocks/", "/plan/",
    "/plan/make/", "/account/settings/", "/account/email/", "/account/password/change/", "/account/logout/",
    "/account/reauthenticate/", "/account/second-factor/", "/account/second-factor/webauthn/", "/account/sessions/",
    "/account/reauthenticate/", "/privacy/export/", "/privacy/delete/",
]  # fmt: skip
# What the policy "default-src 'self'" refuses, and what would ask another host for something.
INLINE = re.compile(
    r"<style|\sstyle=|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")|\son[a-z]+=|javascript:", re.IGNORECASE
)
FETCHED = re.compile(
    r"<(?:script|link|img|iframe|form)[^>]*?\s(?:src|href|action)=\"((?:https?:)?//[^\"]*)", re.IGNORECASE
)


@pytest.fixture
def alice(client: Client, db: None) -> User:
    alice = make_user("alice")
    client.force_login(alice)
    return alice


def text(client: Client, path: str) -> str:
    return client.get(path, follow=True).content.decode()


def faults(html: str) -> list[str]:
    landmarks = [
        name
        for name, pattern in {
            "lang": '<html lang="en"', "main": '<main id="main"', "one h1": "<h1", "viewport": 'name="viewport"',
        }.items()
        if html.count(pattern) != 1
    ]  # fmt: skip
    return [*landmarks, *INLINE.findall(html), *FETCHED.findall(html)]


def test_faults_are_found() -> None:
    bad = '<h1></h1><main id="main"><p style="color: red" onclick="f()"><script>f()</script><img src="//cdn.example/x">'

    assert faults(bad) == ["lang", "viewport", " style=", " onclick=", "<script", "//cdn.example/x"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_page_keeps_the_policy_and_has_its_landmarks(client: Client, path: str) -> None:
    make_sample(make_bank())

    assert faults(text(client, path)) == []


@pytest.mark.parametrize("path", OWN_PAGES)
def test_page_of_ones_own_keeps_the_policy_and_has_its_landmarks(client: Client, alice: User, path: str) -> None:
    make_bank()

    assert faults(text(client, path)) == []


@pytest.mark.django_db
def test_policy_allows_nothing_inline(client: Client) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]

    assert {"default-src 'self'", "script-src 'self'", "style-src 'self'"} <= set(policy.split("; "))
    assert "unsafe" not in policy


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/samples/", "/about/", "/terms/"])
def test_every_page_says_that_it_is_unofficial(client: Client, path: str) -> None:
    page = " ".join(text(client, path).split())

    assert "Independent and unofficial: not made, endorsed or reviewed by the American Board" in page
    assert "ABII and CIIP are marks of their owners." in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/samples/", "/about/"])
def test_page_works_before_anything_is_loaded(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200


@pytest.mark.django_db
def test_stranger_is_offered_an_account_and_samples(client: Client) -> None:
    outline = make_bank()

    page = text(client, "/")

    assert f'href="{reverse("account_signup")}?next={reverse("exams:mocks")}"' in page
    assert f'href="{reverse("samples")}"' in page
    assert f'action="{reverse("exams:start")}"' not in page
    weights = re.findall(r"<td>(Domain \w+).*?<td[^>]*>(\d+) %</td>", page, re.DOTALL)
    assert weights == [(domain.name, str(domain.weight)) for domain in outline.domains.all()]


def test_candidate_without_an_attempt_starts_with_one_click(client: Client, alice: User) -> None:
    make_bank()
    publish_form_a()

    page = text(client, "/")

    assert page.count(f'action="{reverse("exams:start")}"') == 1
    assert "Next: Form A" in page
    assert reverse("admin:index") not in page


def test_candidate_with_an_open_mock_is_led_back_from_every_page(client: Client, alice: User) -> None:
    make_bank()
    publish_form_a()
    attempt = start(alice)

    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        pages = [text(client, path) for path in ("/", "/about/", "/samples/", "/account/settings/")]

    room = f'href="{reverse("exams:room", args=[attempt.public_id])}"'
    assert [room in page for page in pages] == [True] * 4
    assert [reverse("exams:start") in page for page in pages] == [False] * 4


def test_open_mock_of_somebody_else_leaves_no_trace(client: Client, alice: User) -> None:
    make_bank()
    publish_form_a()
    attempt = start(make_user("bob"))

    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert str(attempt.public_id) not in text(client, "/")


def test_candidate_with_a_past_attempt_finds_its_report(client: Client, alice: User) -> None:
    make_bank()
    publish_form_a()
    attempt = start(alice)
    answer_all(attempt, right=20)
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=60))

    page = text(client, "/")

    assert f'href="{reverse("exams:report", args=[attempt.public_id])}"' in page


def test_instructor_has_a_way_to_the_admin(client: Client, alice: User) -> None:
    roles.make_instructor(user=alice, roles=["author"])

    assert f'href="{reverse("admin:index")}"' in text(client, "/about/")


@pytest.mark.django_db
def test_sample_is_answered_without_account_or_script(client: Client) -> None:
    make_sample(make_bank(), domain_code="OPS", number=902)

    page = text(client, "/samples/")

    assert page.count("<article") == 1
    assert page.count('type="radio"') == 4
    assert re.findall(r"<strong>(\w) is the key", page) == ["C"]
    reasons = page[page.index("<details>") : page.index("</details>")]
    assert re.findall(r"Reason \d", reasons) == ["Reason 1", "Reason 2", "Reason 3", "Reason 4"]


@pytest.mark.django_db
def test_samples_show_no_item_of_the_exam(client: Client) -> None:
    make_bank(canary="canary")

    assert "Stem of" not in text(client, "/samples/")


@pytest.mark.django_db
def test_about_names_our_cut_and_calls_it_ours(client: Client) -> None:
    make_bank()

    page = text(client, "/about/")

    assert "14 of 20 scored items" in page
    assert "The practice cut and scale are ours" in page


@pytest.mark.django_db
def test_page_that_does_not_exist_says_so_in_our_words(client: Client) -> None:
    answer = client.get("/no-such-page/")

    assert (answer.status_code, "This page does not exist" in answer.content.decode()) == (404, True)


def test_error_page_stands_without_database_and_session() -> None:
    html = render_to_string("500.html")

    assert "Something broke on our side" in html
    assert faults(html) == []
    # It cannot know who is there, so it does not tell a signed-in person to sign in.
    assert "Sign in" not in html


@pytest.mark.django_db
def test_too_many_resets_get_a_page_that_says_what_to_do(client: Client) -> None:
    make_user("alice")

    answers = [client.post("/account/password/reset/", {"email": "alice@example.org"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "Wait five minutes" in answers[-1].content.decode()
    assert faults(answers[-1].content.decode()) == []
