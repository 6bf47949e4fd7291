"""Where somebody is signed in, and how that ends."""

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.templatetags.devices import device
from tests.factories import PASSWORD, make_bank, make_user

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def signed_in(user: User, user_agent: str = CHROME) -> Client:
    client = Client(HTTP_USER_AGENT=user_agent)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("accounts:settings")).status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Linux"),
        (SAFARI, "Safari on iPhone"),
        (CHROME + " Edg/140.0", "Edge on Linux"),
        ("curl/8.5.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_browsers_have_names(user_agent: str, name: str) -> None:
    assert device(user_agent) == name


def test_list_shows_ones_own_browsers_and_which_is_this_one(alice: User) -> None:
    here = signed_in(alice)
    signed_in(alice, FIREFOX)
    signed_in(make_user("bob"), SAFARI)

    page = here.get(reverse("usersessions_list")).content.decode()

    assert ("Chrome on Linux" in page, "Firefox on Windows" in page, "iPhone" in page) == (True, True, False)
    assert page.count("this one") == 1


def test_one_browser_is_signed_out(alice: User) -> None:
    here, there, third = signed_in(alice), signed_in(alice, FIREFOX), signed_in(alice, SAFARI)
    wanted = UserSession.objects.get(user_agent=FIREFOX)

    here.post(reverse("accounts:end_session", args=[wanted.pk]))

    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)


def test_everywhere_else_is_signed_out(alice: User) -> None:
    here, there, third = signed_in(alice), signed_in(alice, FIREFOX), signed_in(alice, SAFARI)
    bob = signed_in(make_user("bob"))

    here.post(reverse("usersessions_list"))

    assert (is_in(here), is_in(there), is_in(third), is_in(bob)) == (True, False, False, True)
    assert UserSession.objects.filter(user=alice).count() == 1


def test_somebody_elses_browser_does_not_exist(alice: User) -> None:
    there = signed_in(alice)
    bob = signed_in(make_user("bob"))
    path = reverse("accounts:end_session", args=[UserSession.objects.get(user=alice).pk])

    assert (bob.post(path).status_code, bob.get(path).status_code, Client().post(path).status_code) == (404, 405, 302)
    assert is_in(there)


def test_new_password_signs_the_others_out(alice: User) -> None:
    here, there = signed_in(alice), signed_in(alice, FIREFOX)
    new = "another long password"

    here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert (is_in(here), is_in(there)) == (True, False)
    page = here.get(reverse("usersessions_list")).content.decode()
    assert (page.count("this one"), "Firefox" in page) == (1, False)


def test_looking_at_a_page_writes_nothing(alice: User) -> None:
    make_bank()
    client = signed_in(alice)
    client.get("/mocks/")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/mocks/")

    assert [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))] == []
