"""Three hours in one room: who began an exam is signed in at its end, whatever they do in other browsers."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts import browser_sessions
from accounts.models import User
from exams.models import Attempt, AttemptEvent, Response
from tests.factories import NOW, PASSWORD, make_bank, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
At = Callable[[float], Any]


class Browser:
    """A browser that keeps cookies and, as the page does, sends the token that its cookie holds with each change."""

    def __init__(self, *, token: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.token = token

    def sign_in(self, user: User) -> None:
        login = reverse("account_login")
        self.client.get(login)
        fields = {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": self.cookie}
        assert self.client.post(login, fields).status_code == 302

    @property
    def cookie(self) -> str:
        return self.client.cookies[settings.CSRF_COOKIE_NAME].value

    def send(self, door: str, attempt: Attempt | None = None, **fields: Any) -> Any:
        arguments = [attempt.public_id] if attempt else []
        headers = {"X-CSRFToken": self.token or self.cookie, "Accept": "application/json"}
        return self.client.post(reverse(f"exams:{door}", args=arguments), fields, headers=headers)

    def save(self, attempt: Attempt, position: int) -> Any:
        return self.send("save", attempt, item=position, base=0, op_id=str(uuid.uuid4()), chosen=1)


def after(minutes: float) -> Any:
    return time_machine.travel(NOW + minutes * MINUTE, tick=False)


@pytest.fixture
def alice() -> User:
    make_bank()
    user = make_user("alice")
    user.break_minutes = 20
    user.save(update_fields=["break_minutes"])
    return user


@pytest.fixture
def browser(alice: User) -> Browser:
    """Signed in on the last day of a session, with an exam begun and its page open."""
    browser = Browser()
    with time_machine.travel(NOW - timedelta(days=13, hours=22), tick=False):
        browser.sign_in(alice)
    with after(0):
        assert browser.send("start").status_code == 302
        room = browser.client.get(reverse("exams:room", args=[Attempt.objects.get().public_id]))
        assert room.status_code == 200
    browser.token = browser.cookie
    return browser


def test_exam_with_breaks_is_saved_and_submitted_from_one_page(browser: Browser) -> None:
    """The page is loaded once; 170 minutes and 20 of breaks later its token and session still count."""
    attempt = Attempt.objects.get()
    for minute, position in ((1, 1), (60, 2), (84, 3)):
        with after(minute):
            assert browser.save(attempt, position).json()["result"] == "saved"
    with after(85):
        browser.send("break", attempt)
    with after(95):
        assert browser.save(attempt, 4).json()["result"] == "break"
    with after(104.9):
        browser.send("end_break", attempt)
    with after(189):
        assert browser.send("heartbeat", attempt, visible="{}").json()["result"] == "open"
        assert browser.save(attempt, 5).json()["result"] == "saved"
        done = browser.send("submit", attempt)

    assert (done.status_code, done.headers["Location"]) == (302, reverse("exams:report", args=[attempt.public_id]))
    attempt.refresh_from_db()
    assert (attempt.is_finished, attempt.ending) == (True, "submitted")
    assert Response.objects.filter(chosen__isnull=False).count() == 4
    with after(200):
        assert browser.client.get(reverse("exams:report", args=[attempt.public_id])).status_code == 200


def test_every_change_in_the_third_hour_still_needs_the_token(browser: Browser) -> None:
    attempt = Attempt.objects.get()
    browser.token = "x" * 64

    with after(169):
        saved, submitted = browser.save(attempt, 1), browser.send("submit", attempt)

    assert (saved.status_code, submitted.status_code) == (403, 403)
    assert saved.json()["result"] == "csrf"
    assert Attempt.objects.get().is_open
    assert not AttemptEvent.objects.filter(kind="saved").exists()


def test_signing_in_elsewhere_leaves_the_room_open(browser: Browser, alice: User) -> None:
    attempt, other = Attempt.objects.get(), Browser()
    with after(80):
        other.sign_in(alice)
        assert other.save(attempt, 1).json()["result"] == "saved"

    with after(169):
        assert browser.save(attempt, 2).json()["result"] == "saved"
        assert other.client.get(reverse("exams:room", args=[attempt.public_id])).status_code == 200
        assert browser.send("submit", attempt).status_code == 302


def test_signing_out_in_another_browser_ends_that_one_alone(browser: Browser, alice: User) -> None:
    attempt, other = Attempt.objects.get(), Browser()
    with after(80):
        other.sign_in(alice)
        headers = {"X-CSRFToken": other.cookie}
        assert other.client.post(reverse("account_logout"), headers=headers).status_code == 302
        assert other.save(attempt, 1).json()["result"] == "signed_out"

    with after(169):
        assert browser.save(attempt, 1).json()["result"] == "saved"


def sign_out_everywhere_else(alice: User, other: Browser) -> None:
    other.client.post(reverse("usersessions_list"), headers={"X-CSRFToken": other.cookie})


def sign_out_by_the_site(alice: User, other: Browser) -> None:
    browser_sessions.end_all(user=alice, by=make_user("ivy"))


def take_a_new_password(alice: User, other: Browser) -> None:
    new = "another long password"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    other.client.post(reverse("account_change_password"), fields, headers={"X-CSRFToken": other.cookie})


@pytest.mark.parametrize("end", [sign_out_everywhere_else, sign_out_by_the_site, take_a_new_password])
def test_being_signed_out_from_elsewhere_is_said_and_loses_nothing(
    browser: Browser, alice: User, end: Callable[[User, Browser], None]
) -> None:
    attempt, other = Attempt.objects.get(), Browser()
    with after(80):
        assert browser.save(attempt, 1).json()["result"] == "saved"
        other.sign_in(alice)
        end(alice, other)

        refused, beat = browser.save(attempt, 2), browser.send("heartbeat", attempt, visible="{}")
        page = browser.client.get(reverse("exams:room", args=[attempt.public_id]))

    for answer in (refused, beat):
        assert (answer.status_code, answer.json()["result"]) == (401, "signed_out")
        assert "Your answers are kept in this browser; sign in to send them." in answer.json()["message"]
    assert page.headers["Location"].startswith(reverse("account_login"))
    assert Response.objects.filter(chosen__isnull=False).count() == 1
    again = Browser()
    with after(82):
        alice.set_password(PASSWORD)
        alice.save()
        again.sign_in(alice)
        assert again.save(attempt, 2).json()["result"] == "saved"


def test_signing_in_again_over_the_page_lets_it_go_on(browser: Browser, alice: User) -> None:
    """A new sign-in changes the token; the page reads the cookie anew with each change."""
    attempt = Attempt.objects.get()
    before = browser.cookie
    with after(80):
        UserSession.objects.get(user=alice).end()
        assert browser.save(attempt, 1).json()["result"] in ("signed_out", "csrf")
        browser.sign_in(alice)

    browser.token = ""
    with after(169):
        assert browser.save(attempt, 1).json()["result"] == "saved"
    assert browser.cookie != before


def test_a_session_outlasts_any_exam() -> None:
    """Double time and hours of breaks are a day at most."""
    assert timedelta(seconds=settings.SESSION_COOKIE_AGE) > timedelta(days=2)
    assert settings.CSRF_COOKIE_AGE >= settings.SESSION_COOKIE_AGE
    assert not settings.SESSION_EXPIRE_AT_BROWSER_CLOSE
