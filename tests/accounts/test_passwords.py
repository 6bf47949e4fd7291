"""A new password opens what failed tries locked, and closes what the old one had opened."""

import re

import pytest
import pytest_django
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "another long password"


def is_signed_in(client: Client) -> bool:
    return client.get("/account/settings/").status_code == 200


def reset_by_mail(client: Client, email: str) -> None:
    client.post("/account/password/reset/", {"email": email})
    found = re.search(r"http://[^/]+(/\S+)", str(mail.outbox[-1].body))
    assert found
    page = client.get(found[1], follow=True)
    client.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})


def test_new_password_by_mail_opens_a_locked_account(client: Client) -> None:
    make_user("alice")
    for _ in range(5):
        client.post("/account/login/", {"login": "alice@example.org", "password": "wrong password"})

    reset_by_mail(client, "alice@example.org")
    client.post("/account/login/", {"login": "alice@example.org", "password": NEW})

    assert is_signed_in(client)


def test_link_of_the_reset_mail_works_once(client: Client) -> None:
    make_user("alice")
    reset_by_mail(client, "alice@example.org")
    found = re.search(r"http://[^/]+(/\S+)", str(mail.outbox[0].body))
    assert found

    page = client.get(found[1], follow=True).content.decode()

    assert "This link no longer works" in page
    assert 'type="password"' not in page


def test_reset_mail_names_this_site_and_no_other(client: Client) -> None:
    make_user("alice")

    client.post("/account/password/reset/", {"email": "alice@example.org"})

    assert mail.outbox[0].subject == "CIIP Practice: Password Reset Email"
    assert set(re.findall(r"https?://([^/\s]+)", str(mail.outbox[0].body))) == {"testserver"}


def test_changed_password_ends_the_sessions_of_other_devices(client: Client) -> None:
    alice = make_user("alice")
    phone = Client()
    client.force_login(alice)
    phone.force_login(alice)

    client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert (is_signed_in(client), is_signed_in(phone)) == (True, False)


def test_an_old_hash_opens_the_door_once_more_and_is_then_replaced(
    client: Client, settings: pytest_django.Settings
) -> None:
    settings.PASSWORD_HASHERS = [
        "accounts.hashers.Argon2idHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    alice = make_user()
    alice.password = make_password("Korrekt-Pferd-77", hasher="pbkdf2_sha256")
    alice.save(update_fields=["password"])

    answer = client.post(reverse("account_login"), {"login": alice.email, "password": "Korrekt-Pferd-77"})

    alice.refresh_from_db()
    assert answer.status_code == 302
    # The least that OWASP asks of Argon2id.
    assert alice.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert alice.check_password("Korrekt-Pferd-77")
