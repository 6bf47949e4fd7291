"""Passwords and sessions as docs/security.md states them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.password_words import WORDS
from tests.factories import NOW, PASSWORD, make_user

pytestmark = pytest.mark.django_db
MOVE = {"action_add": "", "email": "thief@example.org"}


def sign_up(password: str) -> bool:
    fields = {"email": "new@example.org", "password1": password, "accept_terms": "on"}
    Client().post(reverse("account_signup"), fields)
    return User.objects.filter(email="new@example.org").exists()


def sign_in(client: Client, email: str, password: str) -> str:
    """Where that leads, nowhere when it is refused."""
    answer = client.post(reverse("account_login"), {"login": email, "password": password})
    return answer.headers.get("Location", "")


def is_in(client: Client) -> bool:
    return client.get(reverse("accounts:settings")).status_code == 200


@pytest.mark.parametrize(
    "password",
    [
        "zqvwkhbtr",
        "qwertyuiop",
        "7316480259",
        "new@example.org",
        "CIIP-Practice-2026",
        "informatics exam",
        "ciip!!!!!!1abc",
    ],
)
def test_password_that_is_easily_guessed_is_refused(password: str) -> None:
    assert not sign_up(password)


@pytest.mark.parametrize(
    "password", ["zqvwkhbtrx", "ЖЙЩФЫВАПРО", "?!%&$§=(){}", " a b c d e f ", "ciip horse battery", "zq x" * 50]
)
def test_any_other_is_taken_and_compared_as_it_was_typed(password: str) -> None:
    assert sign_up(password)

    wrong = [password.swapcase() + "x", password[:-1], password + "x", password.rstrip() + "  "]
    assert [sign_in(Client(), "new@example.org", other) for other in wrong] == [""] * 4
    assert sign_in(Client(), "new@example.org", password) != ""


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_change_password"])
def test_fields_for_passwords_hide_what_is_typed_and_take_what_is_pasted(client: Client, name: str) -> None:
    if name == "account_change_password":
        client.force_login(make_user())

    fields = re.findall(r'<input[^>]*name="(?:old)?password\d?"[^>]*>', client.get(reverse(name)).content.decode())

    assert fields
    assert all('type="password"' in field and 'autocomplete="' in field for field in fields)
    assert not any('autocomplete="off"' in field or "maxlength" in field or "onpaste" in field for field in fields)


def test_new_password_needs_the_old_one(client: Client) -> None:
    client.force_login(make_user())
    new = "another long password"

    client.post(reverse("account_change_password"), {"oldpassword": "wrong", "password1": new, "password2": new})

    assert User.objects.get().check_password(PASSWORD)


def test_new_password_by_mail_leaves_the_second_factor_in_place(client: Client) -> None:
    alice = make_user()
    TOTP.activate(alice, generate_totp_secret())
    client.post(reverse("account_reset_password"), {"email": alice.email})
    found = re.search(r"http://[^/]+(/\S+)", str(mail.outbox[-1].body))
    assert found
    page = client.get(found[1], follow=True)
    new = "another long password"

    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})

    assert not is_in(client)
    assert sign_in(client, alice.email, new) == reverse("mfa_authenticate")
    assert not is_in(client)


def mailed_link(kind: str) -> str:
    """The path that sets a new password, or the one that confirms a new address, as it was mailed just now."""
    alice, client = make_user(), Client()
    if kind == "confirm":
        client.force_login(alice)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        client.post(reverse("account_email"), {"action_add": "", "email": "moved@example.org"})
    else:
        client.post(reverse("account_reset_password"), {"email": alice.email})
    [path] = {found for message in mail.outbox for found in re.findall(r"http://[^/]+(/\S+/)\s", str(message.body))}
    return str(path)


def is_good(kind: str, path: str) -> bool:
    page = Client().get(path, follow=True).content.decode()
    return {"reset": 'type="password"', "confirm": "Yes, it is mine"}[kind] in page


@pytest.mark.parametrize("kind", ["reset", "confirm"])
def test_link_of_a_mail_ends_after_three_days(kind: str) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        path = mailed_link(kind)
        clock.shift(timedelta(days=3))
        assert is_good(kind, path)
        clock.shift(timedelta(seconds=1))
        assert not is_good(kind, path)


@pytest.mark.parametrize("kind", ["reset", "confirm"])
def test_altered_link_of_a_mail_leads_nowhere(kind: str) -> None:
    path = mailed_link(kind)
    altered = f"{path[:-5]}{'a' if path[-5] != 'a' else 'b'}{path[-4:]}"

    assert is_good(kind, path)
    assert not is_good(kind, altered)


def test_signing_in_changes_the_key_of_the_session(client: Client) -> None:
    alice = make_user()
    session = client.session
    session["before"] = "kept"
    session.save()
    given = client.cookies["sessionid"].value

    sign_in(client, alice.email, PASSWORD)

    taken = client.cookies["sessionid"].value
    assert (taken != given, len(taken) >= 32) == (True, True)
    thief = Client()
    thief.cookies["sessionid"] = given
    assert (is_in(client), is_in(thief)) == (True, False)


def test_browser_is_signed_out_a_fortnight_after_its_session_was_last_written() -> None:
    alice = make_user()
    with time_machine.travel(NOW, tick=False) as clock:
        client = Client()
        sign_in(client, alice.email, PASSWORD)
        assert is_in(client)  # which shows "Signed in", and so writes the session
        clock.shift(timedelta(days=13, hours=23))
        assert is_in(client)
        clock.shift(timedelta(hours=2))
        assert not is_in(client)


def test_signing_out_ends_the_session_on_the_server(client: Client) -> None:
    sign_in(client, make_user().email, PASSWORD)
    copied = Client()
    copied.cookies["sessionid"] = client.cookies["sessionid"].value
    assert is_in(copied)

    client.post(reverse("account_logout"))

    assert not is_in(copied)


def test_account_that_is_switched_off_is_out_at_once(client: Client) -> None:
    alice = make_user()
    client.force_login(alice)
    assert is_in(client)

    User.objects.update(is_active=False)

    assert not is_in(client)


def test_another_address_needs_the_password_and_then_goes_on(client: Client) -> None:
    client.force_login(make_user())

    answer = client.post(reverse("account_email"), MOVE)

    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert mail.outbox == []
    client.post(answer.headers["Location"], {"password": PASSWORD, "next": reverse("account_email")})
    assert [message.to for message in mail.outbox] == [[MOVE["email"]]]


def test_new_site_has_no_account() -> None:
    """Migrations are all that makes rows by itself; content brings questions."""
    assert not User.objects.exists()


def test_document_lists_the_words_that_are_refused(root: Path) -> None:
    text = (root / "docs/security.md").read_text(encoding="utf-8")
    found = re.search(r"fewer than four other letters:\n(.*?)\.", text, re.DOTALL)

    assert found
    assert set(re.split(r",\s+", found[1])) == set(WORDS)
