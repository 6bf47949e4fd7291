"""What the log tells of doors, and of whom: numbers alone."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from tests.accounts.test_second_factor import code_of
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NAME = "accounts.security_log"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == NAME]


def sign_in(client: Client, password: str = PASSWORD, email: str = "alice@example.org") -> None:
    client.post(reverse("account_login"), {"login": email, "password": password})


def test_who_signs_in_and_how_is_told(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    alice = make_user("alice")
    with caplog.at_level("INFO", NAME):
        sign_in(client)
        client.post(reverse("account_logout"))

    assert lines(caplog) == [f"Person {alice.pk} signed in by password.", f"Person {alice.pk} signed out."]


def test_failure_is_told_without_what_was_typed(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    alice = make_user("alice")
    sign_in(client, password="not-hers-at-all")
    sign_in(client, email="nobody@example.org")

    assert lines(caplog) == [
        f"A sign-in of person {alice.pk} failed: not the password.",
        "A sign-in failed: nobody has that address.",
    ]
    assert "not-hers" not in caplog.text
    assert "nobody@" not in " ".join(lines(caplog))


def test_second_factor_is_told(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    alice, secret = make_user("alice"), generate_totp_secret()
    TOTP.activate(alice, secret)
    with caplog.at_level("INFO", NAME):
        sign_in(client)
        right = code_of(secret)
        client.post(reverse("mfa_authenticate"), {"code": "000000" if right != "000000" else "111111"})
        client.post(reverse("mfa_authenticate"), {"code": right})

    assert lines(caplog) == [
        f"A sign-in of person {alice.pk} failed: not the second factor.",
        f"Person {alice.pk} signed in by password and totp.",
    ]


def test_changed_password_is_told(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    alice = make_user("alice")
    client.force_login(alice)
    new = "Vollmond-Kirsche-88"
    with caplog.at_level("INFO", NAME):
        client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert f"Person {alice.pk} changed the password." in lines(caplog)
    assert new not in caplog.text
